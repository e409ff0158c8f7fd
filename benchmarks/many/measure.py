"""Check that all sides train the same networks, let them take turns, and make lines of it."""

import time
from collections.abc import Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from typing import NamedTuple

import numpy as np
from numpy.testing import assert_allclose

from benchmarks.common import take_turns
from benchmarks.many.cases import Many
from benchmarks.peers.rows import Array
from benchmarks.peers.workers import Worker

SECONDS_OF_A_REST = 0.15


class Side(NamedTuple):
    """Who trains: a module here, how it is told to, and with how many threads."""

    title: str
    module: str
    how: str = ""
    one_thread: bool = False
    needs: str = "numpy"
    few: bool = False  # networks only, one after the other
    slow: bool = False  # so that its turns have fewer epochs

    def networks(self, many: Many) -> int:
        """Return how many networks it trains."""
        return many.few if self.few else many.networks

    def epochs(self, many: Many) -> int:
        """Return the epochs of a turn."""
        return max(1, many.epochs // 10) if self.slow else many.epochs


BOTH_CORES = Side("`train_many`, both cores", "ours", "both cores")
ONE_THREAD = Side("`train_many`, `threads=1`", "ours", "one thread")
OURS = [BOTH_CORES, ONE_THREAD, Side("`train`, one by one", "ours", "one by one", few=True)]
NUMPY = Side("NumPy, one by one", "numpy_lines", few=True)
JAX = [
    Side("JAX, `vmap`", "jax_vmap", needs="jax"),
    Side("JAX, `vmap`, one thread", "jax_vmap", one_thread=True, needs="jax"),
]
TORCH = [
    Side("PyTorch, `baddbmm`", "pytorch", "bmm", False, "torch", slow=True),
    Side("PyTorch, `baddbmm`, one thread", "pytorch", "bmm", True, "torch", slow=True),
    Side("PyTorch, loop", "pytorch", "loop", False, "torch", few=True, slow=True),
    Side("PyTorch, loop, one thread", "pytorch", "loop", True, "torch", few=True, slow=True),
]


def sides_of(many: Many) -> list[Side]:
    """Return who can train the networks, of what is installed."""
    peers = [NUMPY, *JAX] if many.row.case.rows == 4 else [*TORCH, *JAX]
    return [*OURS, *(side for side in peers if find_spec(side.needs))]


def check(many: Many, sides: Sequence[Side], workers: Sequence[Worker]) -> None:
    """Raise an AssertionError unless all sides' networks are the same after the same training.

    From the same first weights: the seeds' for a thousand epochs, others for an epoch in the data's
    order. The eleven lines are float64 on either side.
    """
    epochs = min(1000, many.epochs) if many.row.steps == 1 else 1
    tolerance = {"rtol": 1e-3, "atol": 1e-4}
    if many.row.dtype == "float64":
        tolerance = {"rtol": 1e-7, "atol": 0.0}
    expected = None
    for side, worker in zip(sides, workers, strict=True):
        worker("train", epochs, False)
        got = worker("outputs")
        expected = got if expected is None else expected
        message = f"{many.name}: {side.title}"
        assert_allclose(got, expected[: len(got)], err_msg=message, **tolerance)


class Measured(NamedTuple):
    """What came of the networks of one case."""

    many: Many
    sides: list[Side]
    seconds: Array  # (rounds, sides), of a network's epoch
    losses: list[float]  # the mean of each side's networks after all epochs, shuffled
    versions: list[str]

    def lines(self) -> Iterator[list[str]]:
        """Yield the line of each side."""
        for number, side in enumerate(self.sides):
            own, ours = self.seconds[:, number], self.seconds[:, 0]
            yield [
                f"{self.many.name}: {side.title}",
                f"{side.networks(self.many):,}",
                f"{np.median(own) * 1e9:,.0f}",
                f"{np.median(own / ours):,.2f}",
                f"{self.losses[number]:.6f}",
            ]


def rest() -> None:
    """Wait until the idle threads of the last turn have stopped spinning."""
    time.sleep(SECONDS_OF_A_REST)


def measured(many: Many, rounds: int, sides: Sequence[Side] | None = None) -> Measured:
    """Let all sides train in turns, each in a process of its own; checked and compiled before."""
    sides = sides_of(many) if sides is None else list(sides)
    workers = [Worker(side.module, side.one_thread, "benchmarks.many") for side in sides]
    try:
        for side, worker in zip(sides, workers, strict=True):
            worker("prepare", many, side.how)
        check(many, sides, workers)
        losses, calls = [], []
        for side, worker in zip(sides, workers, strict=True):
            worker("train", many.epochs)
            losses.append(many.loss(worker("outputs")))
            calls.append(partial(worker, "train", side.epochs(many)))
        seconds = take_turns(calls, rounds, rest)
        seconds /= [side.networks(many) * side.epochs(many) for side in sides]
        versions = [worker("version") for worker in workers]
    finally:
        for worker in workers:
            worker.close()
    return Measured(many, sides, seconds, losses, list(dict.fromkeys(versions)))
