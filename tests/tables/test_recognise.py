"""What a column is: each example of a table that looked like something else."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, load_iris

from fusedmlp.tables.choices import Choices
from fusedmlp.tables.columns import CategoryColumn, DateColumn, NumberColumn, recognise
from fusedmlp.tables.errors import TableError

ROWS = range(60)


def recognised(cells, target=None, choices=None, **others):
    return recognise(pd.DataFrame({"x": cells, **others}), Choices(**(choices or {})), target)


def column_of(cells, **more):
    return recognised(cells, **more).columns["x"]


def values_of(cells, **more):
    return recognised(cells, **more).values["x"].tolist()


# ---- Numbers ----


def test_few_words_among_numbers_are_missing():
    cells = [f"{i / 7:.4f}" for i in range(600)]
    cells[5] = cells[50] = cells[500] = "unknown"
    found = recognised(cells)
    assert isinstance(found.columns["x"], NumberColumn)
    assert found.values["x"].isna().sum() == 3
    assert found.values["x"][599] == 85.5714
    assert found.notes == [
        "Column 'x': 3 cells such as 'unknown' are no numbers, and taken as missing.",
        "Missing values taken as their median: 'x' (3 rows).",
    ]


def test_many_unknown_among_many_different_numbers():
    cells = [f"{i}.5" if i % 3 else "unknown" for i in ROWS]
    assert isinstance(column_of(cells), NumberColumn)
    found = recognised([f"{i % 5}.5" if i % 3 else "unknown" for i in ROWS])
    assert isinstance(found.columns["x"], CategoryColumn)
    assert found.notes == [
        "Column 'x' is taken as categories: 67% of its cells are numbers; numbers='x' takes the "
        "others as missing."
    ]


@pytest.mark.parametrize(
    ("form", "first", "note"),
    [
        ("${:,}.00", 5000, "Column 'x': '$5,000.00' is read as 5000."),
        ("${:,}", 5000, "Column 'x': '$5,000' is read as 5000."),
        ("{}.1%", 5000.1, "Column 'x': '5000.1%' is read as 5000.1."),
        ("{},5", 5000.5, "Column 'x': '5000,5' is read as 5000.5."),
    ],
)
def test_currency_per_cent_and_decimal_comma(form, first, note):
    found = recognised([form.format(5000 + i) for i in ROWS])
    assert isinstance(found.columns["x"], NumberColumn)
    assert found.values["x"][0] == first
    assert found.notes == [note]


def test_thousands_with_points():
    assert values_of(["1.234,56", "2.000,5", "3,25"]) == [1234.56, 2000.5, 3.25]
    assert values_of(["1.234.567", "1.234"]) == [1234567, 1234]


def test_three_decimals_everywhere_are_ambiguous():
    cells = [f"{123 + i}.456" for i in ROWS]
    with pytest.raises(TableError) as caught:
        recognised(cells)
    assert str(caught.value) == (
        "column 'x' is ambiguous: '123.456' may be 123.456 or 123456; decide with decimal='.' or "
        "decimal=','"
    )
    assert values_of(cells, choices={"decimal": "."})[0] == 123.456
    assert values_of(cells, choices={"decimal": ","})[0] == 123456
    with pytest.raises(TableError, match=r"'123,456' may be 123456 or 123.456; decide"):
        recognised([cell.replace(".", ",") for cell in cells])


@pytest.mark.parametrize(
    "other", ["0.123", "1234.567", "12.34", "12.3456", "1500", "-0.5", "1.5e3"]
)
def test_one_cell_decides_for_its_column(other):
    cells = [f"{123 + i}.456" for i in ROWS]
    assert values_of([*cells, other])[0] == 123.456


def test_thousands_are_seen_beside_whole_numbers():
    assert values_of(["5,000", "12,500", "950"]) == [5000, 12500, 950]
    with pytest.raises(TableError, match="ambiguous: '5,125' may be 5125 or 5.125"):
        recognised(["5,125", "12,375", "950"])  # fractions without zeros at the end


def test_other_columns_decide():
    cells = [f"{123 + i}.456" for i in ROWS]
    by_point = recognised(cells, y=[i / 4 for i in ROWS])
    assert by_point.values["x"][0] == 123.456
    assert by_point.notes == [
        "Column 'x': '123.456' is read as 123.456; decimal=',' would read 123456."
    ]
    by_comma = recognised(cells, y=[f"{i},25" for i in ROWS])
    assert by_comma.values["x"][0] == 123456
    with pytest.raises(TableError, match="column 'x' is ambiguous"):
        recognised(cells, y=[f"{i},25" for i in ROWS], z=[f"{i}.25" for i in ROWS])


@pytest.mark.parametrize("load", [load_iris, load_diabetes])
@pytest.mark.parametrize("form", [str, "{:.3f}".format])
def test_ordinary_data_are_not_ambiguous(load, form):
    frame = load(as_frame=True).frame
    found = recognise(frame.map(form))
    for name in frame:
        assert found.values[name].tolist() == [float(form(cell)) for cell in frame[name]]


def test_points_and_commas_in_one_column():
    cells = ["1.5", "2,5"] * 20
    with pytest.raises(
        TableError, match=r"column 'x' has decimal points \('1.5'\) and decimal comm"
    ):
        recognised(cells)
    assert np.isnan(values_of(cells, choices={"decimal": "."})[1])
    found = recognised([*(f"{i}.5" for i in ROWS), "2,5"])
    assert found.notes[0] == (
        "Column 'x': 1 cell such as '2,5' is no number, and taken as missing."
    )


def test_per_cents_beside_other_numbers():
    assert values_of(["45.1%", "0", "7%"]) == [45.1, 0, 7]
    with pytest.raises(TableError, match=r"column 'x' holds per cents, and 0.3 without the sign %"):
        recognised(["45.1%", "0.3", "7%"])


def test_two_currencies():
    with pytest.raises(TableError, match=r"column 'x' must have one currency, got '\$' and '€'"):
        recognised(["$5.50", "€5.75"])
    assert values_of(["$5.50", "€5.75"], choices={"numbers": "x"}) == [5.5, 5.75]


def test_numbers_too_large_are_missing():
    found = recognised([1.5, 2.5, np.inf, 1e200, None])
    assert found.values["x"].tolist()[:2] == [1.5, 2.5]
    assert found.values["x"].isna().tolist() == [False, False, True, True, True]
    assert found.notes[0].startswith("Column 'x': 2 cells such as 'inf' are no numbers")


# ---- Missing values ----


def test_words_for_missing_values():
    cells = ["1", "NA", "N/A", "null", "-", "?", "", "  ", "NaN", None, "2.5", "x"]
    found = recognised(cells, choices={"missing": "x"}, y=[-999, *range(10), 4])
    assert found.values["x"].dropna().tolist() == [1, 2.5]
    assert found.notes == ["Missing values taken as their median: 'x' (10 rows)."]
    by_number = recognised(cells, choices={"missing": ("x", "-999")}, y=[-999, *range(10), 4])
    assert by_number.values["y"].isna().sum() == 1


def test_missing_words_among_categories():
    assert values_of(["a", "NA", "unknown", "b"] * 5, choices={"missing": ["unknown"]})[:4] == [
        "a", None, None, "b",
    ]  # fmt: skip


# ---- Dates ----


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
        "Dates become year, month, weekday, hour and the days since the first, where they differ: 'x'."
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
    with pytest.raises(TableError, match="day first .* and with the month first .* drop='x'"):
        recognised(["13/1/2020", "1/14/2020"] * 10)


def test_firsts_of_months():
    assert column_of([f"1/{i % 12 + 1}/2020" for i in ROWS]).day_first is True
    assert column_of([f"{i % 12 + 1}/1/2020" for i in ROWS]).day_first is False


# ---- Categories, and columns left out ----


def test_categories_and_booleans():
    assert values_of(["a ", " a", "b"] * 9)[:3] == ["a", "a", "b"]
    assert values_of([True, False] * 9)[:2] == ["True", "False"]
    assert values_of(["TRUE", "false", None] * 9)[:3] == ["True", "False", None]
    assert values_of(pd.Categorical([1.0, 2.5] * 9))[:2] == ["1", "2.5"]
    assert values_of(pd.array([True, None] * 9, dtype="boolean"))[:2] == ["True", None]


def test_numbers_chosen_as_categories_and_the_reverse():
    assert values_of([1, 2, 3] * 5, choices={"categories": "x"})[:3] == ["1", "2", "3"]
    assert values_of([1.0, 2.0, None] * 5, choices={"categories": "x"})[:3] == ["1", "2", None]
    found = recognised(["1", "a", "b", "c"] * 5, choices={"numbers": "x"})
    assert found.values["x"].isna().sum() == 15
    assert values_of([True, False] * 5, choices={"numbers": "x"})[:2] == [1, 0]
    with pytest.raises(
        TableError, match="column 'x' must hold numbers, got none in 20 cells such as"
    ):
        recognised(["a", "b", "c", "d"] * 5, choices={"numbers": "x"})


def test_many_categories():
    found = recognised([f"c{i % 300}" for i in range(1000)])
    assert found.notes == [
        "Of the 300 categories of column 'x', the 99 most frequent are kept apart."
    ]
    column = found.columns["x"].learnt(found.values["x"])
    assert len(column.inputs) == 100


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (range(60), "it numbers the rows"),
        ([f"{i + 1:03}" for i in ROWS], "it numbers the rows"),
        ([3] * 60, "it is 3 wherever it has a value"),
        ([3, None] * 30, "it is 3 wherever it has a value"),
        (["1.234"] * 60, "it is 1.234 wherever it has a value"),
        (["same"] * 60, "it is same wherever it has a value"),
        (["2020-01-31"] * 60, "it is 2020-01-31 wherever it has a value"),
        ([None] * 60, "it has no values"),
        ([np.inf] * 60, "it has no values"),
        (["NA", "?"] * 30, "it has no values"),
        ([f"n{i}" for i in ROWS], "nearly every row has another text"),
    ],
)
def test_columns_left_out(cells, reason):
    found = recognised(cells, y=[1, 4, 2] * 20)
    assert list(found.columns) == ["y"]
    assert found.notes == [f"Left out column 'x': {reason}."]
    assert "x" in recognised(cells, target="x", choices={"decimal": "."}).columns
    chosen = recognised(cells, choices={"categories": "x"})
    assert isinstance(chosen.columns["x"], CategoryColumn)


def test_one_text_or_nothing_is_a_category():
    assert isinstance(column_of(["yes", None] * 30), CategoryColumn)


def test_notes_on_missing_values_leave_out_the_target():
    assert recognised([1.5, None, 2.5], target="x").notes == []


def test_lengths_of_time_are_days():
    assert values_of(pd.to_timedelta(["36h", "12h", None])) == [
        1.5,
        0.5,
        pytest.approx(np.nan, nan_ok=True),
    ]


# ---- Choices ----


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"drop": "z"}, "drop='z' must name a column; the columns are 'x', 'y'"),
        ({"numbers": ["x", "z"]}, "numbers='z' must name a column"),
        ({"drop": "y"}, "drop='y' would leave out the target"),
        (
            {"drop": "x", "numbers": "x"},
            "column 'x' must be chosen once, got numbers='x' and drop='x'",
        ),
    ],
)
def test_choices_that_cannot_be(choices, message):
    with pytest.raises(TableError) as caught:
        recognised([1, 2, 4], target="y", choices=choices, y=[4, 2, 4])
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("choices", "error", "message"),
    [
        ({"decimal": ";"}, ValueError, "decimal must be one of '.', ',', got ';'"),
        ({"drop": 5}, TypeError, "drop must be texts, got 5"),
        ({"missing": [-999]}, TypeError, "missing must be texts, got -999 among them"),
    ],
)
def test_choices_that_are_none(choices, error, message):
    with pytest.raises(error) as caught:
        Choices(**choices)
    assert str(caught.value) == message


def test_dropped_columns_are_not_looked_at():
    found = recognised(["123.456", "123.457"], choices={"drop": "x"}, y=[4, 2])
    assert list(found.columns) == ["y"]
    assert found.notes == []


def test_the_frame_is_not_changed():
    frame = pd.DataFrame({"x": ["1", "unknown", "NA"] * 9, 5: [True, False, None] * 9})
    before = frame.copy(deep=True)
    found = recognise(frame)
    pd.testing.assert_frame_equal(frame, before)
    assert list(found.columns) == ["x", "5"]
