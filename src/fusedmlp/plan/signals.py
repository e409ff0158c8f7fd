"""Integers that the threads of a run share: their barrier, and the request to stop."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusedmlp.plan.parameters import aligned_zeros

# The places in the array of signals, of one type for Numba: see kernels/vector/typed_constants.py.
ARRIVED = np.intp(0)  # threads that have arrived at barriers, in total
LEAVE_AT = np.intp(1)  # the number of the barrier at which all threads leave the run; 0: none
STOP = np.intp(2)  # not 0: threads leave the run as soon as they can, without another update
NEVER = np.intp(3)  # always 0: what a thread looks at that must not stop between two barriers
PATIENCE = np.intp(4)  # nanoseconds that a thread waits before it sets PAUSE; 0: no limit
PAUSE = np.intp(5)  # 1: `fit` returns before its next step; a thread of the team has no core
NEXT = np.intp(6)  # the first of a prediction's rows that no thread has taken

# The value of STOP where a thread has failed; the request of a caller is 1, and stays.
FAILED = 2

PLACES = 8  # a cache line of their own


def new_signals() -> NDArray[Any]:
    """Return the signals of a run that has not begun."""
    return aligned_zeros(PLACES, np.int64)
