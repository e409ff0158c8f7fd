"""What all kinds of columns have in common."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusedmlp.tables.cells import Cells
from fusedmlp.tables.errors import TableError, counted

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Parsed:
    """The values of a column's cells, and how many cells had a value that was not understood."""

    values: "pd.Series[Any]"  # floats with NaN, or texts with None
    strange: int = 0
    example: str = ""  # one of these cells

    @property
    def cells(self) -> str:
        """The cells that were not understood, for a note."""
        return f"{counted(self.strange)} such as {self.example!r}"


@dataclass(frozen=True)
class Column(ABC):
    """A column: how its cells are read, and how they become inputs of a network.

    Parameters
    ----------
    name : str
    missing : tuple of str
        Words for a missing value, besides the usual ones.
    """

    name: str
    missing: tuple[str, ...] = ()

    kind: ClassVar[str]
    requirements: ClassVar[dict[str, Callable[[Any], bool]]]  # of each field's JSON

    @abstractmethod
    def parsed(self, series: "pd.Series[Any]") -> Parsed:
        """Return the values of cells, and how many were not understood and are missing.

        Parameters
        ----------
        series : Series (rows,)
            The column of the training table, or of another one.

        Raises
        ------
        TableError
            If no cell of those with a value is understood.
        """

    def values(self, series: "pd.Series[Any]") -> "pd.Series[Any]":
        """Return the values of cells: floats with NaN, or texts with None.

        Parameters
        ----------
        series : Series (rows,)

        Raises
        ------
        TableError
            If no cell of those with a value is understood.
        """
        return self.parsed(series).values

    @abstractmethod
    def learnt(self, values: "pd.Series[Any]") -> Self:
        """Return the column with its statistics, from the values of the training rows alone."""

    @property
    @abstractmethod
    def inputs(self) -> tuple[str, ...]:
        """The names of its inputs."""

    @abstractmethod
    def encode(self, values: "pd.Series[Any]") -> Floats:
        """Return the inputs, (rows, inputs), of values; all are finite."""

    def as_json(self) -> dict[str, Any]:
        """Return the column as JSON, exactly."""
        return {"kind": self.kind, **{k: _as_list(v) for k, v in asdict(self).items()}}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        """Return a column from its JSON without the kind.

        Raises
        ------
        TableError
            If a field is missing, unknown or of another type.
        """
        names = [field.name for field in fields(cls)]
        if sorted(content) != sorted(names):
            raise TableError(f"a {cls.kind} column must have the fields {', '.join(names)}")
        for name, fits in cls.requirements.items():
            if not fits(content[name]):
                raise TableError(f"a {cls.kind} column has a {name} that is not valid")
        values: dict[str, Any] = {k: _as_tuple(v) for k, v in content.items()}
        return cls(**values)


def _as_list(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def is_text(value: Any) -> bool:
    """Return whether a value of JSON is text."""
    return isinstance(value, str)


def is_flag(value: Any) -> bool:
    """Return whether a value of JSON is true or false."""
    return isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Return whether a value of JSON is a finite number, written as a float: 1.0, not 1."""
    return isinstance(value, float) and bool(np.isfinite(value))


def is_scale(value: Any) -> bool:
    """Return whether a value of JSON is a number above 0."""
    return is_number(value) and value > 0


def each(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Return whether a value of JSON is a list of values that fit, as a function of it."""
    return lambda value: isinstance(value, list) and all(map(fits, value))


def different_texts(value: Any) -> bool:
    """Return whether a value of JSON is a list of different texts."""
    return each(is_text)(value) and len(set(value)) == len(value)


ANY_COLUMN = {"name": is_text, "missing": each(is_text)}


def mean_and_scale(values: Floats) -> tuple[float, float]:
    """Return the mean and the standard deviation, or a larger number where all are the same."""
    mean, deviation = float(values.mean()), float(values.std())
    rounding = 10 * np.finfo(float).eps * abs(mean)
    return mean, deviation if deviation > rounding else max(1.0, abs(mean))


def on_strange(name: str, kinds: str, parsed: Parsed) -> str:
    """Return a note on cells that were not understood."""
    is_none = f"is no {kinds.removesuffix('s')}" if parsed.strange == 1 else f"are no {kinds}"
    return f"Column {name!r}: {parsed.cells} {is_none}, and taken as missing."


def parsed_words(
    name: str, what: str, series: "pd.Series[Any]", cells: Cells, numbers: Floats
) -> Parsed:
    """Return the values of cells from the numbers of their words, NaN for one not understood.

    Parameters
    ----------
    name : str
        Of the column.
    what : str
        What it must hold, for the error.
    series : Series (rows,)
    cells : Cells
        Of the series.
    numbers : ndarray (words,)

    Raises
    ------
    TableError
        If no cell of those with a value is understood.
    """
    strange, values = np.isnan(numbers), cells.spread(numbers, np.nan)
    places = np.flatnonzero(strange)
    parsed = Parsed(
        pd.Series(values, series.index, name=name),
        int(cells.counts[strange].sum()),
        str(cells.words[places[0]]) if len(places) else "",
    )
    if parsed.strange and np.isnan(values).all():
        raise TableError(f"column {name!r} must hold {what}, got none in {parsed.cells}")
    return parsed
