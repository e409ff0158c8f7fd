"""What is kept of a batch of networks."""

from typing import Any, NamedTuple

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


def joined(batches: list[Batch], places: list[NDArray[np.int64]]) -> Batch:
    """Return one batch of several, whose networks have these places."""
    order = np.argsort(np.concatenate(places))
    fields: dict[str, Any] = {
        name: np.concatenate([getattr(batch, name) for batch in batches])[order]
        for name in Batch._fields
        if name != "stopped"
    }
    stopped = [text for batch in batches for text in batch.stopped]
    return Batch(**fields, stopped=[stopped[k] for k in order])
