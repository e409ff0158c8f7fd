"""Whether the recorded losses still fall: scikit-learn's rule of when a run is over."""

from typing import Any, NamedTuple

from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.vector import at


class Progress(NamedTuple):
    """What a run knows of its recorded losses."""

    lowest: Any
    waited: Any  # records in a row without progress


@inner
def progress_of(state):
    """Return the progress so far."""
    return Progress(state.progress[0], state.progress[1])


@inner
def progress_with(plan, losses, record, progress):
    """Return the progress after one more record; losses: their address."""
    loss = at(losses, record) / plan.loss_divisor
    waited = progress.waited + 1.0 if loss > progress.lowest - plan.progress_tol else 0.0
    return Progress(loss if loss < progress.lowest else progress.lowest, waited)


@inner
def has_stalled_at(plan, progress):
    """Whether more records than the plan waits for have been without progress."""
    return 0 < plan.records_to_wait < progress.waited


@inner
def keep_progress(progress, state):
    """Leave the progress in the state, for the next call."""
    state.progress[0] = progress.lowest
    state.progress[1] = progress.waited
