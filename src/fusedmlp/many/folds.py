"""The folds of cross-validation."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusedmlp.checks.requirements import whole_number

Places = NDArray[np.int64]


class Fold(NamedTuple):
    """Row numbers: those to train on, and those held out."""

    training: Places
    held_out: Places


def checked_folds(folds: Any, X: Any, y: Any, seed: int, options: Mapping[str, Any]) -> list[Fold]:
    """Return the folds; none for None.

    Raises
    ------
    TypeError, ValueError
        For folds that are none, for fewer rows than folds, for a fold without rows or with others,
        and beside a validation set.
    """
    if folds is None:
        return []
    if options.get("validation") is not None:
        raise ValueError("folds must come without validation: the rows that are held out are it")
    rows = len(X)
    if isinstance(folds, bool) or not isinstance(folds, int | np.integer):
        return _given(folds, X, y, rows)
    count = whole_number(least=2)("folds", folds)
    if count > rows:
        raise ValueError(f"folds must be at most the {rows} rows, got {count}")
    from sklearn.model_selection import KFold

    splitter = KFold(count, shuffle=True, random_state=np.random.RandomState(seed))
    return [Fold(*pair) for pair in splitter.split(np.empty((rows, 0)))]


def _given(folds: Any, X: Any, y: Any, rows: int) -> list[Fold]:
    """Return the folds of a splitter of scikit-learn's, or of pairs of row numbers."""
    if hasattr(folds, "split") and not isinstance(folds, str | bytes):
        targets = np.asarray(y)
        if targets.ndim == 2 and targets.shape[1] > 1 and np.isin(targets, (0, 1)).all():
            targets = targets.argmax(axis=1)  # one-hot rows, for a splitter that keeps shares
        folds = list(folds.split(X, targets))  # here: what it raises says what is wrong
    try:
        pairs = [(np.asarray(training), np.asarray(held_out)) for training, held_out in folds]
    except (TypeError, ValueError):
        raise TypeError(
            "folds must be a number, a splitter with a method split, or pairs (rows to train on, "
            f"rows held out), got {type(folds).__name__}"
        ) from None
    if not pairs:
        raise ValueError("folds must have at least one pair, got none")
    return [Fold(*(_places(k, places, rows) for places in pair)) for k, pair in enumerate(pairs)]


def _places(k: int, places: NDArray[Any], rows: int) -> Places:
    if places.dtype == bool and places.shape == (rows,):
        places = np.flatnonzero(places)
    if places.ndim != 1 or places.dtype.kind not in "iu" or not places.size:
        raise ValueError(
            f"folds[{k}] must be two arrays of at least one row number, got shape {places.shape} "
            f"and dtype {places.dtype}"
        )
    if not 0 <= places.min() <= places.max() < rows:
        wrong = places[(places < 0) | (places >= rows)][0]
        raise ValueError(f"folds[{k}] must be row numbers in 0..{rows - 1}, got {wrong}")
    return places.astype(np.int64)
