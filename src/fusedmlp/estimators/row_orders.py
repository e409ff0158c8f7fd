"""The orders in which an estimator's epochs visit the rows, drawn as scikit-learn draws them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusedmlp.backends import implementation

Orders = NDArray[np.int64]

# Row numbers that RandomState.shuffle draws in half a millisecond. The kernel takes a third as
# long, but some milliseconds to load.
FEW_NUMBERS = 40_000


class RowOrders:
    """Each epoch's order is that of the last one, shuffled; the first shuffles 0, 1, 2, ...

    Orders are drawn for several epochs, and the run may end before the last of them. The
    RandomState then goes back to where those that were used leave it.
    """

    def __init__(self, rows: int, backend: str) -> None:
        self._last, self._backend = np.arange(rows), backend
        self._drawn: Orders | None = None
        self._random_state: np.random.RandomState
        self._before: Any

    def draw(self, random_state: np.random.RandomState, orders: Orders) -> None:
        """Set orders (epochs, rows) to those of the next epochs."""
        self._random_state, self._drawn, self._before = random_state, orders, None
        few = orders.size < FEW_NUMBERS
        if len(orders) > 1 or not few:
            self._before = random_state.get_state(legacy=False)
        if few or self._before["bit_generator"] != "MT19937":
            self._draw_by_numpy(orders)
            return
        key = self._before["state"]["key"].copy()
        position = self._before["state"]["pos"]
        shuffle_again = implementation(self._backend).shuffle_again
        position = shuffle_again(key, position, self._last, orders)
        random_state.set_state(self._before | {"state": {"key": key, "pos": position}})

    def _draw_by_numpy(self, orders: Orders) -> None:
        last = self._last
        for order in orders:
            order[:] = last
            self._random_state.shuffle(order)
            last = order

    def use(self, epochs: int) -> None:
        """Go on from so many of the orders drawn last, if any were: these have been used."""
        if self._drawn is None:
            return
        used = self._drawn[:epochs]
        if epochs < len(self._drawn) and self._before is not None:
            self._random_state.set_state(self._before)
            if epochs:
                self.draw(self._random_state, used)
        if epochs:
            self._last = used[-1].copy()
        self._drawn = None
