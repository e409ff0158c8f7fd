"""A run in slices: short calls of `fit`, between which Python handles Ctrl-C."""

import time
from collections.abc import Callable

from fusedmlp.backends import implementation
from fusedmlp.plan.blocking import step_flops
from fusedmlp.plan.plan import Plan
from fusedmlp.plan.state import State
from fusedmlp.training.data import Dataset
from fusedmlp.training.interruptible import LONG_CALL, interruptible

# The time of a slice: half of the 100 ms that feel immediate, since it is estimated from the slice
# before. A slice has a block of rows or more, which takes longer with layers of thousands of units:
# such a slice is interruptible.
SLICE_SECONDS = 0.05
GROWTH = 16  # a slice has at most this many times the rows of the one before

# A slice has several threads only if it takes longer than this: they are started anew for each
# slice, in a tenth of this time. The results are the same bits.
ALONE_SECONDS = 0.001


class Slices:
    """Calls of `fit` for one run, each for a part of the rows."""

    def __init__(
        self, backend: str, plan: Plan, data: Dataset, state: State, show: Callable[[State], None]
    ) -> None:
        self._fit = implementation(backend).fit
        self._data, self._state, self._show = data, state, show
        self._whole_plan = plan
        # The first slice, of one row, measures the time of a row (too long where it compiles).
        self._plan = plan._replace(threads=1)
        self._rows = 1
        self._block_flops = step_flops(plan.sizes.tolist(), plan.block_rows)
        if backend == "reference":  # Ctrl-C within a step of NumPy's would leave half an update
            self._block_flops = LONG_CALL
        if self._block_flops >= LONG_CALL:  # compile in this thread, which Ctrl-C interrupts
            self._fit(self._plan, data.X, data.y, state, int(state.position[0]))

    def run_until(self, stop: int) -> bool:
        """Train until `stop` rows have been visited; return whether all weights are finite."""
        state, finite = self._state, True
        while finite and state.position[0] < stop:
            started, first = time.perf_counter(), int(state.position[0])
            end = min(first + self._rows, stop)
            call = self._fit, self._plan, self._data.X, self._data.y, state, end
            finite = interruptible(state.signals, self._block_flops, *call)
            seconds = max(time.perf_counter() - started, 1e-9)
            done = int(state.position[0]) - first
            self._rows = max(1, min(done * GROWTH, int(done * SLICE_SECONDS / seconds)))
            if min(self._rows, stop - first - done) * seconds / done > ALONE_SECONDS:
                self._plan = self._whole_plan
            self._show(state)
        return finite
