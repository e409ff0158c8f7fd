"""Integers that the threads of a run share: their barrier, and the request to stop."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusedmlp.plan.parameters import aligned_zeros

# The places in the array of signals.
ARRIVED = 0  # threads that have arrived at barriers, in total
LEAVE_AT = 1  # the number of the barrier at which all threads leave the run; 0: none
STOP = 2  # not 0: threads leave the run as soon as they can, and its last step is not made
NEVER = 3  # always 0: what a thread looks at that must not stop between two barriers
# The value of STOP where a thread has failed; the request of a caller is 1, and stays.
FAILED = 2

PLACES = 8  # a cache line of their own


def new_signals() -> NDArray[Any]:
    """Return the signals of a run that has not begun."""
    return aligned_zeros(PLACES, np.int64)
