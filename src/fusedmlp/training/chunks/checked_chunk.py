"""The check of a chunk, wherever it is; the messages name it."""

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from fusedmlp.checks.arrays import Array
from fusedmlp.checks.frames import Names, column_names, require_names
from fusedmlp.training.data import Totals, checked_pair


def checked_chunk(
    name: str,
    X: Any,
    y: Any,
    options: Mapping[str, Any],
    columns: tuple[int, int] | None = None,
    names: Names | None = None,
) -> tuple[Array, Array]:
    """Return the rows of a chunk, as `checked_pair` does.

    columns: those of X and y in the first chunk; None: this is the first. names: those of the
    columns of X in the first chunk, if that is a data frame.

    Raises
    ------
    TypeError, ValueError
        As `checked_pair` does, and for other columns than in the first chunk.
    """
    try:
        require_names(column_names(X), names, "chunk 0")
        pair = checked_pair(X, y, options)
        for what, array, wanted in zip(("X", "y"), pair, columns or (), strict=False):
            if array.shape[1] != wanted:
                raise ValueError(
                    f"{what} must have {wanted} columns as in chunk 0, got shape {array.shape}"
                )
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name}: {error}") from None
    return pair


def parts_of(row_weights: Array | None, rows: Sequence[int]) -> list[Array | None]:
    """Return the weights of each chunk's rows; rows: of each chunk."""
    if row_weights is None:
        return [None] * len(rows)
    ends = accumulate(rows, initial=0)
    return [row_weights[first:end] for first, end in pairwise(ends)]


def totals_of(rows: Sequence[int], columns: tuple[int, int], row_weights: Array | None) -> Totals:
    """Return the totals of chunks with so many rows each."""
    weight = sum(rows) if row_weights is None else row_weights.sum(dtype=np.float64)
    return Totals(sum(rows), *columns, float(weight))
