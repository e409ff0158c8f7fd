"""How fast one core can multiply and add: ten chains of FMAs on vectors that stay in registers.

Ten are enough to keep two units of a latency of five busy, and few enough for sixteen registers.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from benchmarks.peers.rows import Array, Row

CHAINS = 10
TURNS = 10_000  # in an epoch


@cache
def kernels() -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return the functions (A, n) -> sum after n turns of all chains, and (A) -> lanes."""
    from fusedmlp.kernels.compilation.jit import compiled
    from fusedmlp.kernels.vector import address, lane_count, load, sum_lanes

    @compiled
    def chains(A, n):
        memory = address(A)
        lanes = lane_count(memory)
        x = load(memory, 0)
        c0, c1 = load(memory, lanes), load(memory, 2 * lanes)
        c2, c3 = load(memory, 3 * lanes), load(memory, 4 * lanes)
        c4, c5 = load(memory, 5 * lanes), load(memory, 6 * lanes)
        c6, c7 = load(memory, 7 * lanes), load(memory, 8 * lanes)
        c8, c9 = load(memory, 9 * lanes), load(memory, 10 * lanes)
        for _ in range(n):
            c0, c1, c2, c3, c4 = c0 * x + x, c1 * x + x, c2 * x + x, c3 * x + x, c4 * x + x
            c5, c6, c7, c8, c9 = c5 * x + x, c6 * x + x, c7 * x + x, c8 * x + x, c9 * x + x
        return sum_lanes(c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8 + c9)

    @compiled
    def lanes_of(A):
        return lane_count(address(A))

    return chains, lanes_of


def version() -> str:
    """Name what is measured."""
    return "FMA peak of one core"


class Run:
    """A run whose epochs are TURNS turns."""

    def __init__(self, row: Row) -> None:
        # Each chain nears its fixed point, 1; no number is denormal.
        self.A = np.full(1024, 0.5, row.dtype)
        self.sum = 0.0

    def train(self, epochs: int, shuffle: bool = True) -> None:  # noqa: ARG002
        """Multiply and add."""
        self.sum = kernels()[0](self.A, epochs * TURNS)

    def outputs(self) -> Array:
        """Return the sum, which is that of all lanes of all chains at 1."""
        return np.array([self.sum])

    def flops(self) -> int:
        """Return the additions and multiplications of an epoch."""
        return 2 * TURNS * CHAINS * int(kernels()[1](self.A))
