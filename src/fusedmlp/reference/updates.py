"""SGD's update, and the count of direction changes. Written for clarity, not for speed."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusedmlp.reference.activations import Array


def update(
    params: Array,
    gradient: Array,
    velocity: Array,
    learning_rate: float | np.floating[Any],
    momentum: float | np.floating[Any],
    nesterov: int,
) -> None:
    """Move params against the gradient: SGD with momentum, as PyTorch defines it.

    Without momentum, the step is the gradient. With momentum, it is a velocity: a decaying sum of
    the gradients. Nesterov's momentum looks one step ahead (Sutskever et al., On the importance of
    initialization and momentum in deep learning, 2013).
    """
    velocity[:] = momentum * velocity + gradient
    step = gradient + momentum * velocity if nesterov else velocity
    params -= learning_rate * step


def count_direction_changes(
    gradient: Array, uphill: NDArray[np.int8], changes: NDArray[np.int64]
) -> None:
    """Count, for each weight, the updates whose direction differs from the one before.

    A change means that the last update stepped over a minimum. uphill: 1 where the last update
    increased the weight, 0 where it did not, -1 before the first update.
    """
    up = gradient < 0
    changes += (uphill >= 0) & (uphill != up)
    uphill[:] = up
