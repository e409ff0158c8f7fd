"""What each column of a table is, with notes on what was decided."""

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from fusedmlp.tables import marks
from fusedmlp.tables.category_column import MOST_CATEGORIES, CategoryColumn
from fusedmlp.tables.choices import Choices
from fusedmlp.tables.column import Column, Parsed
from fusedmlp.tables.date_column import DateColumn, is_dates
from fusedmlp.tables.errors import MOST_LISTED, argument, counted, listed
from fusedmlp.tables.frames import as_frame
from fusedmlp.tables.looks import AT_LEAST, Kind, Look
from fusedmlp.tables.number_column import NumberColumn, is_typed
from fusedmlp.tables.useless import useless

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
    choices = choices or Choices()
    choices.check(frame.columns, target)
    looks = [
        Look(frame[name], choices.missing) for name in frame.columns if name not in choices.drop
    ]
    readers = _Readers(looks, choices)
    columns: dict[str, Column] = {}
    values: dict[str, pd.Series[Any]] = {}
    notes: list[str] = []
    for look in looks:
        chosen = look.name == target or look.name in choices.numbers + choices.categories
        reason = None if chosen else useless(look, readers.kind(look))
        if reason:
            notes.append(f"Left out column {look.name!r}: {reason}.")
            continue
        columns[look.name], values[look.name] = readers.read(look, notes)
    found = pd.DataFrame(values, index=frame.index)
    return Recognised(columns, found, [*notes, *_on_kinds(columns, found)])


def _on_kinds(columns: dict[str, Column], values: pd.DataFrame) -> list[str]:
    """Return notes on what is done with dates and with missing values."""
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


class _Readers:
    """How the columns of a table are read, each with the others beside it."""

    def __init__(self, looks: list[Look], choices: Choices) -> None:
        self.choices = choices
        texts = [look for look in looks if look.is_text]
        numbers = [marks.number_votes(one) for one in texts if self.kind(one) == "numbers"]
        dates = [marks.date_votes(one) for one in texts if self.kind(one) == "dates"]
        points = [True] if any(map(marks.has_fractions, looks)) else []
        self.has_points = marks.of_table([*points, *(votes.winner() for votes in numbers)])
        self.day_first = marks.of_table(votes.winner() for votes in dates)

    def kind(self, look: Look) -> Kind:
        """Return what a column is, by choice or by its looks."""
        if look.name in self.choices.numbers:
            return "numbers"
        return "categories" if look.name in self.choices.categories else look.kind

    def read(self, look: Look, notes: list[str]) -> tuple[Column, "pd.Series[Any]"]:
        """Return a column and its values."""
        kind = self.kind(look)
        if kind == "categories":
            return self._categories(look, notes)
        column, parsed = (
            self._numbers(look, notes) if kind == "numbers" else self._dates(look, notes)
        )
        if parsed.strange:
            notes.append(
                f"Column {look.name!r}: {parsed.cells} are no {kind}, and taken as missing."
            )
        return column, parsed.values

    def _numbers(self, look: Look, notes: list[str]) -> tuple[Column, Parsed]:
        column = NumberColumn(look.name, self.choices.missing)
        if is_typed(look.series) or pd.api.types.is_bool_dtype(look.series):
            return column, column.parsed(look.series)
        votes = marks.number_votes(look)
        decimal = self.choices.decimal or marks.decimal_of(votes, self.has_points, notes)
        column = replace(column, decimal=decimal, per_cent=bool(look.numerals.per_cent.any()))
        return column, column.of_numerals(look.series, look.cells, look.numerals)

    def _dates(self, look: Look, notes: list[str]) -> tuple[Column, Parsed]:
        column = DateColumn(look.name, self.choices.missing)
        if is_dates(look.series):
            return column, column.parsed(look.series)
        day_first = marks.day_first_of(marks.date_votes(look), self.day_first, notes)
        column = replace(column, day_first=day_first)
        return column, column.of_dates(look.series, look.cells, look.dates)

    def _categories(self, look: Look, notes: list[str]) -> tuple[Column, "pd.Series[Any]"]:
        column = CategoryColumn(look.name, self.choices.missing)
        values = column.values(look.series)
        chosen = look.name in self.choices.categories
        if look.is_text and not chosen and look.cells.words and look.share_of_numbers >= AT_LEAST:
            notes.append(
                f"Column {look.name!r} is taken as categories: {look.share_of_numbers:.0%} of its "
                f"cells are numbers; {argument('numbers', look.name)} takes the others as missing."
            )
        if values.nunique() > MOST_CATEGORIES:
            notes.append(
                f"Of the {values.nunique():,} categories of column {look.name!r}, the "
                f"{MOST_CATEGORIES - 1} most frequent are kept apart."
            )
        return column, values
