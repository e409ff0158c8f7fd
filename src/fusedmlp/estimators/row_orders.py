"""The orders in which an estimator's epochs visit the rows, drawn as scikit-learn draws them."""

from copy import deepcopy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusedmlp.backends import implementation
from fusedmlp.ctrl_c import ctrl_c_waits

Orders = NDArray[np.int64]
State = dict[str, Any]  # as RandomState.get_state gives it


class RowOrders:
    """Each epoch's order is that of the last one, shuffled; the first shuffles 0, 1, 2, ...

    Orders are drawn for several epochs, and the run may end before the last of them. The
    RandomState then goes back to where those that were used leave it, unless another thread has
    drawn from it meanwhile.
    """

    def __init__(self, rows: int, backend: str) -> None:
        self._last, self._backend = np.arange(rows), backend
        self._drawn: Orders | None = None
        self._random_state: np.random.RandomState
        self._before: State | None = None
        self._after: State | None = None

    def draw(self, random_state: np.random.RandomState, orders: Orders) -> None:
        """Set orders (epochs, rows) to those of the next epochs."""
        self._random_state, self._drawn, self._before = random_state, orders, None
        if len(orders) == 1:  # which is used
            self._shuffle(random_state, orders)
            return
        with random_state._bit_generator.lock:  # other threads may draw from it
            before = random_state.get_state(legacy=False)
            after = self._draw_from(before, orders)
            random_state.set_state(after)
            self._before, self._after = before, after

    def _draw_from(self, state: State, orders: Orders) -> State:
        """Set the orders from a state; return the one after it."""
        if state["bit_generator"] != "MT19937":
            copy = deepcopy(self._random_state)
            self._shuffle(copy, orders)
            return copy.get_state(legacy=False)
        key, position = state["state"]["key"].copy(), state["state"]["pos"]
        shuffles = implementation(self._backend).numpy_shuffles
        position = shuffles(key, position, self._last, orders)
        return state | {"state": {"key": key, "pos": position}}

    def _shuffle(self, random_state: np.random.RandomState, orders: Orders) -> None:
        last = self._last
        for order in orders:
            order[:] = last
            random_state.shuffle(order)
            last = order

    def use(self, epochs: int) -> None:
        """Go on from so many of the orders drawn last, if any were: these have been used."""
        if self._drawn is None:
            return
        used = self._drawn[:epochs]
        if epochs < len(self._drawn) and self._before is not None:
            with ctrl_c_waits():
                self._go_back(used)
        if epochs:
            self._last = used[-1].copy()
        self._drawn = None

    def _go_back(self, used: Orders) -> None:
        """Let the RandomState be as if only these orders had been drawn."""
        assert self._before is not None
        assert self._after is not None
        random_state = self._random_state
        with random_state._bit_generator.lock:
            if _are_equal(random_state.get_state(legacy=False), self._after):
                random_state.set_state(self._before)  # from which a copy is made
                if len(used):
                    random_state.set_state(self._draw_from(self._before, used))


def _are_equal(a: State, b: State) -> bool:
    numbers, others = a["state"], b["state"]
    return all(np.array_equal(numbers[name], others[name]) for name in numbers)
