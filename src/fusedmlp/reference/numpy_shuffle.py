"""Shuffles with the random numbers of NumPy's RandomState, by itself."""

import numpy as np
from numpy.typing import NDArray


def numpy_shuffles(
    key: NDArray[np.uint32], position: int, first: NDArray[np.int64], orders: NDArray[np.int64]
) -> int:
    """Set orders (times, rows), each the one before shuffled, from first (rows,) on.

    As RandomState.shuffle does with MT19937, whose state is key (624,) and position. key is
    changed; return the position after that.
    """
    random = np.random.RandomState()
    random.set_state(("MT19937", key, position, 0, 0.0))
    before = first
    for order in orders:
        order[:] = before
        random.shuffle(order)
        before = order
    state = random.get_state(legacy=False)["state"]
    key[:] = state["key"]
    return int(state["pos"])
