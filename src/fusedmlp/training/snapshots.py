"""Parameters after recorded epochs, kept so that their validation losses can be computed later.

Where a record changes nothing before the next epoch, the run need not come back to Python: several
records are one call of the kernel, with patience as many as it has left. That is worth most where
several runs share a process: each return waits for the global interpreter lock, and its thread,
which has slept meanwhile, for a core. Of 60 networks 64-32-10 with 30 records each, in two threads,
a record took 80 us more than the kernels did.
"""

import numpy as np

from fusedmlp.checks.arrays import Array
from fusedmlp.plan.plan import Plan, record_count
from fusedmlp.plan.state import State
from fusedmlp.training.data import Dataset
from fusedmlp.training.interruptible import LONG_CALL

MOST_BYTES = 4_000_000  # of all snapshots: they stay in the cache of a core
# Fewer rows may be trained in the lanes, where each return takes less than it would take to go on
# in blocks of rows.
LEAST_ROWS = 17


def with_snapshots(
    plan: Plan, state: State, rows: int, most: int, validation: Dataset | None
) -> State:
    """Return the state with room for the snapshots of as many records as should be one call.

    None where the parameters are not all that a prediction depends on (batch_norm).
    """
    if plan.extras.batch_norm or rows < LEAST_ROWS:
        return state
    records = record_count(plan.epochs, plan.record_every)
    held_out = 0 if validation is None else len(validation.X)
    return with_room(state, min(most, records, most_snapshots(state.params, held_out)))


def with_room(state: State, count: int) -> State:
    """Return the state with room for so many snapshots, if it is for more than one."""
    if count < 2:
        return state
    return state._replace(snapshots=np.empty((count, state.params.size), state.params.dtype))


def most_snapshots(params: Array, rows: int) -> int:
    """Return of how many snapshots `rows` rows can be predicted in some 50 ms.

    For so long may Ctrl-C have to wait.
    """
    by_time = LONG_CALL // max(1, 2 * params.size * rows)
    return min(MOST_BYTES // params.nbytes, by_time)
