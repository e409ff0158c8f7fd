"""Text as dates, with a time of day or without: year first, day first, month first, or named."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusedmlp.tables.cells import Word

Floats = NDArray[np.float64]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
MICROSECONDS = 86400e6  # of a day
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
NAMED = (
    r"(?P<{month}>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
DATE = re.compile(
    r"(?:(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})"
    r"|(?P<one>\d{1,2})(?P<mark2>[-/.])(?P<two>\d{1,2})(?P=mark2)(?P<end>\d{4}|\d{2})"
    rf"|(?P<day3>\d{{1,2}})\.?[-\s]?{NAMED.format(month='month3')}[-\s,]*(?P<year3>\d{{4}})"
    rf"|{NAMED.format(month='month4')}\s+(?P<day4>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year4>\d{{4}}))"
    r"(?:(?:T|,?\s+)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<part>\d+))?)?"
    r"\s*(?P<half>[ap]\.?m\.?)?\s*(?P<zone>Z|UTC|GMT|[-+]\d{2}(?::?\d{2})?)?)?",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True)
class Dates:
    """Words as days since 1970, in UTC where they name a zone; NaN where a word is no date."""

    day_first: Floats  # (words,), where 1/2/2020 is the first of February
    month_first: Floats  # (words,), where it is the second of January

    def by(self, day_first: bool) -> Floats:
        """Return the days by either order."""
        return self.day_first if day_first else self.month_first

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which words are dates by either order."""
        return ~(np.isnan(self.day_first) & np.isnan(self.month_first))


def dates(words: list[Word]) -> Dates:
    """Read words as dates.

    Examples
    --------
    >>> from fusedmlp.tables.dates import dates
    >>> read = dates(["1970-01-02 12:00", "1/2/1970", "31.1.1970", "unknown"])
    >>> read.day_first, read.month_first
    (array([ 1.5, 31. , 30. ,  nan]), array([1.5, 1. , nan, nan]))
    """
    day_first = _year_first(words)
    month_first = day_first.copy()
    for place in np.flatnonzero(np.isnan(day_first)):
        word = words[place]
        found = DATE.fullmatch(word) if isinstance(word, str) else None
        if found is None:
            continue
        if found["one"]:
            year, one, two = _year(found["end"]), int(found["one"]), int(found["two"])
            day_first[place] = _days(found, year, two, one)
            if found["mark2"] != ".":  # with points, the day is always first
                month_first[place] = _days(found, year, one, two)
        else:
            day_first[place] = month_first[place] = _days(found, *_known_order(found))
    return Dates(day_first, month_first)


def _year_first(words: list[Word]) -> Floats:
    """Return the days of words as 2020-01-31 10:00, which pandas reads; NaN for others."""
    days = np.full(len(words), np.nan)
    marks = [w[4:5] == "-" and "-" in w[6:8] if isinstance(w, str) else False for w in words]
    places = np.flatnonzero(marks)
    texts = np.array([words[place] for place in places], dtype=object)
    moments = pd.to_datetime(texts, format="ISO8601", errors="coerce", utc=True)
    days[places] = days_of(pd.Series(moments))
    return days


def days_of(moments: "pd.Series[Any]") -> Floats:
    """Return dates as days since 1970, in UTC where they have a zone."""
    microseconds = moments.to_numpy(dtype="datetime64[us]")
    days: Floats = microseconds.astype(np.int64) / MICROSECONDS
    return np.where(np.isnat(microseconds), np.nan, days)


def _known_order(found: re.Match[str]) -> tuple[int, int, int]:
    """Return year, month and day of a date that says which is which."""
    if found["year"]:
        return int(found["year"]), int(found["month"]), int(found["day"])
    end = "3" if found["year3"] else "4"
    month = MONTHS.index(found["month" + end][:3].lower()) + 1
    return int(found["year" + end]), month, int(found["day" + end])


def _year(text: str) -> int:
    """Return a year, of two digits that from 1969 to 2068."""
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 69 else 1900)


def _days(found: re.Match[str], year: int, month: int, day: int) -> float:
    """Return the days since 1970, NaN if there is no such date or time."""
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    if found["half"]:
        if not 1 <= hour <= 12:
            return np.nan
        hour = hour % 12 + (12 if found["half"][0] in "pP" else 0)
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=_zone(found["zone"]))
    except ValueError:
        return np.nan
    part = timedelta(seconds=float(f"0.{found['part'] or 0}"))
    return (moment + part - EPOCH) / DAY


def _zone(text: str | None) -> timezone:
    if not text or text[0] not in "+-":
        return UTC
    hours, minutes = int(text[1:3]), int(text[3:].lstrip(":") or 0)
    return timezone((1 if text[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))


def parts_of(days: Floats) -> dict[str, Floats]:
    """Return what a network learns from days since 1970: year, month, weekday (Monday is 0), hour.

    Examples
    --------
        >>> import numpy as np
        >>> from fusedmlp.tables.dates import parts_of
        >>> parts_of(np.array([31.5]))
        {'year': array([1970.]), 'month': array([2.]), 'weekday': array([6.]), 'hour': array([12.])}
    """
    known = ~np.isnan(days)
    whole = np.floor(np.where(known, days, 0))
    date = whole.astype("datetime64[D]")
    months = date.astype("datetime64[M]").astype(np.int64)
    parts = {
        "year": months // 12 + 1970.0,
        "month": months % 12 + 1.0,
        "weekday": (whole + 3) % 7,  # 1970 began on a Thursday
        "hour": (np.where(known, days, 0) - whole) * 24,
    }
    return {name: np.where(known, part, np.nan) for name, part in parts.items()}
