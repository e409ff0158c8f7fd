"""Training on a stream of chunks by mini-batches, one chunk at a time."""

from typing import Any

import numpy as np

from fusedmlp.backends import implementation
from fusedmlp.plan.parameters import aligned_zeros
from fusedmlp.plan.plan import Plan, make_plan
from fusedmlp.plan.state import State
from fusedmlp.training.chunks.stream import Stream
from fusedmlp.training.control import Control
from fusedmlp.training.data import Dataset
from fusedmlp.training.request import Request
from fusedmlp.training.run import Show, diverged
from fusedmlp.training.scipy_optimizers import ALL_EPOCHS
from fusedmlp.training.slices import Slices


def train_stream(
    plan: Plan, request: Request[Stream], state: State, control: Control, show: Show
) -> tuple[str, str | None]:
    """Train on each chunk in turn; return why it ended, and advice.

    The unit of the state's position is an epoch.
    """
    visit = _Visits(plan, request, state)
    for epoch in range(int(state.position[0]), plan.epochs):
        record, rest = divmod(epoch, plan.record_every)
        rows, finite = 0, True
        for chunk in request.data.chunks(epoch, request.options):
            finite = visit.train_on(chunk, epoch, first=rows == 0)
            rows += len(chunk.X)
            del chunk  # before the next one is read
            if not finite:
                break
        if rest == 0:  # the mean, as if the epoch had one row
            state.errors[record] /= rows
            state.losses[record] /= rows
        state.position[0] = epoch + 1
        show(state)
        if not finite:
            return diverged(request, state, 1)
        reason = control.after_record(record) if control.needed and rest == 0 else None
        if reason:
            return reason, None
    return ALL_EPOCHS, None


class _Visits:
    """Visits of chunks: each is an epoch of `fit` on the rows of that chunk alone.

    Its epochs have the numbers of the stream's, on which the learning rate, the records, the orders
    of rows and the masks depend. So the state's position is another one for each chunk.
    """

    def __init__(self, plan: Plan, request: Request[Stream], state: State) -> None:
        self._plan, self._request, self._state = plan, request, state
        self._options: dict[str, Any] = {
            **request.options, "epochs": plan.epochs, "record_every": plan.record_every,
        }  # fmt: skip
        self._mix = implementation(request.backend).mix
        before = request.before
        request.data.steps = 0 if before is None else before.progress.steps
        self._number = 0  # of the chunk in its epoch
        self._slices: Slices | None = None

    def train_on(self, chunk: Dataset, epoch: int, first: bool) -> bool:
        """Train on a chunk; return whether all weights are finite. first: of its epoch."""
        self._number = 0 if first else self._number + 1
        rows = len(chunk.X)
        plan = self._plan_for(rows, epoch)
        state = self._state_for(plan, rows, epoch)
        if self._slices is None:
            threads = self._request.options["threads"]
            self._slices = Slices(
                self._request.backend, plan, chunk, state, lambda _: None, threads is not None
            )
        self._slices.go_on(plan)
        self._slices.take(chunk, state)
        finite = self._slices.run_until((epoch + 1) * rows)
        self._request.data.steps += -(-rows // plan.batch_size)
        nothing = np.empty((0, 0), state.params.dtype)
        self._slices.take(Dataset(nothing, nothing, None))  # the chunk is no longer held
        return finite

    def _plan_for(self, rows: int, epoch: int) -> Plan:
        """Return the plan of an epoch of a chunk."""
        seed = self._plan.seed
        if self._number:  # chunks of the same size have different orders and masks
            seed = int(self._mix(seed, self._number)) >> 1
        plan = make_plan(self._options, self._plan.sizes.tolist(), rows, seed)
        # `fit` counts the steps of epochs as long as this one. With another stream than that of the
        # run that this one resumes, there may have been fewer.
        before = max(0, self._request.data.steps - epoch * -(-rows // plan.batch_size))
        return plan._replace(extras=plan.extras._replace(steps_before=before))

    def _state_for(self, plan: Plan, rows: int, epoch: int) -> State:
        """Return the state with what depends on the rows of a chunk."""
        if self._state.workspace.size < plan.workspace_size:
            workspace = aligned_zeros(plan.workspace_size, self._state.params.dtype)
            self._state = self._state._replace(workspace=workspace)
        return self._state._replace(
            position=np.array([epoch * rows]), row_order=np.arange(rows if plan.shuffle else 0)
        )
