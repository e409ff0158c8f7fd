"""Text as numbers: decimal points and commas, thousands, currencies and per cents."""

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fusedmlp.tables.cells import Word

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LARGEST = 1e100  # numbers up to this have finite squares and sums

SPACES = " \u00a0\u2009\u202f"  # the last three are between thousands, too
QUOTES = "'\u2019"  # between thousands in Switzerland
MINUS = "-\u2212\u2013"
CURRENCY = (
    r"(?:(?:US|A|C|CA|AU|NZ|HK|S|R|MX)?\$|[€£¥₹₽₩₺₴₪฿₫₱₦₡₲₵₸₿¢]|kr\.?|zł|Kč|Ft|lei|лв\.?|Fr\.?"
    r"|AED|ARS|AUD|BRL|CAD|CHF|CLP|CNY|COP|CZK|DKK|EUR|GBP|HKD|HUF|IDR|ILS|INR|JPY|KRW|MXN|MYR"
    r"|NOK|NZD|PHP|PLN|RON|RUB|SAR|SEK|SGD|THB|TRY|TWD|UAH|USD|VND|ZAR|Rs\.?)"
)
NUMBER = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[{MINUS}+])?\s*(?P<before>{CURRENCY})?\s*(?P<second>[{MINUS}])?"
    rf"\s*(?P<body>[0-9.,](?:[0-9.,{QUOTES}{SPACES}]*[0-9.,])?)(?P<exponent>[eE][-+]?[0-9]{{1,3}})?"
    rf"\s*(?P<cent>%)?\s*(?P<after>{CURRENCY})?(?P<third>[{MINUS}])?\s*(?P<close>\))?"
)


def _body(decimal: str) -> re.Pattern[str]:
    """Return the pattern of digits with this decimal mark, with or without thousands apart."""
    point, other = re.escape(decimal), re.escape({".": ",", ",": "."}[decimal])
    groups = [
        rf"[1-9][0-9]{{0,2}}(?:{mark}[0-9]{{3}})+" for mark in (other, f"[{SPACES}]", f"[{QUOTES}]")
    ]
    groups.append(rf"[1-9][0-9]?(?:{other}[0-9]{{2}})+{other}[0-9]{{3}}")  # 12,34,567 in India
    whole = "|".join(["[0-9]+", *groups])
    return re.compile(rf"(?:{whole})(?:{point}[0-9]*)?|{point}[0-9]+")


BODIES = {decimal: _body(decimal) for decimal in (".", ",")}
NOT_DIGITS = re.compile(r"[^0-9]")


@dataclass(frozen=True)
class Numerals:
    """Words as numbers, by either decimal mark; NaN where a word is no number then."""

    point: Floats  # (words,), as in 1,234.5
    comma: Floats  # (words,), as in 1.234,5
    per_cent: Flags
    currency: Flags

    def by(self, decimal: Literal[".", ","]) -> Floats:
        """Return the numbers by a decimal mark."""
        return self.point if decimal == "." else self.comma

    @property
    def known(self) -> Flags:
        """Which words are numbers by either mark."""
        return ~(np.isnan(self.point) & np.isnan(self.comma))


def numerals(words: list[Word]) -> Numerals:
    """Read words as numbers; a per cent stays the number before its sign.

    Examples
    --------
    >>> from fusedmlp.tables.numbers import numerals
    >>> read = numerals(["$5,000.00", "1.234,56", "123.456", "45.1%", "unknown"])
    >>> read.point
    array([5000.   ,      nan,  123.456,   45.1  ,      nan])
    >>> read.comma
    array([      nan,   1234.56, 123456.  ,       nan,       nan])
    """
    point, comma = np.full((2, len(words)), np.nan)
    per_cent, currency = np.zeros((2, len(words)), bool)
    for place, word in enumerate(words):
        if not isinstance(word, str):
            point[place] = comma[place] = word
            continue
        found = NUMBER.fullmatch(word)
        if found and (found["open"] is None) == (found["close"] is None):
            sign = -1 if _is_negative(found) else 1
            end = found["exponent"] or ""
            point[place] = sign * _value(found["body"], ".", end)
            comma[place] = sign * _value(found["body"], ",", end)
            per_cent[place] = found["cent"] is not None
            currency[place] = (found["before"] or found["after"]) is not None
    for numbers in (point, comma):
        numbers[~(np.abs(numbers) <= LARGEST)] = np.nan
    return Numerals(point, comma, per_cent, currency)


def _is_negative(found: re.Match[str]) -> bool:
    signs = (found[name] for name in ("sign", "second", "third"))
    return found["open"] is not None or any(sign and sign in MINUS for sign in signs)


def _value(body: str, decimal: str, exponent: str) -> float:
    if not BODIES[decimal].fullmatch(body):
        return np.nan
    whole, _, part = body.partition(decimal)
    return float(f"{NOT_DIGITS.sub('', whole) or 0}.{part or 0}{exponent}")
