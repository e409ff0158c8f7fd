"""Which rows are trained on, and which are held out."""

import numpy as np
from numpy.typing import NDArray

from fusedmlp.tables.errors import TableError

LEAST_OF_A_SIDE = 2
Places = NDArray[np.int64]


def split(
    truth: NDArray[np.generic], classes: int, test_size: float, seed: int, notes: list[str]
) -> tuple[Places, Places]:
    """Return the places of training rows and of rows held out, each in ascending order.

    Parameters
    ----------
    truth : ndarray (rows,)
    classes : int
        Their number, each of which is held out in proportion if that can be; 0 for numbers.
    test_size : float in [0, 1)
    seed : int
    notes : list of str
        Says where classes cannot be held out in proportion.

    Raises
    ------
    TableError
        If there are too few rows on a side.
    """
    rows = len(truth)
    if test_size == 0:
        return np.arange(rows), np.arange(0)
    held_out = int(np.ceil(test_size * rows))
    if min(held_out, rows - held_out) < LEAST_OF_A_SIDE:
        raise TableError(
            f"there must be {LEAST_OF_A_SIDE} rows or more on either side, "
            f"got test_size={test_size} of {rows} rows"
        )
    in_proportion = False
    if classes:
        enough = np.bincount(truth.astype(np.int64)).min() > 1
        in_proportion = bool(enough and min(held_out, rows - held_out) >= classes)
        if not in_proportion:
            notes.append("Some class has too few rows to hold out every class in proportion.")
    from sklearn.model_selection import train_test_split

    train, test = train_test_split(
        np.arange(rows),
        test_size=held_out,
        random_state=seed,
        stratify=truth if in_proportion else None,
    )
    return np.sort(train), np.sort(test)
