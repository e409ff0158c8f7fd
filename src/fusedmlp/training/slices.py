"""A run in slices: short calls of `fit`, between which Python handles Ctrl-C."""

import time
from collections.abc import Callable

from fusedmlp.backends import implementation
from fusedmlp.helper_threads import start_helpers
from fusedmlp.plan.blocking import step_flops
from fusedmlp.plan.plan import Plan
from fusedmlp.plan.signals import PATIENCE
from fusedmlp.plan.state import State, has_stalled
from fusedmlp.training.data import Dataset
from fusedmlp.training.interruptible import LONG_CALL, interruptible
from fusedmlp.training.slice_choice import SliceChoice

# Multiplications and additions of the first slice: a tenth of a millisecond at the slowest, so that
# a short run is one slice.
FIRST_FLOPS = 100_000


class Slices:
    """Calls of `fit` for one run, each for a part of the rows."""

    def __init__(
        self,
        backend: str,
        plan: Plan,
        data: Dataset,
        state: State,
        show: Callable[[State], None],
        fixed_threads: bool,
    ) -> None:
        self._fit = implementation(backend).fit
        self._data, self._state, self._show = data, state, show
        first_rows = max(1, FIRST_FLOPS // step_flops(plan.sizes.tolist(), 1))
        self._choice = SliceChoice(plan.threads, fixed_threads, first_rows)
        self._plan = plan
        self._block_flops = step_flops(plan.sizes.tolist(), plan.block_rows)
        if backend == "reference":  # Ctrl-C within a step of NumPy's would leave half an update
            self._block_flops = LONG_CALL
        if self._block_flops >= LONG_CALL:  # compile in this thread, which Ctrl-C interrupts
            alone = plan._replace(threads=1)
            self._fit(alone, data.X, data.y, state, int(state.position[0]))

    def go_on(self, plan: Plan) -> None:
        """Take another plan of the same run: other learning rates, orders or seeds."""
        self._plan = plan

    def take(self, data: Dataset, state: State | None = None) -> None:
        """Train on other data of the same columns and dtype from now on; state: for their rows."""
        self._data, self._state = data, state or self._state

    def run_until(self, stop: int) -> bool:
        """Train until `stop` rows have been visited; return whether all weights are finite.

        It ends earlier where the recorded losses no longer fall (plan.records_to_wait).
        """
        state, finite = self._state, True
        while finite and state.position[0] < stop and not has_stalled(self._plan, state):
            first = int(state.position[0])
            threads, rows = self._choice.next_slice(stop - first)
            plan = self._plan._replace(threads=threads)
            if threads > 1:
                patience = self._choice.patience(self._plan.batch_size)
                state.signals[PATIENCE] = int(patience * 1e9)
                if self._block_flops < LONG_CALL:  # else the slice has a thread of its own
                    start_helpers(threads - 1)  # whose start is no part of a trial's time
            begun = time.perf_counter()
            call = self._fit, plan, self._data.X, self._data.y, state, first + rows
            finite = interruptible(state.signals, self._block_flops, *call)
            seconds = max(time.perf_counter() - begun, 1e-9)
            done = int(state.position[0]) - first
            early = finite and done < rows and not has_stalled(plan, state)
            self._choice.measured(threads, done, seconds, ended_early=early)
            self._show(state)
        return finite
