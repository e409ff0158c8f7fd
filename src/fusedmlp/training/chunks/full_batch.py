"""Training on chunks with all rows in each step: the gradients of the chunks are added."""

import numpy as np

from fusedmlp.backends import implementation
from fusedmlp.plan.codes import SCIPY_OPTIMIZERS
from fusedmlp.plan.plan import Plan
from fusedmlp.plan.state import State
from fusedmlp.training.chunks.chunked_data import ChunkedData
from fusedmlp.training.chunks.objective import ObjectiveInChunks
from fusedmlp.training.chunks.parameter_update import update_parameters
from fusedmlp.training.chunks.penalties import penalties_of
from fusedmlp.training.control import Control
from fusedmlp.training.interruptible import LONG_CALL, interruptible
from fusedmlp.training.request import Request
from fusedmlp.training.run import Show, diverged
from fusedmlp.training.scipy_optimizers import ALL_EPOCHS, Search


def train_in_chunks(
    plan: Plan, request: Request[ChunkedData], state: State, control: Control, show: Show
) -> tuple[str, str | None]:
    """Train with all chunks in each step; return why it ended, and advice."""
    data, rows = request.data, request.data.totals.rows
    objective = ObjectiveInChunks(request.backend, plan, data, state.signals)
    if plan.extras.optimizer in SCIPY_OPTIMIZERS:
        return Search(objective, plan, rows, state, control, request.search_limits, show).run()
    descent = _Descent(request.backend, plan, objective, state, rows)
    for epoch in range(int(state.position[0]) // rows, plan.epochs):
        descent.run_epoch(epoch)
        show(state)
        if not np.isfinite(state.params).all():
            return diverged(request, state, rows)
        record, rest = divmod(epoch, plan.record_every)
        reason = control.after_record(record) if control.needed and rest == 0 else None
        if reason:
            return reason, None
    return ALL_EPOCHS, None


class _Descent:
    """Epochs of one step each, along the gradient."""

    def __init__(
        self, backend: str, plan: Plan, objective: ObjectiveInChunks, state: State, rows: int
    ) -> None:
        self._package, self._plan = implementation(backend), plan
        self._objective, self._state, self._rows = objective, state, rows

    def run_epoch(self, epoch: int) -> None:
        """Take the step of an epoch; record error and loss before it, if the epoch is recorded."""
        state, (record, rest) = self._state, divmod(epoch, self._plan.record_every)
        sums = self._objective.derive(state.params, state.gradient, error=rest == 0)
        if rest == 0:
            state.errors[record], state.losses[record] = sums.error, self._recorded(sums.loss)
        # In a thread of its own: Ctrl-C within it would leave half an update.
        interruptible(state.signals, LONG_CALL, self._take_step, epoch)

    def _take_step(self, epoch: int) -> None:
        update_parameters(self._package, self._plan, self._state, epoch, self._objective.scale)
        self._state.position[0] += self._rows

    def _recorded(self, loss: float) -> float:
        """Return the loss as `fit` records it: with scale_penalties, a mean times the rows."""
        if not self._plan.extras.scale_penalties:
            return loss
        factor = self._rows * self._objective.scale if self._plan.extras.weighted else 1.0
        return factor * (loss + penalties_of(self._package, self._plan, self._state.params))
