"""Parameters after recorded epochs, kept so that their validation losses can be computed later.

Where a record changes nothing before the next epoch, the run need not come back to Python: several
records are one call of the kernel, with patience as many as it has left. That is worth most where
several runs share a process: each return waits for the global interpreter lock, and its thread,
which has slept meanwhile, for a core. Of 60 networks 64-32-10 with 30 records each, in two threads,
a record took 80 us more than the kernels did.
"""

import numpy as np

from fusedmlp.plan.codes import SCIPY_OPTIMIZERS
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

    As many as can be measured in some 50 ms, for which Ctrl-C may have to wait. None where the
    parameters are not all that a prediction depends on (batch_norm), or Python makes the steps.
    """
    size = state.params.size
    if plan.extras.batch_norm or plan.extras.optimizer in SCIPY_OPTIMIZERS or rows < LEAST_ROWS:
        return state
    records = record_count(plan.epochs, plan.record_every)
    by_memory = MOST_BYTES // state.params.nbytes
    by_time = records if validation is None else LONG_CALL // (2 * size * len(validation.X))
    count = min(most, records, by_memory, by_time)
    if count < 2:
        return state
    return state._replace(snapshots=np.empty((count, size), state.params.dtype))
