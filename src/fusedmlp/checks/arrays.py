"""Checks of the caller's arrays (data, targets, weights), which are not changed."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusedmlp.checks.fixed_memory import fixed_view
from fusedmlp.checks.frames import is_frame, is_series, numbers_of, place_of
from fusedmlp.checks.kinds import advice_for, kind_of

Array = NDArray[np.floating[Any]]

# Arrays of up to this many bytes are copied: that takes less time than a view on fixed memory.
COPIED_BYTES = 1 << 12

MISSING = ": fill missing numbers in, or leave out their rows or columns"

CHUNK = 1 << 20  # numbers that are looked at together, where a temporary array is needed


def real_array(
    name: str, value: Any, dtype: str, dimensions: Sequence[int], finite: bool = True
) -> Array:
    """Return value as a C-ordered, aligned array of dtype that is finite and not empty.

    A large array that is such an array already is not copied, be it read-only or mapped from a
    file: the result is a view of it, which must not be written to. Nothing that is done to the
    caller's array later changes the view's shape or frees its memory.

    Parameters
    ----------
    name : str
        Name of the argument, for error messages.
    value : array-like
        Real numbers; also a data frame.
    dtype : {'float64', 'float32'}
    dimensions : sequence of int
        The numbers of dimensions that are allowed.
    finite : bool, default True
        Whether to look for numbers that are not.

    Raises
    ------
    TypeError
        For a sparse array, or anything but real numbers.
    ValueError
        For an array that is masked, ragged, empty, not finite or of other dimensions.
    """
    array = value if type(value) is np.ndarray else _as_array(name, value, dtype)
    if array.dtype.kind not in "biuf":
        raise TypeError(_no_numbers(name, value, array))
    array = array.copy() if array.nbytes <= COPIED_BYTES else fixed_view(array)
    if array.ndim not in dimensions:
        wanted = " or ".join(str(n) for n in dimensions)
        raise ValueError(f"{name} must have {wanted} dimensions, got shape {array.shape}")
    if array.size == 0:
        raise ValueError(f"{name} must not be empty, got shape {array.shape}")
    if array.dtype == dtype and array.flags.c_contiguous:
        result = array
    else:
        with np.errstate(over="ignore"):  # a number too large for float32 is reported below
            result = np.array(array, dtype, order="C", copy=None)
    if not result.flags.aligned:
        result = result.copy()
    if finite:
        _require_finite(name, value, array, result)
    return result


def _as_array(name: str, value: Any, dtype: str) -> NDArray[Any]:
    """Return anything array-like as an array of whatever dtype."""
    if np.ma.is_masked(value):
        raise ValueError(f"{name} must have no masked values, got a masked array that has some")
    if hasattr(value, "toarray"):
        raise TypeError(f"{name} must be a dense array, got {type(value).__name__}: .toarray()")
    if is_frame(value) or is_series(value):
        return numbers_of(name, value, dtype)
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(
            f"{name} must be a rectangular array of numbers, got rows that differ: {error}"
        ) from None


def _no_numbers(name: str, value: Any, array: NDArray[Any]) -> str:
    """Return the error for an array of anything but real numbers."""
    wanted = f"{name} must be an array of real numbers, got"
    if array.ndim == 0:
        how = ": .collect() it" if hasattr(value, "collect") else ""
        return f"{wanted} {'None' if value is None else type(value).__name__}{how}"
    kind = kind_of(array)
    return f"{wanted} {kind}: {advice_for(name, kind)}"


def _require_finite(name: str, value: Any, given: NDArray[Any], converted: Array) -> None:
    """Raise ValueError for numbers that are not finite; value: what the caller gave."""
    if converted.nbytes <= COPIED_BYTES and np.isfinite(converted).all():
        return
    # As in scikit-learn: the sum needs no temporary array. If it is finite, so are all numbers; if
    # it is not, it may also have overflowed, so that each number is checked.
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(converted.sum()):
            return
    flat = converted.reshape(-1)
    for first in range(0, flat.size, CHUNK):
        finite = np.isfinite(flat[first : first + CHUNK])
        if not finite.all():
            where = np.unravel_index(first + int(np.argmin(finite)), converted.shape)
            index = tuple(int(i) for i in where)
            raise ValueError(
                f"{name} must be finite in {converted.dtype}, got {given[index]} "
                f"{place_of(value, index)}{MISSING if np.isnan(given[index]) else ''}"
            )


def natural_dtype(X: Any) -> str:
    """Return 'float32' if X holds float32 numbers alone, else 'float64'; X is not checked."""
    if type(X) is np.ndarray:  # the other way takes 7 us, a twentieth of a short run
        return "float32" if X.dtype == np.float32 else "float64"
    return "float32" if _holds_float32(X, levels=2) else "float64"


def _holds_float32(value: Any, levels: int) -> bool:
    """Whether a number, array, data frame or list, of up to `levels` levels, is all float32."""
    if isinstance(value, list | tuple):
        return bool(value) and levels > 0 and all(_holds_float32(v, levels - 1) for v in value)
    if hasattr(value, "collect"):  # a lazy frame, which is refused
        return False
    dtypes = getattr(value, "dtypes", getattr(value, "dtype", None))  # of a frame, of an array
    if dtypes is None:
        return False
    return all(str(dtype).lower().endswith("float32") for dtype in np.atleast_1d(dtypes))


def checked_inputs(X: Any, dtype: str, n_in: int | None = None, finite: bool = True) -> Array:
    """Return X (rows, n_in) as an array of dtype, checked; n_in: its columns in training."""
    rows = real_array("X", X, dtype, (2,), finite)
    if n_in is not None:
        require_columns("X", rows, n_in)
    return rows


def require_columns(name: str, array: Array, columns: int) -> None:
    """Raise ValueError unless an array has as many columns as in training."""
    if array.shape[1] != columns:
        raise ValueError(
            f"{name} must have {columns} columns as in training, got shape {array.shape}"
        )
