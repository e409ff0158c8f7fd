"""Calls of `fit`, each about as long as Python may wait for Ctrl-C."""

import time
from collections.abc import Callable

from fusedmlp.backends import implementation
from fusedmlp.plan.plan import Plan
from fusedmlp.plan.state import State
from fusedmlp.training.data import Dataset

# Python sees Ctrl-C between two slices of a run. They aim at half of the 100 ms that a person
# takes for "at once", since what a slice will take is a guess from the one before. A block of rows
# is the least: with layers of thousands of units it takes longer.
SLICE_SECONDS = 0.05
GROWTH = 16

# Threads start anew for each slice, in a tenth of this time. One alone arrives at the same bits.
ALONE_SECONDS = 0.001


class Slices:
    """A run of `fit` in slices."""

    def __init__(
        self, backend: str, plan: Plan, data: Dataset, state: State, show: Callable[[State], None]
    ) -> None:
        self._fit = implementation(backend).fit
        self._data, self._state, self._show = data, state, show
        self._whole_plan = plan
        # The first slice shows what a row costs, as soon as it does not compile any more.
        self._plan = plan._replace(threads=1)
        self._rows = 1

    def run_until(self, stop: int) -> bool:
        """Train until `stop` rows have been visited; return whether all weights are finite."""
        state, finite = self._state, True
        while finite and state.position[0] < stop:
            started, first = time.perf_counter(), int(state.position[0])
            end = min(first + self._rows, stop)
            finite = self._fit(self._plan, self._data.X, self._data.y, state, end)
            seconds = max(time.perf_counter() - started, 1e-9)
            done = int(state.position[0]) - first
            self._rows = max(1, min(done * GROWTH, int(done * SLICE_SECONDS / seconds)))
            if min(self._rows, stop - first - done) * seconds / done > ALONE_SECONDS:
                self._plan = self._whole_plan
            self._show(state)
        return finite
