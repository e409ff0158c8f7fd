"""Checks on what the caller brings: data, targets, arrays of weights. Nothing is changed."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]


def real_array(name: str, value: Any, dtype: str, dimensions: Sequence[int]) -> Array:
    """Return value as a C-ordered, aligned, writable array of dtype that is finite and not empty.

    A copy is made only where value is not such an array already.
    """
    if np.ma.is_masked(value):
        raise ValueError(f"{name} must have no masked values, got a masked array that has some")
    if hasattr(value, "toarray"):
        raise TypeError(f"{name} must be a dense array, got {type(value).__name__}: .toarray()")
    dtypes = getattr(value, "dtypes", None)  # of a data frame's columns, which may differ
    if dtypes is not None and all(getattr(d, "kind", "O") in "biuf" for d in np.atleast_1d(dtypes)):
        value = value.to_numpy(dtype=dtype, na_value=np.nan)
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(
            f"{name} must be a rectangular array of numbers, got rows that differ: {error}"
        ) from None
    if array.dtype.kind not in "biuf":
        kind = "complex numbers" if array.dtype.kind == "c" else f"dtype {array.dtype}"
        raise TypeError(f"{name} must be an array of real numbers, got {kind}")
    if array.ndim not in dimensions:
        wanted = " or ".join(str(n) for n in dimensions)
        raise ValueError(f"{name} must have {wanted} dimensions, got shape {array.shape}")
    if array.size == 0:
        raise ValueError(f"{name} must not be empty, got shape {array.shape}")
    with np.errstate(over="ignore"):  # a number too large for float32 is reported below
        result = np.require(array, dtype, ["C_CONTIGUOUS", "ALIGNED", "WRITEABLE", "ENSUREARRAY"])
    _require_finite(name, array, result)
    return result


def _require_finite(name: str, given: NDArray[Any], converted: Array) -> None:
    # scikit-learn's way: a sum takes no memory, and is finite unless a number is not, or they are
    # too large together.
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(converted.sum()):
            return
    wrong = ~np.isfinite(converted)
    if wrong.any():
        where = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise ValueError(
            f"{name} must be finite in {converted.dtype}, got {given[where]} at index {where}"
        )


def checked_rows(X: Any, dtype: str, n_in: int | None = None) -> Array:
    """Return X (rows, n_in), checked."""
    rows = real_array("X", X, dtype, (2,))
    if n_in is not None and rows.shape[1] != n_in:
        raise ValueError(f"X must have {n_in} columns as in training, got shape {rows.shape}")
    return rows


def checked(X: Any, y: Any, options: dict[str, Any]) -> tuple[Array, Array]:
    """Return X (rows, n_in) and y (rows, n_out), checked against each other and the options.

    Raises
    ------
    TypeError
        For arrays of anything but real numbers.
    ValueError
        For arrays that are ragged, empty, of a wrong shape or not finite, and for targets that the
        loss or the output activation cannot take.
    """
    dtype = options["dtype"]
    rows = checked_rows(X, dtype)
    targets = real_array("y", y, dtype, (1, 2))
    targets = targets.reshape(len(targets), -1)
    if len(targets) != len(rows):
        raise ValueError(
            f"y must have as many rows as X, got {len(targets)} for the {len(rows)} of X"
        )
    if options["output_activation"] == "softmax" and targets.shape[1] < 2:
        raise ValueError(
            "y must have a column for each class with output_activation='softmax', "
            "got 1 column (one-hot rows are wanted)"
        )
    if options["loss"] == "log_loss":
        _require_probabilities(targets, options["output_activation"])
    if options["loss"] == "poisson" and targets.min() < 0:
        raise ValueError(f"y must be at least 0 with loss='poisson', got {targets.min()}")
    return rows, targets


def checked_row_weights(value: Any, dtype: str, rows: int) -> Array | None:
    """Return sample_weight (rows,), checked, or None if there is none."""
    if value is None:
        return None
    weights = real_array("sample_weight", value, dtype, (1,))
    if len(weights) != rows:
        raise ValueError(
            f"sample_weight must have as many numbers as X has rows, got {len(weights)} for {rows}"
        )
    if weights.min() < 0:
        raise ValueError(f"sample_weight must be at least 0, got {weights.min()}")
    if weights.sum() == 0:
        raise ValueError("sample_weight must not be 0 for all rows")
    return weights


def _require_probabilities(targets: Array, output_activation: str) -> None:
    low, high = targets.min(), targets.max()
    if low < 0 or high > 1:
        raise ValueError(f"y must be in 0..1 with loss='log_loss', got {low if low < 0 else high}")
    if output_activation == "softmax":
        sums = targets.sum(axis=1)
        row = int(np.argmax(np.abs(sums - 1)))
        # Probabilities that were rounded to float32 once miss 1 by less than this.
        if abs(sums[row] - 1) > 1e-6 * targets.shape[1]:
            raise ValueError(
                "y must have rows that sum to 1 with loss='log_loss' and "
                f"output_activation='softmax', got {sums[row]} in row {row}"
            )
