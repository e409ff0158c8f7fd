"""Text as numbers: decimal points and commas, thousands, currencies and per cents."""

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
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
OPEN = re.compile(r"[-+]?[1-9][0-9]{0,2}\.[0-9]{3}")  # a fraction, or a thousand
SWAPPED = str.maketrans(".,", ",.")


@dataclass(frozen=True)
class Numerals:
    """Words as numbers, by either decimal mark; NaN where a word is no number then."""

    point: Floats  # (words,), as in 1,234.5
    comma: Floats  # (words,), as in 1.234,5
    per_cent: Flags
    currency: NDArray[np.object_]  # (words,) of texts, empty for none
    plain: Flags  # as Python writes numbers

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
    texts = np.array([isinstance(word, str) for word in words], bool)
    point[~texts] = comma[~texts] = [word for word in words if not isinstance(word, str)]
    places = np.flatnonzero(texts)
    point[places], comma[places] = _plain([str(words[place]) for place in places])
    plain = ~np.isnan(point)
    places = places[["," in str(words[place]) for place in places]]
    swapped = [str(words[place]).translate(SWAPPED) for place in places]
    comma[places], point[places] = _plain(swapped)
    per_cent = np.zeros(len(words), bool)
    currency = np.full(len(words), "", dtype=object)
    for place in np.flatnonzero(np.isnan(point) & np.isnan(comma)):
        found = NUMBER.fullmatch(str(words[place]))
        if found and _is_whole(found):
            point[place], comma[place] = (_value(found, mark) for mark in (".", ","))
            per_cent[place] = found["cent"] is not None
            currency[place] = found["before"] or found["after"] or ""
    for numbers in (point, comma):
        numbers[~(np.abs(numbers) <= LARGEST)] = np.nan
    return Numerals(point, comma, per_cent, currency, plain)


def _plain(texts: list[str]) -> tuple[Floats, Floats]:
    """Return texts of digits and a decimal point, and what they are if it is between thousands."""
    # pandas reads a text as far as its first NUL.
    whole = ["" if "\0" in text else text for text in texts]
    numbers = pd.to_numeric(np.array(whole, dtype=object), errors="coerce")
    point = np.full(len(texts), np.nan)
    places = np.flatnonzero(np.isfinite(np.asarray(numbers, float)))
    # Exactly, as pandas before 3 does not.
    point[places] = [float(texts[place]) for place in places]
    comma = point.copy()
    marked = np.flatnonzero(np.array(["." in text for text in texts], bool) & ~np.isnan(point))
    comma[marked] = np.nan
    thousands = np.round(point * 1000)
    open_ = (np.abs(point) < 1000) & (np.abs(thousands - point * 1000) < 1e-6)
    open_places = [place for place in marked[open_[marked]] if OPEN.fullmatch(texts[place])]
    comma[open_places] = thousands[open_places]
    return point, comma


def _is_whole(found: re.Match[str]) -> bool:
    """Return whether parentheses are closed, and a minus at the end is no mark of a school."""
    parentheses = (found["open"] is None) == (found["close"] is None)
    return parentheses and not (found["third"] and NOT_DIGITS.search(found["body"]) is None)


def _value(found: re.Match[str], decimal: str) -> float:
    """Return a number by a decimal mark, NaN if it is none."""
    body: str = found["body"]
    if not BODIES[decimal].fullmatch(body):
        return np.nan
    whole, _, part = body.partition(decimal)
    number = float(f"{NOT_DIGITS.sub('', whole) or 0}.{part or 0}{found['exponent'] or ''}")
    signs = (found[name] for name in ("sign", "second", "third"))
    return -number if found["open"] or any(sign and sign in MINUS for sign in signs) else number
