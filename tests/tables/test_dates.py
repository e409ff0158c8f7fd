"""Text as dates, and dates as what a network sees."""

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusedmlp.tables.dates import dates, parts_of


def moment(days):
    return None if np.isnan(days) else datetime(1970, 1, 1) + timedelta(days=days)


def read(word):
    """Return the moments of a word with the day first and with the month first."""
    found = dates([word])
    return moment(found.day_first[0]), moment(found.month_first[0])


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("2020-01-31", datetime(2020, 1, 31)),
        ("2020-1-31", datetime(2020, 1, 31)),
        ("2020/01/31", datetime(2020, 1, 31)),
        ("2020.01.31", datetime(2020, 1, 31)),
        ("1850-01-31", datetime(1850, 1, 31)),
        ("2020-01-31 10:30", datetime(2020, 1, 31, 10, 30)),
        ("2020-01-31T10:30:15.5", datetime(2020, 1, 31, 10, 30, 15, 500000)),
        ("2020-01-31T10:30:15Z", datetime(2020, 1, 31, 10, 30, 15)),
        ("2020-01-31T10:30:15+02:00", datetime(2020, 1, 31, 8, 30, 15)),
        ("2020/01/31 10:30 -0530", datetime(2020, 1, 31, 16, 0)),
        ("31 January 2020", datetime(2020, 1, 31)),
        ("31-Jan-2020", datetime(2020, 1, 31)),
        ("Jan 31, 2020", datetime(2020, 1, 31)),
        ("Sept. 3rd, 2020", datetime(2020, 9, 3)),
        ("5/5/2020", datetime(2020, 5, 5)),
    ],
)
def test_dates_that_are_read_in_one_way(word, expected):
    assert read(word) == (expected, expected)


@pytest.mark.parametrize(
    ("word", "day_first", "month_first"),
    [
        ("1/2/2020", datetime(2020, 2, 1), datetime(2020, 1, 2)),
        ("1-2-20", datetime(2020, 2, 1), datetime(2020, 1, 2)),
        ("31/1/2020", datetime(2020, 1, 31), None),
        ("1/31/2020", None, datetime(2020, 1, 31)),
        ("1.2.2020", datetime(2020, 2, 1), None),
        ("31/1/1999 6:05:00 PM", datetime(1999, 1, 31, 18, 5), None),
        ("1/31/99, 12:05 am", None, datetime(1999, 1, 31, 0, 5)),
    ],
)
def test_dates_with_the_day_or_the_month_first(word, day_first, month_first):
    assert read(word) == (day_first, month_first)


@pytest.mark.parametrize(
    "word",
    ["unknown", "", "2020", "2020-01", "1234-5", "2020-02-30", "2020-13-01", "32/1/2020", "1/2",
     "12:30", "2020-01-31 25:00", "1/1/2020 13:00 PM", "1/2-2020", "5 apples 2020"],
)  # fmt: skip
def test_what_is_no_date(word):
    assert read(word) == (None, None)


@given(
    st.datetimes(datetime(1, 2, 1), datetime(9999, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(["%Y-%m-%dT%H:%M:%S.%f%z", "%Y/%m/%d %H:%M:%S.%f%z"]),
    st.integers(-12, 12),
)
def test_dates_are_read_to_the_microsecond(when, form, hours):
    local = when.astimezone(timezone(timedelta(hours=hours)))
    text = local.strftime(form.replace("%Y", f"{local.year:04}"))
    days = dates([text]).day_first[0]
    exact = (when - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1)
    assert days * 86400e6 == pytest.approx(exact, rel=1e-15, abs=1)


@given(st.dates())
def test_parts_of_dates(date):
    parts = parts_of(np.array([(date - datetime(1970, 1, 1).date()).days + 0.75, np.nan]))
    assert [parts[name][0] for name in ("year", "month", "weekday", "hour")] == [
        date.year, date.month, date.weekday(), 18,
    ]  # fmt: skip
    assert all(np.isnan(part[1]) for part in parts.values())
