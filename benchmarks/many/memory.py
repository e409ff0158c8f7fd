"""The bytes that `train_many` keeps for each network, and the most it has while it trains."""

import gc
import tracemalloc
from itertools import pairwise
from typing import NamedTuple

import numpy as np

import fusedmlp
from benchmarks.many.cases import ADAM_ROW, SEEDS
from benchmarks.peers.rows import Row


class Memory(NamedTuple):
    """The bytes of a call, as Python and NumPy count them."""

    name: str
    networks: int
    kept: float  # bytes of each network: after the call, minus before
    peak: float  # bytes of each network: during the call, minus before
    state: int  # bytes of a network's parameters and of its optimiser's state

    def cells(self) -> list[str]:
        """Return the line of the table."""
        numbers = self.networks, self.kept, 2 * self.state, self.kept / (2 * self.state), self.peak
        formats = ",d", ",.0f", ",d", ".2f", ",.0f"
        return [self.name, *(format(n, f) for n, f in zip(numbers, formats, strict=True))]


def state_bytes(row: Row) -> int:
    """Return the bytes of a network's parameters, and of what its optimiser keeps beside them.

    Adam has two numbers for each parameter, momentum one, plain descent none.
    """
    options = row.options
    biases = 1 if options.get("bias") else 0
    params = sum((n_in + biases) * n_out for n_in, n_out in pairwise(row.case.sizes))
    states = 2 if options.get("optimizer") == "adam" else 1 if options.get("momentum") else 0
    return params * (1 + states) * np.dtype(row.dtype).itemsize


def memory_of(row: Row, networks: int, epochs: int) -> Memory:
    """Measure a call; an earlier one has compiled and imported everything."""
    X, y = row.data()
    fusedmlp.train_many(X, y, starts=64, epochs=1, **row.options)
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        runs = fusedmlp.train_many(X, y, starts=networks, epochs=epochs, **row.options)
        gc.collect()
        kept, peak = (number - before for number in tracemalloc.get_traced_memory())
    finally:
        tracemalloc.stop()
    count = len(runs)
    return Memory(f"{row.name}, {row.dtype}", count, kept / count, peak / count, state_bytes(row))


def memory(networks: tuple[int, int] = (20_000, 2_000), epochs: int = 50) -> list[Memory]:
    """Measure the seeds' network, and one with Adam."""
    rows = zip((SEEDS, ADAM_ROW), networks, strict=True)
    return [memory_of(row, count, epochs if row is SEEDS else 2) for row, count in rows]
