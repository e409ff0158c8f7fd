"""The seeds of many starts."""

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusedmlp.training.request import random_state as random_state_of


def seeds_of(random_state: Any, starts: int) -> NDArray[np.int64]:
    """Return the seed of each start, in 0..2**32 - 1.

    An int is the first seed itself; the others are hashes of it. Of a RandomState, or NumPy's own
    for None, all follow from numbers that are drawn from it. The seeds of fewer starts are the
    first of those of more.

    Examples
    --------
    >>> seeds_of(7, 3).tolist()
    [7, 2083679832, 3939563265]
    """
    if isinstance(random_state, Integral):
        others = np.random.SeedSequence(int(random_state)).generate_state(starts - 1)
        return np.concatenate([[int(random_state)], others]).astype(np.int64)
    drawn = random_state_of(random_state).randint(2**31 - 1, size=4)
    return np.random.SeedSequence(drawn.tolist()).generate_state(starts).astype(np.int64)
