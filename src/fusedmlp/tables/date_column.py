"""Columns of dates: year, month, weekday, hour and the days since the first, standardised."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from fusedmlp.tables.cells import Cells, cells_of
from fusedmlp.tables.column import (
    ANY_COLUMN,
    Column,
    Floats,
    Parsed,
    different_texts,
    each,
    is_flag,
    is_number,
    is_scale,
    mean_and_scale,
    parsed_words,
)
from fusedmlp.tables.dates import Dates, dates, days_of, parts_of
from fusedmlp.tables.errors import TableError

PARTS = ("year", "month", "weekday", "hour", "days")


@dataclass(frozen=True)
class DateColumn(Column):
    """A column of dates: an input for each part that differs between training rows.

    Parameters
    ----------
    name, missing
        As of every column.
    day_first : bool or None
        Whether 1/2/2020 is in February; None if the training table had no such date.
    first : float
        The earliest date of the training rows, in days since 1970.
    parts : tuple of str
        Of "year", "month", "weekday", "hour" and "days" (since the first).
    means, scales : tuple of float
        Of each part. A missing date is the mean.

    Examples
    --------
    >>> import pandas as pd
    >>> from fusedmlp.tables.columns import DateColumn
    >>> column = DateColumn("sold", day_first=True)
    >>> values = column.values(pd.Series(["1/2/2020", "3/2/2020 18:00"]))
    >>> column.learnt(values).inputs
    ('sold: weekday', 'sold: hour', 'sold: days')
    """

    day_first: bool | None = None
    first: float = 0.0
    parts: tuple[str, ...] = ()
    means: tuple[float, ...] = ()
    scales: tuple[float, ...] = ()

    kind: ClassVar[str] = "date"
    requirements: ClassVar[dict[str, Callable[[Any], bool]]] = ANY_COLUMN | {
        "day_first": lambda value: value is None or is_flag(value),
        "first": is_number,
        "parts": lambda value: different_texts(value) and set(value) <= set(PARTS),
        "means": each(is_number),
        "scales": each(is_scale),
    }

    def __post_init__(self) -> None:
        if not len(self.parts) == len(self.means) == len(self.scales):
            raise TableError("a date column must have a mean and a scale for each of its parts")

    def parsed(self, series: "pd.Series[Any]") -> Parsed:
        """Return the cells as days since 1970."""
        if is_dates(series):
            if isinstance(series.dtype, pd.PeriodDtype):
                series = series.dt.to_timestamp()
            return Parsed(pd.Series(days_of(series), series.index, name=self.name))
        cells = cells_of(series, self.missing)
        return self.of_dates(series, cells, dates(cells.words))

    def of_dates(self, series: "pd.Series[Any]", cells: Cells, read: Dates) -> Parsed:
        """Return what `parsed` does, of cells that were read before."""
        days = read.by(bool(self.day_first))
        if self.day_first is None:
            days = np.where(read.day_first == read.month_first, days, np.nan)
        return parsed_words(self.name, "dates", series, cells, days)

    def learnt(self, values: "pd.Series[Any]") -> Self:
        """Return the column with the parts that differ between the training rows."""
        days = values.to_numpy(float)
        days = days[~np.isnan(days)]
        first = float(days.min()) if len(days) else 0.0
        parts = parts_of(days) | {"days": days - first}
        kept = [name for name in PARTS if len(days) and np.ptp(parts[name]) > 0]
        both = [mean_and_scale(parts[name]) for name in kept]
        means, scales = tuple(mean for mean, _ in both), tuple(scale for _, scale in both)
        return replace(self, first=first, parts=tuple(kept), means=means, scales=scales)

    @property
    def inputs(self) -> tuple[str, ...]:
        """A name for each part."""
        return tuple(f"{self.name}: {part}" for part in self.parts)

    def encode(self, values: "pd.Series[Any]") -> Floats:
        """Return the parts in standard deviations from their means, (rows, parts)."""
        days = values.to_numpy(float)
        parts = parts_of(days) | {"days": days - self.first}
        inputs = np.zeros((len(days), len(self.parts)))
        for place, name in enumerate(self.parts):
            scaled = (parts[name] - self.means[place]) / self.scales[place]
            inputs[:, place] = np.where(np.isnan(scaled), 0, scaled)
        return inputs


def is_dates(series: "pd.Series[Any]") -> bool:
    """Return whether a column is of dates already."""
    return pd.api.types.is_datetime64_any_dtype(series) or isinstance(series.dtype, pd.PeriodDtype)
