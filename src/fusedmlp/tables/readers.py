"""How the columns of a table are read, each with the others beside it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from fusedmlp.tables import marks
from fusedmlp.tables.category_column import MOST_CATEGORIES, CategoryColumn
from fusedmlp.tables.choices import Choices, Decimal
from fusedmlp.tables.column import Column, Parsed, on_strange
from fusedmlp.tables.date_column import DateColumn, is_dates
from fusedmlp.tables.errors import TableError, argument
from fusedmlp.tables.looks import AT_LEAST, Kind, Look
from fusedmlp.tables.number_column import NumberColumn, is_typed


class Readers:
    """How the columns of a table are read, each with the others beside it."""

    def __init__(self, looks: list[Look], choices: Choices, decimal: Decimal = ".") -> None:
        self.choices, self._decimal = choices, decimal  # of columns that are numbers already
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

    def read(self, look: Look) -> tuple[Column, "pd.Series[Any]", list[str]]:
        """Return a column, its values, and notes.

        Raises
        ------
        TableError
            If it is ambiguous.
        """
        kind = self.kind(look)
        notes: list[str] = []
        if kind == "categories":
            return *self._categories(look, notes), notes
        read = self._numbers if kind == "numbers" else self._dates
        column, parsed = read(look, notes)
        if parsed.strange:
            notes.append(on_strange(look.name, kind, parsed))
        return column, parsed.values, notes

    def _numbers(self, look: Look, notes: list[str]) -> tuple[Column, Parsed]:
        column = NumberColumn(look.name, self.choices.missing)
        if is_typed(look.series) or pd.api.types.is_bool_dtype(look.series):
            return replace(column, decimal=self._decimal), column.parsed(look.series)
        if look.name not in self.choices.numbers:
            _check_currency(look)
        votes = marks.number_votes(look)
        decimal = self.choices.decimal or marks.decimal_of(votes, self.has_points, notes)
        column = replace(column, decimal=decimal, per_cent=bool(look.numerals.per_cent.any()))
        notes.extend([] if notes else _on_text(look, decimal))
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


def _check_currency(look: Look) -> None:
    """Check that a column has no two currencies."""
    marks_ = dict.fromkeys(str(mark).rstrip(".") for mark in look.numerals.currency if mark)
    if len(marks_) > 1:
        one, other, *_ = marks_
        raise TableError(
            f"column {look.name!r} must have one currency, got {one!r} and {other!r}; write all "
            f"cells alike, or take their numbers as they are: {argument('numbers', look.name)}"
        )


def _on_text(look: Look, decimal: Decimal) -> list[str]:
    """Return a note on how the first cell that is no plain number is read, if there is one."""
    numbers = look.numerals.by(decimal)
    places = np.flatnonzero(~look.numerals.plain & ~np.isnan(numbers))
    if not len(places):
        return []
    word, number = look.cells.words[places[0]], numbers[places[0]]
    return [f"Column {look.name!r}: {word!r} is read as {number:.16g}."]
