"""Numbers that looked like something else, one test for each example."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris

from fusedmlp.tables.columns import CategoryColumn, NumberColumn, recognise
from fusedmlp.tables.errors import TableError
from tests.tables.recognised import ROWS, column_of, recognised, values_of


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
    for form in ("{}", "{}.5", "${}"):
        cells = [form.format(i if form == "{}" else i % 5) if i % 3 else "unknown" for i in ROWS]
        assert isinstance(column_of(cells), NumberColumn)
    found = recognised([f"{i % 5}" if i % 3 else "unknown" for i in ROWS])
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
    with pytest.raises(TableError, match=r"ambiguous: '5,125' may be 5125 or 5.125"):
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
