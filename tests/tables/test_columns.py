"""Columns as inputs of a network, in the training table and in new ones, and as JSON."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusedmlp.tables.columns import (
    CategoryColumn,
    DateColumn,
    NumberColumn,
    column_from_json,
    encode_frame,
    recognise,
)
from fusedmlp.tables.errors import TableError

TRAINING = pd.DataFrame(
    {
        "price": ["1.250,50 €", "980,00 €", "unknown", "12,25 €", "47,00 €"] * 8,
        "share": ["45.1%", "7%", None, "9.5%", "0%"] * 8,
        "city": ["Köln", "Łódź", "東京", None, "Köln"] * 8,
        "sold": [f"{i % 28 + 1}/{i % 12 + 1}/2020" for i in range(40)],
        "rooms": [3, 4, 1, 2, 5] * 8,
        "row": range(40),
    }
)


def learnt(frame=TRAINING, rows=slice(None)):
    found = recognise(frame)
    return [column.learnt(found.values[name][rows]) for name, column in found.columns.items()]


def encoded(columns, frame):
    """Return the inputs and the notes."""
    notes: list[str] = []
    return encode_frame(columns, frame, notes), notes


def test_inputs_are_standardised_by_the_training_rows_alone():
    columns = learnt(rows=slice(30))
    X, notes = encoded(columns, TRAINING)
    names = [name for column in columns for name in column.inputs]
    assert names == [
        "price", "share", "city=Köln", "city=Łódź", "city=東京", "city is missing",
        "sold: month", "sold: weekday", "sold: days", "rooms",
    ]  # fmt: skip
    assert X.shape == (40, 10)
    assert X.dtype == np.float64
    for place in (0, 1, 6, 7, 8, 9):
        assert X[:30, place].mean() == pytest.approx(0, abs=1e-12)
        assert X[:30, place].std() == pytest.approx(1)
    assert (X[:, 2:6].sum(axis=1) == 1).all()
    assert notes == [
        "Column 'price': 8 cells such as 'unknown' are no numbers, and taken as missing."
    ]


def test_new_tables_in_another_order_and_form():
    columns = learnt()
    expected, _ = encoded(columns, TRAINING[2:7])
    new = TRAINING[2:7][["sold", "city", "share", "rooms", "price"]].assign(other="x")
    typed = new.assign(
        city=new["city"].astype("category"),
        sold=pd.to_datetime(new["sold"], dayfirst=True),
        price=[np.nan, 12.25, 47.0, 1250.5, 980.0],
        rooms=new["rooms"].astype(str) + ".0",
    )
    for frame in (new, typed, typed.convert_dtypes()):
        np.testing.assert_allclose(encoded(columns, frame)[0], expected)


def test_each_row_alone_is_encoded_as_among_others():
    columns = learnt()
    X, _ = encoded(columns, TRAINING.drop(index=[2, 7, 12, 17, 22, 27, 32, 37]))
    for place, row in enumerate((0, 1, 3, 4)):
        one, notes = encoded(columns, TRAINING[row : row + 1])
        np.testing.assert_array_equal(one[0], X[place])
        assert notes == []


def test_unseen_and_missing_values():
    columns = learnt()
    new = TRAINING[:3].assign(
        city=["Paris", "Rome", None], rooms=[None, 2, 3], sold=[None, "?", "-"]
    )
    X, notes = encoded(columns, new)
    assert np.isfinite(X).all()
    np.testing.assert_array_equal(X[:, 2:6], [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]])
    assert X[0, 9] == 0  # the median of 1 to 5 is their mean
    assert (X[:, 6:9] == 0).all()
    assert notes[-1] == (
        "Column 'city': 2 cells such as 'Paris' hold categories that the training table has not."
    )


def test_unseen_and_rare_categories_share_an_input():
    values = pd.Series([f"c{i % 150}" for i in range(1000)])
    column = CategoryColumn("code").learnt(values)
    assert column.inputs[-1] == "code is another"
    assert len(column.inputs) == 100
    assert set(column.categories) >= {f"c{i}" for i in range(99)}  # c100 to c149 are rarer
    X = column.encode(pd.Series(["c0", "c149", "new", None]))
    assert X[:, -1].tolist() == [0, 1, 1, 0]
    assert X.sum(axis=1).tolist() == [1, 1, 1, 0]
    assert column.on_unseen(pd.Series(["new"])) == []


def test_missing_columns_are_named():
    with pytest.raises(TableError) as caught:
        encoded(learnt(), TRAINING.drop(columns=["city", "rooms"]))
    assert str(caught.value) == (
        "the table must have the columns of the training table, got none named 'city', 'rooms'; "
        "its columns are 'price', 'share', 'sold', 'row'"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"rooms": "many"},
            "column 'rooms' must hold numbers, got none in 40 cells such as 'many'",
        ),
        ({"sold": "soon"}, "column 'sold' must hold dates, got none in 40 cells such as 'soon'"),
        ({"share": 0.45}, "column 'share' holds per cents, and 0.45 without the sign %"),
        ({"share": "0.45"}, "column 'share' holds per cents, and 0.45 without the sign %"),
    ],
)
def test_columns_that_hold_something_else_now(change, message):
    with pytest.raises(TableError, match=message):
        encoded(learnt(), TRAINING.assign(**change))


def test_columns_without_a_value_are_missing_values():
    X, notes = encoded(learnt(), TRAINING.assign(rooms=None, sold=pd.NaT, share=np.nan))
    assert np.isfinite(X).all()
    assert len(notes) == 1


@pytest.mark.parametrize("constant", [0.1, 1e-200, 1e99])
def test_constant_numbers_are_finite_inputs(constant):
    column = NumberColumn("x").learnt(pd.Series([constant] * 7))
    np.testing.assert_allclose(column.encode(pd.Series([constant, np.nan])), 0, atol=1e-12)
    assert NumberColumn("x").learnt(pd.Series([np.nan] * 7)).encode(pd.Series([np.nan])) == 0
    assert DateColumn("x").learnt(pd.Series([np.nan] * 7)).inputs == ()


def test_dates_say_nothing_more_than_training():
    column = DateColumn("x")  # of dates as 2020-01-31
    values = column.values(pd.Series(["1/2/2020", "2020-02-01", "13/2/2020"]))
    assert values.isna().tolist() == [True, False, True]


def test_a_frame_without_rows():
    X, notes = encoded(learnt(), TRAINING[:0])
    assert X.shape == (0, 10)
    assert notes == []


# ---- JSON ----


def test_json_is_exact():
    columns = learnt()
    text = json.dumps([column.as_json() for column in columns])
    again = [column_from_json(content) for content in json.loads(text)]
    assert again == columns
    np.testing.assert_array_equal(encoded(again, TRAINING)[0], encoded(columns, TRAINING)[0])


@given(st.lists(st.floats(-1e100, 1e100)), st.lists(st.text(), max_size=120))
def test_json_of_any_statistics_is_exact(numbers, texts):
    values = pd.Series(numbers, dtype=float)
    for column in (
        NumberColumn("x", missing=("-9",), decimal=",").learnt(values),
        CategoryColumn("x").learnt(pd.Series(texts, dtype=object)),
        DateColumn("x").learnt(values[values.abs() < 1e6]),
    ):
        assert column_from_json(json.loads(json.dumps(column.as_json()))) == column


def changed(content, **fields):
    return {name: value for name, value in (content | fields).items() if value is not ...}


NUMBER = NumberColumn("x").as_json()
DATE = DateColumn("x", parts=("year",), means=(1.0,), scales=(1.0,)).as_json()


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        {},
        {"kind": "text"},
        {"kind": ["number"]},
        {"kind": "number"},
        changed(NUMBER, extra=1),
        changed(NUMBER, scale=...),
        changed(NUMBER, name=5),
        changed(NUMBER, missing="NA"),
        changed(NUMBER, missing=[5]),
        changed(NUMBER, decimal=";"),
        changed(NUMBER, decimal=["."]),
        changed(NUMBER, per_cent=1),
        changed(NUMBER, mean=1),
        changed(NUMBER, mean=float("nan")),
        changed(NUMBER, mean=float("inf")),
        changed(NUMBER, scale=0.0),
        changed(NUMBER, scale=-1.0),
        changed(DATE, parts=["second"]),
        changed(DATE, parts=["year", "year"]),
        changed(DATE, means=[]),
        changed(DATE, scales=[0.0]),
        changed(DATE, day_first="yes"),
        changed(CategoryColumn("x").as_json(), categories=["a", "a"]),
        changed(CategoryColumn("x").as_json(), categories="ab"),
        changed(CategoryColumn("x").as_json(), others=None),
    ],
)
def test_other_json_is_refused(content):
    with pytest.raises(TableError):
        column_from_json(content)
