"""Data frames from Python: typed columns, Polars, and what is no table."""

import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest

from fusedmlp.tables.columns import recognise
from fusedmlp.tables.errors import TableError
from fusedmlp.tables.frames import as_frame

CELLS = {
    "number": [1.5, 2.5, 4.0],
    "count": [1, 5, 2],
    "flag": [True, False, True],
    "text": ["a", "b", "a"],
}


def test_polars():
    found = recognise(pl.DataFrame(CELLS))
    expected = recognise(pd.DataFrame(CELLS))
    assert found.columns == expected.columns
    pd.testing.assert_frame_equal(found.values, expected.values)


def test_polars_without_pyarrow(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    frame = pl.DataFrame(CELLS)

    def needs_pyarrow():
        raise ModuleNotFoundError(
            "pa.Table requires 'pyarrow' module to be installed", name="pyarrow"
        )

    monkeypatch.setattr(pl.DataFrame, "to_pandas", lambda _: needs_pyarrow())
    with pytest.raises(
        ImportError, match=r"to_pandas of .*DataFrame needs pyarrow: install it, or"
    ):
        as_frame(frame)


@pytest.mark.parametrize("storage", ["python", "pyarrow"])
def test_typed_columns_are_the_same_as_plain_ones(storage):
    plain = pd.DataFrame(CELLS)
    typed = plain.astype(
        {
            "number": "Float32",
            "count": "UInt8",
            "flag": "boolean",
            "text": pd.StringDtype(storage),
        }
    )
    as_text = plain.astype(str).astype(pd.StringDtype(storage))
    expected = recognise(plain)
    for frame in (typed, plain.astype({"text": "category"}), plain.astype(object), as_text):
        found = recognise(frame)
        assert found.columns == expected.columns
        pd.testing.assert_frame_equal(found.values, expected.values)


def test_names_are_texts():
    frame = pd.DataFrame(np.eye(2), columns=[0, ("a", 1)])
    assert list(as_frame(frame).columns) == ["0", "a 1"]


@pytest.mark.parametrize(
    ("frame", "error", "message"),
    [
        (np.eye(3), TypeError, "frame must be a pandas DataFrame, got ndarray"),
        ({"a": [1]}, TypeError, "frame must be a pandas DataFrame, got dict"),
        (pd.DataFrame(np.eye(2), columns=["a", "a"]), TableError, "must differ, got twice: 'a'"),
        (pd.DataFrame(np.eye(2), columns=["1", 1]), TableError, "must differ, got twice: '1'"),
        (pd.DataFrame({"z": [1j]}), TableError, "column 'z' holds complex numbers; .* drop='z'"),
    ],
)
def test_what_is_no_table(frame, error, message):
    with pytest.raises(error, match=message):
        as_frame(frame)
