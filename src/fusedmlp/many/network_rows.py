"""The rows of each network: those that it is trained on, and those that are held out."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusedmlp.many.groups import Task
from fusedmlp.training.request import held_out_rows

BOOTSTRAP = 1  # the stream of a network's seed that its sample of rows is drawn from


class NetworkRows(NamedTuple):
    """Row numbers in the data; None: all rows, or none that are held out."""

    training: NDArray[np.int64] | None
    held_out: NDArray[np.int64] | None


def rows_of(task: Task, network: int, share: int, random: np.random.RandomState) -> NetworkRows:
    """Return the rows of a batch's network.

    share: the number of rows to hold out. random: drawn from for these alone, as in `train`.
    """
    rows: NDArray[np.int64] | None = None
    held_out = None
    if task.data_sets.size:
        rows = np.arange(task.rows) + task.rows * task.data_sets[network]
    if task.folds:
        rows, held_out = task.folds[network]
    if share:
        base = np.arange(task.rows) if rows is None else rows
        places = held_out_rows(share, base.size, random)
        rows, held_out = np.delete(base, places), base[places]
    if task.bootstrap:  # of the rows that are not held out
        base = np.arange(task.rows) if rows is None else rows
        rows = base[bootstrap_sample(int(task.seeds[network]), base.size)]
    return NetworkRows(rows, held_out)


def bootstrap_sample(seed: int, rows: int) -> NDArray[np.int64]:
    """Return as many row numbers as there are rows, drawn with replacement (Efron, 1979)."""
    random = np.random.RandomState(np.array([seed, BOOTSTRAP], np.uint32))
    return random.randint(0, rows, rows, dtype=np.int64)
