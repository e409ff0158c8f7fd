"""Checks of the caller's arrays (data, targets, weights), which are not changed."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]


def real_array(name: str, value: Any, dtype: str, dimensions: Sequence[int]) -> Array:
    """Return value as a C-ordered, aligned, writable array of dtype that is finite and not empty.

    A copy is made only if value is not such an array already.

    Parameters
    ----------
    name : str
        Name of the argument, for error messages.
    value : array-like
        Real numbers; also a data frame.
    dtype : {'float64', 'float32'}
    dimensions : sequence of int
        The numbers of dimensions that are allowed.

    Raises
    ------
    TypeError
        For a sparse array, or anything but real numbers.
    ValueError
        For an array that is masked, ragged, empty, not finite or of other dimensions.
    """
    if np.ma.is_masked(value):
        raise ValueError(f"{name} must have no masked values, got a masked array that has some")
    if hasattr(value, "toarray"):
        raise TypeError(f"{name} must be a dense array, got {type(value).__name__}: .toarray()")
    dtypes = getattr(value, "dtypes", None)  # of a data frame: one for each column
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
    # As in scikit-learn: the sum needs no temporary array. If it is finite, so are all numbers; if
    # it is not, it may also have overflowed, so that each number is checked.
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(converted.sum()):
            return
    wrong = ~np.isfinite(converted)
    if wrong.any():
        where = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise ValueError(
            f"{name} must be finite in {converted.dtype}, got {given[where]} at index {where}"
        )


def checked_inputs(X: Any, dtype: str, n_in: int | None = None) -> Array:
    """Return X (rows, n_in) as an array of dtype, checked; n_in: its columns in training."""
    rows = real_array("X", X, dtype, (2,))
    if n_in is not None:
        require_columns("X", rows, n_in)
    return rows


def require_columns(name: str, array: Array, columns: int) -> None:
    """Raise ValueError unless an array has as many columns as in training."""
    if array.shape[1] != columns:
        raise ValueError(
            f"{name} must have {columns} columns as in training, got shape {array.shape}"
        )
