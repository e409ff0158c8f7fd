"""What the user decides about columns, where the table alone would not."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Literal

from fusedmlp.checks.requirements import one_of, optional
from fusedmlp.tables.errors import TableError, argument, listed

Decimal = Literal[".", ","]


@dataclass(frozen=True)
class Choices:
    """The user's own choices, each empty by default: the table is taken as it looks.

    A single text stands for a tuple of one.

    Parameters
    ----------
    numbers : tuple of str
        Columns of numbers: their other cells are missing values.
    categories : tuple of str
        Columns of categories, although their cells may look like numbers or dates.
    drop : tuple of str
        Columns to leave out.
    missing : tuple of str
        Words that stand for a missing value, besides an empty cell, NA, N/A, NaN, null, - and ?.
    decimal : "." or ",", optional
        The decimal mark of numbers that are text. By default it is found, column by column.

    Raises
    ------
    TypeError
        If a choice is not text.
    ValueError
        If `decimal` is another mark.
    TableError
        If a column is chosen twice.

    Examples
    --------
    >>> from fusedmlp.tables.choices import Choices
    >>> Choices(drop="id", decimal=",")
    Choices(numbers=(), categories=(), drop=('id',), missing=(), decimal=',')
    """

    numbers: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    decimal: Decimal | None = None

    def __post_init__(self) -> None:
        for field in fields(self)[:-1]:
            object.__setattr__(self, field.name, _texts(field.name, getattr(self, field.name)))
        optional(one_of((".", ",")))("decimal", self.decimal)
        uses = [(use, name) for use in ("numbers", "categories", "drop") for name in self.of(use)]
        first: dict[str, str] = {}
        for use, name in uses:
            if first.setdefault(name, use) != use:
                both = f"{argument(first[name], name)} and {argument(use, name)}"
                raise TableError(f"column {name!r} must be chosen once, got {both}")

    def of(self, use: str) -> tuple[str, ...]:
        """Return the columns chosen for a use: "numbers", "categories" or "drop"."""
        chosen: tuple[str, ...] = getattr(self, use)
        return chosen

    def check(self, columns: Iterable[str], target: str | None = None) -> None:
        """Check that the chosen columns are there, and the target is not left out.

        Raises
        ------
        TableError
            If they are not.
        """
        there = list(columns)
        for use in ("numbers", "categories", "drop"):
            for name in self.of(use):
                if name not in there:
                    raise TableError(
                        f"{argument(use, name)} must name a column; the columns are {listed(there)}"
                    )
        if target is not None and target in self.drop:
            raise TableError(f"{argument('drop', target)} would leave out the target")


def checked_choices(choices: object) -> Choices:
    """Return choices, or none for None.

    Raises
    ------
    TypeError
        For anything else.
    """
    if choices is None:
        return Choices()
    if not isinstance(choices, Choices):
        raise TypeError(f"choices must be a fusedmlp.tables.Choices, got {choices!r:.60}")
    return choices


def _texts(name: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, Iterable):
        raise TypeError(f"{name} must be texts, got {value!r}")
    texts = tuple(value)
    for text in texts:
        if not isinstance(text, str):
            raise TypeError(f"{name} must be texts, got {text!r} among them")
    return texts
