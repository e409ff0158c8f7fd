"""Columns of tables: what they are, and how they become the inputs of a network."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from fusedmlp.tables.category_column import MOST_CATEGORIES, CategoryColumn
from fusedmlp.tables.column import Column, Floats, Parsed, on_strange
from fusedmlp.tables.date_column import DateColumn
from fusedmlp.tables.errors import TableError, listed
from fusedmlp.tables.frames import as_frame
from fusedmlp.tables.number_column import NumberColumn
from fusedmlp.tables.recognition import Recognised, recognise

__all__ = [
    "MOST_CATEGORIES",
    "CategoryColumn",
    "Column",
    "DateColumn",
    "NumberColumn",
    "Parsed",
    "Recognised",
    "column_from_json",
    "encode_frame",
    "encode_values",
    "recognise",
    "values_of",
]

KINDS: dict[str, type[Column]] = {
    one.kind: one for one in (NumberColumn, CategoryColumn, DateColumn)
}


def column_from_json(content: Any) -> Column:
    """Return a column from what its `as_json` returned.

    Raises
    ------
    TableError
        If it is anything else.

    Examples
    --------
    >>> from fusedmlp.tables.columns import CategoryColumn, column_from_json
    >>> column = CategoryColumn("city", categories=("Oslo", "Rome"))
    >>> column_from_json(column.as_json()) == column
    True
    """
    if not isinstance(content, dict) or content.get("kind") not in tuple(KINDS):
        raise TableError(f"a column must have one of the kinds {listed(KINDS)}")
    rest = {name: value for name, value in content.items() if name != "kind"}
    return KINDS[content["kind"]].from_json(rest)


def values_of(columns: Sequence[Column], frame: Any, notes: list[str]) -> pd.DataFrame:
    """Return the values of the columns in a frame, floats with NaN or texts with None.

    Parameters
    ----------
    columns : sequence of Column
    frame : DataFrame (rows, columns)
        In any order, with others among them, which are ignored.
    notes : list of str
        Gets a note for each column with cells that were not understood, or unseen categories.

    Raises
    ------
    TableError
        If a column is missing, or none of its cells is understood.
    """
    frame = as_frame(frame)
    missing = [column.name for column in columns if column.name not in frame]
    if missing:
        raise TableError(
            f"the table must have the columns of the training table, got none named "
            f"{listed(missing)}; its columns are {listed(frame.columns)}"
        )
    values = {}
    for column in columns:
        parsed = column.parsed(frame[column.name])
        values[column.name] = parsed.values
        if parsed.strange:
            notes.append(on_strange(column.name, f"{column.kind}s", parsed))
        if isinstance(column, CategoryColumn):
            notes.extend(column.on_unseen(parsed.values))
    return pd.DataFrame(values, index=frame.index)


def encode_values(columns: Sequence[Column], values: pd.DataFrame) -> Floats:
    """Return the inputs, (rows, inputs), of values, each column's beside those before it."""
    inputs = [column.encode(values[column.name]) for column in columns]
    return np.hstack(inputs) if inputs else np.zeros((len(values), 0))


def encode_frame(columns: Sequence[Column], frame: Any, notes: list[str]) -> Floats:
    """Return the inputs of a frame: `encode_values` of `values_of`.

    Parameters
    ----------
    columns : sequence of Column
        With the statistics of the training rows.
    frame : DataFrame (rows, columns)
    notes : list of str

    Returns
    -------
    inputs : ndarray (rows, inputs)

    Raises
    ------
    TableError
        If a column is missing, or none of its cells is understood.

    Examples
    --------
    >>> import pandas as pd
    >>> from fusedmlp.tables.columns import CategoryColumn, NumberColumn, encode_frame
    >>> columns = [NumberColumn("x", mean=1.0), CategoryColumn("city", categories=("Oslo",))]
    >>> notes = []
    >>> encode_frame(columns, pd.DataFrame({"city": ["Oslo", "Rome"], "x": ["2", "?"]}), notes)
    array([[ 1.,  1.],
           [-1.,  0.]])
    >>> notes
    ["Column 'city': 1 cell such as 'Rome' holds a category that the training table has not."]
    """
    return encode_values(columns, values_of(columns, frame, notes))
