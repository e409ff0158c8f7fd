"""The cells of a column that is not of numbers already: its different words, and its missing ones.

Whatever is done with text is done once for each different word.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Word = str | int | float  # text without spaces around it, or a number that was no text

MISSING = (
    "", "-", "--", "?", ".", "NA", "N/A", "na", "n/a", "Na", "NaN", "nan", "NAN", "-nan", "-NaN",
    "null", "NULL", "Null", "<NA>", "#NA", "#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NULL!",
)  # fmt: skip
MOST_DIGITS = 10**300  # larger integers are no floats
TRUTH = {"true": "True", "false": "False"}


@dataclass(frozen=True)
class Cells:
    """The cells of a column as indices of its different words."""

    codes: NDArray[np.int64]  # (rows,), -1 for a missing value
    words: list[Word]

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """The number of rows of each word."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.words))

    def spread(self, values: Sequence[Any] | NDArray[Any], missing: Any) -> NDArray[Any]:
        """Return the value of each row, (rows,), from the values of the words."""
        return np.append(np.asarray(values, dtype=np.asarray(missing).dtype), missing)[self.codes]


def cells_of(series: "pd.Series[Any]", missing: tuple[str, ...] = ()) -> Cells:
    """Return the cells of a column, where `missing` are words for a missing value besides MISSING.

    Examples
    --------
    >>> import pandas as pd
    >>> from fusedmlp.tables.cells import cells_of
    >>> cells_of(pd.Series(["a ", "unknown", "b", "a", "NA"]), missing=("unknown",))
    Cells(codes=array([ 0, -1,  1,  0, -1]), words=['a', 'b'])
    """
    codes, found = pd.factorize(_plain(series))
    cells = np.asarray(found, dtype=object).tolist()
    words = [cell.strip() if isinstance(cell, str) else cell for cell in cells]
    nothing = {*MISSING, *missing, *numbers_of(missing)}
    if words == cells and not any(map(nothing.__contains__, words)):
        return Cells(codes, words)
    different = list(dict.fromkeys(word for word in words if word not in nothing))
    places = {word: place for place, word in enumerate(different)}
    renumbered = np.array([*(places.get(word, -1) for word in words), -1], np.int64)
    return Cells(renumbered[codes], different)


def numbers_of(words: tuple[str, ...]) -> list[float]:
    """Return the words that are numbers, such as -999 for a missing value, as numbers."""
    found = []
    for word in words:
        try:
            found.append(float(word))
        except ValueError:
            continue
    return found


def label(word: Word) -> str:
    """Return a word as a category: 2, 2.0 and "2" are the same, as are true and TRUE.

    Examples
    --------
    >>> from fusedmlp.tables.cells import label
    >>> label(2.0), label("02"), label(2.5), label("TRUE")
    ('2', '02', '2.5', 'True')
    """
    if isinstance(word, str):
        return TRUTH.get(word.lower(), word)
    return str(int(word)) if float(word).is_integer() else repr(word)


def _plain(series: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return cells as text or numbers, with None or NaN for missing values."""
    if isinstance(series.dtype, pd.StringDtype):
        return series
    if pd.api.types.infer_dtype(series, skipna=True) == "string":
        return series.astype(object)
    return pd.Series([_plain_cell(cell) for cell in series.astype(object)], dtype=object)


def _plain_cell(cell: Any) -> Word | None:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool | np.bool_):
        return str(bool(cell))
    if isinstance(cell, int | np.integer) and abs(int(cell)) < MOST_DIGITS:
        return int(cell)
    if isinstance(cell, float | np.floating | Decimal):
        return None if math.isnan(cell) else float(cell)
    return None if pd.api.types.is_scalar(cell) and pd.isna(cell) else str(cell)
