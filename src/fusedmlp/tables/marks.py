"""Which decimal mark a column has, and which comes first in its dates, day or month.

A cell such as 1,5 or 31/1/2020 decides for its column; 1,234 and 1/2/2020 leave it open. Then the
other columns of the table decide, and where they leave it open, too, the column is refused.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusedmlp.tables.choices import Decimal
from fusedmlp.tables.errors import TableError, argument
from fusedmlp.tables.looks import NEARLY_ALL, Look
from fusedmlp.tables.number_column import as_floats, is_typed

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Votes:
    """The cells of a column that decide between two ways to read it, and those that leave it open.

    Each is the flags of words, (words,).
    """

    first: Flags
    second: Flags
    either: Flags  # read differently, but possible in both ways
    look: Look

    def count(self, words: Flags) -> int:
        """Return the number of cells with these words."""
        return int(self.look.cells.counts[words].sum())

    def example(self, words: Flags) -> str:
        """Return the first of these words."""
        return str(self.look.cells.words[int(np.flatnonzero(words)[0])])

    def winner(self) -> bool | None:
        """Return whether the first way wins; None if no cell decides, or many contradict."""
        first, second = self.count(self.first), self.count(self.second)
        if max(first, second) == 0 or max(first, second) < NEARLY_ALL * (first + second):
            return None
        return first > second

    @property
    def contradict(self) -> bool:
        """Whether cells decide for both ways, and neither wins."""
        return self.winner() is None and bool(self.first.any())


def number_votes(look: Look) -> Votes:
    """Return which words of a column have a decimal point, a comma, or either.

    A currency has no fraction of three digits: $5,000 is five thousand.
    """
    point, comma = look.numerals.point, look.numerals.comma
    open_ = ~np.isnan(point) & ~np.isnan(comma) & (point != comma)
    currency = open_ & (look.numerals.currency != "")
    first = ~np.isnan(point) & np.isnan(comma) | currency & (np.abs(point) > np.abs(comma))
    second = np.isnan(point) & ~np.isnan(comma) | currency & (np.abs(point) < np.abs(comma))
    return Votes(first, second, open_ & ~currency, look)


def date_votes(look: Look) -> Votes:
    """Return which words of a column have the day first, the month first, or either."""
    day, month = look.dates.day_first, look.dates.month_first
    open_ = ~np.isnan(day) & ~np.isnan(month) & (day != month)
    first = ~np.isnan(day) & np.isnan(month)
    return Votes(first, np.isnan(day) & ~np.isnan(month), open_, look)


def of_table(columns: Iterable[bool | None]) -> bool | None:
    """Return the way of all columns that are decided by their own cells; None if they differ."""
    winners = set(columns) - {None}
    return winners.pop() if len(winners) == 1 else None


def has_fractions(look: Look) -> bool:
    """Return whether a column is of numbers that were read before, with fractions.

    A file of decimal points is read so; where the mark is open, cells stay text.
    """
    if not is_typed(look.series):
        return False
    numbers = as_floats(look.series)
    return bool((numbers[np.isfinite(numbers)] % 1 != 0).any())


def decimal_of(votes: Votes, table: bool | None, notes: list[str]) -> Decimal:
    """Return the decimal mark of a column.

    Parameters
    ----------
    votes : Votes
        Of the column's cells: the first for a point.
    table : bool or None
        Whether the other columns have points.
    notes : list of str
        Gets a note where the column's own cells do not decide.

    Raises
    ------
    TableError
        If nothing decides.
    """
    name = votes.look.name
    either = argument("decimal", "."), argument("decimal", ",")
    if votes.contradict:
        raise TableError(
            f"column {name!r} has decimal points ({votes.example(votes.first)!r}) and decimal "
            f"commas ({votes.example(votes.second)!r}); write all of its cells alike, or decide "
            f"with {either[0]} or {either[1]}, and the others are missing values"
        )
    winner = votes.winner()
    if winner is None and votes.either.any():
        winner = _by_whole_numbers(votes) if table is None else table
        word = votes.example(votes.either)
        numbers = (votes.look.numerals.by(mark)[votes.either][0] for mark in (".", ","))
        by_point, by_comma = (f"{number:.16g}" for number in numbers)
        if winner is None:
            raise TableError(
                f"column {name!r} is ambiguous: {word!r} may be {by_point} or {by_comma}; decide "
                f"with {either[0]} or {either[1]}"
            )
        one, other = (by_point, by_comma) if winner else (by_comma, by_point)
        notes.append(
            f"Column {name!r}: {word!r} is read as {one}; {either[winner]} would read {other}."
        )
    return "," if winner is False else "."


def _by_whole_numbers(votes: Votes) -> bool | None:
    """Decide by the numbers without a mark, such as 950 beside 5,000 or 12,500.

    Programs write fractions without zeros at the end, or all with as many digits: a 950 beside
    5,000 is neither, so these commas are between thousands. A 1500 beside 1.234 has no point
    between thousands. Other cases are as likely as not somebody's own way to write.
    """
    numerals = votes.look.numerals
    whole = (numerals.point == numerals.comma) & (numerals.point % 1 == 0)
    commas = votes.either & (np.abs(numerals.point) > np.abs(numerals.comma))
    points = votes.either & ~commas
    if commas.any() and not points.any():
        return True if whole.any() and (numerals.point[commas] % 10 == 0).any() else None
    if points.any() and not commas.any():
        return True if (np.abs(numerals.point[whole]) >= 1000).any() else None
    return None


def day_first_of(votes: Votes, table: bool | None, notes: list[str]) -> bool | None:
    """Return whether the dates of a column have the day first; None if all are as 2020-1-31.

    Parameters
    ----------
    votes : Votes
        Of the column's cells: the first for the day first.
    table : bool or None
        Whether those of other columns have it first.
    notes : list of str
        Gets a note where the column's own cells do not decide.

    Raises
    ------
    TableError
        If nothing decides.
    """
    name = votes.look.name
    winner = votes.winner()
    if votes.contradict:
        raise TableError(
            f"column {name!r} has dates with the day first ({votes.example(votes.first)!r}) and "
            f"with the month first ({votes.example(votes.second)!r}); write them as 2020-01-31, or "
            f"leave it out: {argument('drop', name)}"
        )
    if winner is not None or not votes.either.any():
        return winner
    winner = _by_first_of_month(votes) if table is None else table
    word = votes.example(votes.either)
    if winner is None:
        raise TableError(
            f"column {name!r} is ambiguous: {word!r} may have the day or the month first; write "
            f"its dates as 2020-01-31, or leave it out: {argument('drop', name)}"
        )
    notes.append(f"Column {name!r}: dates such as {word!r} have the {_order(winner)} first.")
    return winner


def _order(day_first: bool) -> str:
    return "day" if day_first else "month"


def _by_first_of_month(votes: Votes) -> bool | None:
    """Decide by dates that are all the first day of different months."""
    dates = votes.look.dates
    for days, answer in ((dates.day_first, True), (dates.month_first, False)):
        known = days[dates.known]
        moments = np.floor(known[~np.isnan(known)]).astype("datetime64[D]")
        months = moments.astype("datetime64[M]")
        if (moments == months.astype("datetime64[D]")).all() and len(np.unique(months)) > 2:
            return answer
    return None
