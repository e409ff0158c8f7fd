"""What is kept of a batch of networks."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusedmlp.checks.arrays import Array


class Batch(NamedTuple):
    """What is kept of a batch's networks; the first axis of each array counts them."""

    params: Array  # (networks, size)
    running_stats: Array  # (networks, numbers), of batch_norm
    errors: NDArray[np.float64]  # (networks, records): means, as in a history
    losses: NDArray[np.float64]  # (networks, records)
    validation_losses: NDArray[np.float64]  # (networks, records), or (networks, 0)
    epochs: NDArray[np.int64]  # that were run
    stopped: list[str]
