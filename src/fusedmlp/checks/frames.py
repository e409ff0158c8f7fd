"""Data frames and series of pandas and Polars: their numbers, and the names of their columns."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusedmlp.checks.kinds import advice_for, kind_of

Names = tuple[str, ...]

MOST_NAMED = 5  # columns that one error names


def is_frame(value: Any) -> bool:
    """Whether a value is a data frame: of pandas, of Polars, or of what looks like these."""
    return hasattr(value, "to_numpy") and hasattr(value, "dtypes") and hasattr(value, "columns")


def is_series(value: Any) -> bool:
    """Whether a value is one column of a data frame."""
    return hasattr(value, "to_numpy") and hasattr(value, "dtype") and hasattr(value, "name")


def column_names(X: Any) -> Names | None:
    """Return the names of a data frame's columns; None without, or where one is not text."""
    if type(X) is np.ndarray or not is_frame(X):
        return None
    names = tuple(X.columns)
    return names if all(isinstance(name, str) for name in names) else None


def numbers_of(name: str, value: Any, dtype: str) -> NDArray[Any]:
    """Return a frame or a series of real numbers and flags as an array; missing ones are NaN.

    Raises
    ------
    TypeError
        For a column of anything else; the message names it.
    """
    wrong = [(label, kind_of(np.asarray(c))) for label, c in _columns(value) if not _is_real(c)]
    if wrong:
        told = [f"column {label!r} holds {kind}" for label, kind in wrong]
        advice = advice_for(name, wrong[0][1])
        raise TypeError(f"{name} must have real numbers alone: {_joined(told)}: {advice}")
    with np.errstate(over="ignore"):  # a number too large for float32 is reported later
        if hasattr(value, "iloc"):  # pandas
            array: NDArray[Any] = value.to_numpy(dtype=dtype, na_value=np.nan)
            return array
        array = np.asarray(value.to_numpy())
        # Polars gives flags beside nulls, and Decimals, as Python's objects.
        return array if array.dtype.kind in "biuf" else array.astype(dtype)


def _columns(value: Any) -> list[tuple[Any, Any]]:
    """Return the names and the columns of a frame; of a series, the one that it is."""
    if not is_frame(value):
        return [(value.name, value)]
    labels = list(value.columns)
    if hasattr(value, "iloc"):  # labels may be there twice
        return [(label, value.iloc[:, place]) for place, label in enumerate(labels)]
    return list(zip(labels, value.iter_columns(), strict=True))


def _is_real(column: Any) -> bool:
    """Whether a column's type is one of real numbers or flags, in pandas or in Polars."""
    dtype = column.dtype
    if hasattr(dtype, "is_numeric"):  # Polars
        return bool(dtype.is_numeric()) or str(dtype) == "Boolean"
    return getattr(dtype, "kind", "O") in "biuf"


def place_of(value: Any, index: tuple[int, ...]) -> str:
    """Return where a number is: by the name of its column, or by its index."""
    if is_frame(value) and len(index) == 2:
        column = list(value.columns)[index[1]]
    elif is_series(value) and value.name not in (None, "") and len(index) == 1:
        column = value.name
    else:
        return f"at index {index}"
    label = value.index[index[0]] if hasattr(value, "iloc") else index[0]
    if isinstance(label, np.generic):
        label = label.item()
    labelled = "" if label == index[0] else f" (its label is {label!r})"
    return f"in column {column!r} of row {index[0]}{labelled}"


def require_names(given: Names | None, names: Names | None, seen: str = "training") -> None:
    """Raise ValueError for a data frame whose columns have other names, or another order.

    Parameters
    ----------
    given : tuple of str, or None
        The names of the columns of X; what is no data frame has none to compare.
    names : tuple of str, or None
        Those of the columns before.
    seen : str
        Where they were seen, for the message.
    """
    if given is None or names is None or given == names:
        return
    wanted = f"X must have the columns of {seen}, in their order"
    missing = [name for name in names if name not in given]
    more = [name for name in given if name not in names]
    if missing:
        told = f"{_listed(missing)} {'is' if len(missing) == 1 else 'are'} missing"
        raise ValueError(f"{wanted}: {told}" + (f", {_listed(more)} not known" if more else ""))
    if more:
        raise ValueError(f"{wanted}: leave out {_listed(more)}")
    if len(given) != len(names):  # a name that is there twice
        raise ValueError(f"{wanted}: {len(names)} columns, got {len(given)}")
    place = next(k for k, name in enumerate(given) if name != names[k])
    how = "; X[list(run.feature_names)] has that of a Trained `run`" if seen == "training" else ""
    raise ValueError(
        f"{wanted}: column {place} must be {names[place]!r}, got {given[place]!r}{how}"
    )


def _listed(names: list[str]) -> str:
    return _joined([repr(name) for name in names])


def _joined(texts: list[str]) -> str:
    """Return the first texts, and how many more there are."""
    more = f" and {len(texts) - MOST_NAMED} more" if len(texts) > MOST_NAMED else ""
    return ", ".join(texts[:MOST_NAMED]) + more
