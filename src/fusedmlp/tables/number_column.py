"""Columns of numbers: standardised, with the median for missing values."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from fusedmlp.tables.cells import Cells, cells_of, numbers_of
from fusedmlp.tables.choices import Decimal
from fusedmlp.tables.column import (
    ANY_COLUMN,
    Column,
    Floats,
    Parsed,
    is_flag,
    is_number,
    is_scale,
    mean_and_scale,
    parsed_words,
)
from fusedmlp.tables.errors import TableError
from fusedmlp.tables.numbers import LARGEST, Numerals, numerals


@dataclass(frozen=True)
class NumberColumn(Column):
    """A column of numbers: one input, in standard deviations from the mean.

    Parameters
    ----------
    name, missing
        As of every column.
    decimal : "." or ","
        The decimal mark of cells that are text.
    per_cent : bool
        Whether cells have a sign of per cent; their values are the numbers before it.
    median, mean, scale : float
        Of the training rows; the median is taken for missing values.

    Examples
    --------
    >>> import pandas as pd
    >>> from fusedmlp.tables.columns import NumberColumn
    >>> column = NumberColumn("price", decimal=",")
    >>> values = column.values(pd.Series(["1.234,50 €", "unknown", "0,50 €"]))
    >>> values.tolist()
    [1234.5, nan, 0.5]
    >>> column.learnt(values).encode(values)[:, 0].round(3).tolist()
    [1.225, 0.0, -1.225]
    """

    decimal: Decimal = "."
    per_cent: bool = False
    median: float = 0.0
    mean: float = 0.0
    scale: float = 1.0

    kind: ClassVar[str] = "number"
    requirements: ClassVar[dict[str, Callable[[Any], bool]]] = ANY_COLUMN | {
        "decimal": lambda value: value in (".", ","),
        "per_cent": is_flag,
        "median": is_number,
        "mean": is_number,
        "scale": is_scale,
    }

    def parsed(self, series: "pd.Series[Any]") -> Parsed:
        """Return the cells as numbers."""
        if is_typed(series) or pd.api.types.is_bool_dtype(series):
            return self._typed(series)
        cells = cells_of(series, self.missing)
        return self.of_numerals(series, cells, numerals(cells.words))

    def of_numerals(self, series: "pd.Series[Any]", cells: Cells, read: Numerals) -> Parsed:
        """Return what `parsed` does, of cells that were read before."""
        numbers = read.by(self.decimal)
        if self.per_cent:
            self._check_per_cent(cells, ~read.per_cent & ~np.isnan(numbers) & (numbers != 0))
        return parsed_words(self.name, "numbers", series, cells, numbers)

    def _typed(self, series: "pd.Series[Any]") -> Parsed:
        numbers = as_floats(series)
        missing = numbers_of(self.missing)
        if missing:
            numbers = np.where(np.isin(numbers, missing), np.nan, numbers)
        if self.per_cent and (np.abs(numbers) > 0).any():
            raise self._without_sign(f"{numbers[np.abs(numbers) > 0][0]:g}")
        strange = np.abs(numbers) > LARGEST
        values = pd.Series(np.where(strange, np.nan, numbers), series.index, name=self.name)
        example = f"{numbers[strange][0]:g}" if strange.any() else ""
        return Parsed(values, int(strange.sum()), example)

    def _check_per_cent(self, cells: Cells, bare: "np.ndarray[Any, Any]") -> None:
        if bare.any():
            raise self._without_sign(str(cells.words[int(np.flatnonzero(bare)[0])]))

    def _without_sign(self, word: str) -> TableError:
        return TableError(
            f"column {self.name!r} holds per cents, and {word} without the sign %: write all of "
            "its cells with the sign, or none"
        )

    def learnt(self, values: "pd.Series[Any]") -> Self:
        """Return the column with median, mean and scale of the training rows."""
        numbers = values.to_numpy(float)
        known = numbers[~np.isnan(numbers)]
        if not len(known):
            return replace(self, median=0.0, mean=0.0, scale=1.0)
        median = float(np.median(known))
        mean, scale = mean_and_scale(np.where(np.isnan(numbers), median, numbers))
        return replace(self, median=median, mean=mean, scale=scale)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The column's name."""
        return (self.name,)

    def encode(self, values: "pd.Series[Any]") -> Floats:
        """Return the numbers in standard deviations from the mean, (rows, 1)."""
        numbers = values.to_numpy(float)
        known = np.where(np.isnan(numbers), self.median, numbers)
        return ((known - self.mean) / self.scale)[:, np.newaxis]


def is_typed(series: "pd.Series[Any]") -> bool:
    """Return whether a column is of numbers already: integers, floats or lengths of time."""
    types = pd.api.types
    number = types.is_numeric_dtype(series) and not types.is_bool_dtype(series)
    return number or types.is_timedelta64_dtype(series)


def as_floats(series: "pd.Series[Any]") -> Floats:
    """Return a typed column as floats, lengths of time in days; infinities stay."""
    if pd.api.types.is_timedelta64_dtype(series):
        series = series.dt.total_seconds() / 86400
    numbers: Floats = series.to_numpy(dtype=float, na_value=np.nan)
    return numbers
