"""Columns of dates: in any form, with the day or the month first."""

import pandas as pd
import pytest

from fusedmlp.tables.columns import DateColumn
from fusedmlp.tables.errors import TableError
from tests.tables.recognised import ROWS, column_of, recognised, values_of


@pytest.mark.parametrize(
    "cells",
    [
        [f"2020-01-{i % 28 + 1:02}" for i in ROWS],
        [f"2020-01-{i % 28 + 1:02}T10:00:00Z" for i in ROWS],
        [f"{i % 28 + 1}.1.2020" for i in ROWS],
        [f"{i % 28 + 1}/1/2020" for i in ROWS],
        [f"1/{i % 28 + 1}/2020" for i in ROWS],
        [f"Jan {i % 28 + 1}, 2020 10:00 am" for i in ROWS],
        pd.date_range("2020-01-01", periods=60),
        pd.date_range("2020-01-01", periods=60, tz="Europe/Oslo"),
        pd.period_range("2020-01-01", periods=60),
        [day.date() for day in pd.date_range("2020-01-01", periods=60)],
    ],
)
def test_dates(cells):
    found = recognised(cells)
    assert isinstance(found.columns["x"], DateColumn)
    assert found.values["x"][1] - found.values["x"][0] == 1
    assert 18261 < found.values["x"][0] < 18263  # days since 1970
    assert found.notes == [
        "Dates become year, month, weekday, hour and the days since the first, where they differ: "
        "'x'."
    ]


def test_few_words_among_dates_are_missing():
    found = recognised([*(f"2020-01-{i % 28 + 1:02}" for i in ROWS), "unknown", None])
    assert found.values["x"].isna().sum() == 2
    assert "Column 'x': 1 cell such as 'unknown' is no date, and taken as missing." in found.notes
    assert "Missing values taken as the mean date: 'x' (2 rows)." in found.notes


def test_day_or_month_first():
    cells = [f"{i % 12 + 1}/{i % 11 + 1}/2020" for i in ROWS]
    with pytest.raises(
        TableError, match=r"ambiguous: '2/1/2020' may have the day or the month fir"
    ):
        recognised(["1/1/2020", "2/1/2020", *cells])
    day = pd.Timestamp("2020-02-13")
    assert values_of([*cells, "13/2/2020"])[-1] == (day - pd.Timestamp("1970-01-01")).days
    by_other = recognised(cells, y=[f"{i % 12 + 1}/{i % 28 + 1}/2020" for i in ROWS])
    assert by_other.columns["x"].day_first is False
    assert "Column 'x': dates such as '2/2/2020' have the month first." not in by_other.notes
    assert "Column 'x': dates such as '12/1/2020' have the month first." in by_other.notes
    with pytest.raises(TableError, match=r"day first .* and with the month first .* drop='x'"):
        recognised(["13/1/2020", "1/14/2020"] * 10)


def test_firsts_of_months():
    assert column_of([f"1/{i % 12 + 1}/2020" for i in ROWS]).day_first is True
    assert column_of([f"{i % 12 + 1}/1/2020" for i in ROWS]).day_first is False
