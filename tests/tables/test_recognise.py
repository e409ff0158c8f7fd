"""Categories, columns that are left out, and what the user chooses."""

import numpy as np
import pandas as pd
import pytest

from fusedmlp.tables.choices import Choices
from fusedmlp.tables.columns import CategoryColumn, recognise
from fusedmlp.tables.errors import TableError
from tests.tables.recognised import ROWS, column_of, recognised, values_of


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


def test_choices_are_choices():
    with pytest.raises(TypeError, match=r"choices must be a fusedmlp\.tables\.Choices, got 'x'"):
        recognise(pd.DataFrame({"x": [1, 2]}), "x")
