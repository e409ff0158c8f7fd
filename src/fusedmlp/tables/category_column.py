"""Columns of categories: one input for each, the rarest of many in one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from fusedmlp.tables.cells import cells_of, label
from fusedmlp.tables.column import ANY_COLUMN, Column, Floats, Parsed, different_texts, is_flag
from fusedmlp.tables.errors import counted

MOST_CATEGORIES = 100  # inputs of a column; the rarest categories share one


@dataclass(frozen=True)
class CategoryColumn(Column):
    """A column of categories: an input for each, 1 in its rows and 0 in others.

    A category that the training rows have not is among the others that share an input, or, where
    there is none, 0 in all inputs. So is a missing value where the training rows have none.

    Parameters
    ----------
    name, missing
        As of every column.
    categories : tuple of str
        With an input of their own, in order.
    others : bool
        Whether rarer categories share an input.
    gaps : bool
        Whether missing values have an input.

    Examples
    --------
    >>> import pandas as pd
    >>> from fusedmlp.tables.columns import CategoryColumn
    >>> values = pd.Series(["Paris", "Oslo", None])
    >>> column = CategoryColumn("city").learnt(values)
    >>> column.inputs
    ('city=Oslo', 'city=Paris', 'city is missing')
    >>> column.encode(pd.Series(["Paris", "Rome"]))
    array([[0., 1., 0.],
           [0., 0., 0.]])
    """

    categories: tuple[str, ...] = ()
    others: bool = False
    gaps: bool = False

    kind: ClassVar[str] = "category"
    requirements: ClassVar[dict[str, Callable[[Any], bool]]] = ANY_COLUMN | {
        "categories": different_texts,
        "others": is_flag,
        "gaps": is_flag,
    }

    def parsed(self, series: "pd.Series[Any]") -> Parsed:
        """Return the cells as texts; all are understood."""
        cells = cells_of(series, self.missing)
        labels = np.array([label(word) for word in cells.words], dtype=object)
        values = cells.spread(labels, np.array(None, dtype=object))
        return Parsed(pd.Series(values, series.index, dtype=object, name=self.name))

    def learnt(self, values: "pd.Series[Any]") -> Self:
        """Return the column with the categories of the training rows."""
        counts = values.value_counts(sort=False).sort_index()
        names = counts.sort_values(ascending=False, kind="stable").index.astype(str).tolist()
        others = len(names) > MOST_CATEGORIES
        kept = sorted(names[: MOST_CATEGORIES - 1] if others else names)
        gaps = bool(values.isna().any())
        return replace(self, categories=tuple(kept), others=others, gaps=gaps)

    @property
    def inputs(self) -> tuple[str, ...]:
        """A name for each category, for the others and for missing values."""
        return (
            *(f"{self.name}={category}" for category in self.categories),
            *([f"{self.name} is another"] if self.others else []),
            *([f"{self.name} is missing"] if self.gaps else []),
        )

    def encode(self, values: "pd.Series[Any]") -> Floats:
        """Return 1 in the input of each row's category and 0 in others, (rows, inputs)."""
        places = pd.Index(self.categories, dtype=object).get_indexer(pd.Index(values, dtype=object))
        missing = values.isna().to_numpy()
        nowhere, known = len(self.inputs), len(self.categories)
        places = np.where(places < 0, known if self.others else nowhere, places)
        places = np.where(missing, nowhere - 1 if self.gaps else nowhere, places)
        inputs = np.zeros((len(values), nowhere + 1))
        inputs[np.arange(len(values)), places] = 1
        return np.ascontiguousarray(inputs[:, :nowhere])

    def on_unseen(self, values: "pd.Series[Any]") -> list[str]:
        """Return a note on categories without an input, if there are any."""
        unseen = values[values.notna() & ~values.isin(self.categories)]
        if self.others or unseen.empty:
            return []
        cells = f"{counted(len(unseen))} such as {unseen.iloc[0]!r}"
        hold = "holds a category" if len(unseen) == 1 else "hold categories"
        return [f"Column {self.name!r}: {cells} {hold} that the training table has not."]
