"""What each column of a table is, with notes on what was decided."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from fusedmlp.tables.category_column import CategoryColumn
from fusedmlp.tables.choices import Choices, checked_choices
from fusedmlp.tables.column import Column
from fusedmlp.tables.date_column import DateColumn
from fusedmlp.tables.errors import MOST_LISTED, counted, listed
from fusedmlp.tables.frames import as_frame, decimal_of
from fusedmlp.tables.looks import Look
from fusedmlp.tables.number_column import NumberColumn
from fusedmlp.tables.readers import Readers
from fusedmlp.tables.useless import useless_cells, useless_values

INSTEAD: dict[type[Column], str] = {
    NumberColumn: "their median",
    DateColumn: "the mean date",
    CategoryColumn: "a category of its own",
}


@dataclass(frozen=True)
class Recognised:
    """The columns of a table, the values of their cells, and notes for the user."""

    columns: dict[str, Column]
    values: pd.DataFrame  # one column for each, of floats with NaN or texts with None
    notes: list[str]


def recognise(
    frame: pd.DataFrame, choices: Choices | None = None, target: str | None = None
) -> Recognised:
    """Return what each column of a table is.

    Parameters
    ----------
    frame : DataFrame (rows, columns)
        The training table, also with rows that are held out later: the columns have no statistics
        yet.
    choices : Choices, optional
        What the user decided.
    target : str, optional
        A column that is kept whatever it looks like.

    Returns
    -------
    Recognised
        Without the columns that are left out.

    Raises
    ------
    TableError
        If a chosen column is not there, or a column is ambiguous.

    Examples
    --------
    >>> import pandas as pd
    >>> from fusedmlp.tables.columns import recognise
    >>> cells = {"x": ["1", "2", "5", "unknown"] * 5, "city": ["Oslo", "Rome"] * 10}
    >>> found = recognise(pd.DataFrame(cells), Choices(numbers="x"))
    >>> [type(column).__name__ for column in found.columns.values()]
    ['NumberColumn', 'CategoryColumn']
    >>> found.notes  # doctest: +NORMALIZE_WHITESPACE
    ["Column 'x': 5 cells such as 'unknown' are no numbers, and taken as missing.",
     "Missing values taken as their median: 'x' (5 rows)."]
    """
    frame = as_frame(frame)
    choices = checked_choices(choices)
    choices.check(frame.columns, target)
    looks = [
        Look(frame[name], choices.missing) for name in frame.columns if name not in choices.drop
    ]
    readers = Readers(looks, choices, decimal_of(frame))
    columns: dict[str, Column] = {}
    values: dict[str, pd.Series[Any]] = {}
    notes: list[str] = []
    for look in looks:
        kept = look.name == target or look.name in choices.numbers + choices.categories
        reason = None if kept else useless_cells(look, readers.kind(look))
        if not reason:
            column, cells, on_cells = readers.read(look)
            if isinstance(column, NumberColumn) and not kept:
                reason = useless_values(cells)
        if reason:
            notes.append(f"Left out column {look.name!r}: {reason}.")
        else:
            columns[look.name], values[look.name] = column, cells
            notes += on_cells
    found = pd.DataFrame(values, index=frame.index, copy=False)
    return Recognised(columns, found, [*notes, *_on_kinds(columns, found, target)])


def _on_kinds(columns: dict[str, Column], values: pd.DataFrame, target: str | None) -> list[str]:
    """Return notes on what is done with the dates and missing values of inputs."""
    columns = {name: column for name, column in columns.items() if name != target}
    notes = []
    dates = [name for name, column in columns.items() if isinstance(column, DateColumn)]
    if dates:
        parts = "year, month, weekday, hour and the days since the first, where they differ"
        notes.append(f"Dates become {parts}: {listed(dates)}.")
    for kind, how in INSTEAD.items():
        gaps = {n: values[n].isna().sum() for n, one in columns.items() if isinstance(one, kind)}
        where = [f"{name!r} ({counted(count, 'row')})" for name, count in gaps.items() if count]
        if where:
            more = f" and {len(where) - MOST_LISTED} more" if len(where) > MOST_LISTED else ""
            notes.append(f"Missing values taken as {how}: {', '.join(where[:MOST_LISTED])}{more}.")
    return notes
