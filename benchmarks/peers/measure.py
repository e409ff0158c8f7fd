"""Check that all sides do the same, let them take turns, and say what the times mean."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.testing import assert_allclose

from benchmarks.common import take_turns
from benchmarks.peers.rows import Array, Row
from benchmarks.peers.workers import Worker
from fusedmlp.options import OPTIONS

SECONDS = 0.15  # of a turn, or one epoch where that takes longer

Side = tuple[str, bool]  # who, and whether with one thread
Workers = dict[Side, Worker]

# The share of the peak is of one core's peak, so of fusedmlp with one thread; so is its bound.
PEAK: Side = ("peak", True)
BOUND: Side = ("bound", True)
OURS: Side = ("ours", True)


def sides_of(row: Row, peers: list[str]) -> list[Side]:
    """Return who takes turns at a row: a peer with one thread and with its default."""
    ours = [OURS, ("ours", False)] if "threads" in OPTIONS else [OURS]
    both = [(peer, one) for peer in row.peers if peer in peers for one in (True, False)]
    return [PEAK, BOUND, *ours, *both]


def check(row: Row, workers: Workers, sides: list[Side]) -> None:
    """Raise an AssertionError unless all networks give the same after the same training.

    From the same first weights and in the data's order: all of the seeds' epochs, ten steps of
    another full batch, an epoch of batches. scikit-learn with two classes has a network of its own,
    whose loss after three epochs must be within 30%, while both are still learning.
    """
    epochs = 60_000 if row.dtype == "float64" else 10 if row.steps == 1 else 1
    rtol, atol = (1e-7, 0.0) if row.dtype == "float64" else (1e-3, 1e-4)
    trainers = [side for side in sides if side[0] not in ("peak", "bound")]
    own_network = [s for s in trainers if s[0] == "sklearn" and row.case.sizes[-1] == 2]
    for side in trainers:
        workers[side]("train", epochs, False)
    expected = workers[OURS]("outputs")
    for side in trainers:
        if side not in own_network:
            got = workers[side]("outputs")
            assert_allclose(got, expected, rtol=rtol, atol=atol, err_msg=f"{row.name}: {side[0]}")
    if own_network:
        y = row.data()[1]
        losses = []
        for side in (OURS, *own_network):
            workers[side]("train", 3)
            losses.append(log_loss(workers[side]("outputs"), y))
        assert_allclose(losses[1:], losses[0], rtol=0.3, err_msg=f"{row.name}: loss")


def log_loss(outputs: Array, y: Array) -> float:
    """Return the mean of minus the logarithm of the probability given to the right class."""
    return float(-np.log(outputs[y > 0]).mean())


def measured(row: Row, workers: Workers, sides: list[Side], rounds: int) -> "Measured":
    """Let all sides train in turns; everything is compiled before, and checked."""
    for side in sides:
        workers[side]("prepare", row)
    check(row, workers, sides)
    calls, epochs = [], []
    for side in sides:
        repeats, length = workers[side]("length", row, SECONDS)
        calls.append(partial(workers[side], "repeat", repeats, length))
        epochs.append(repeats * length)
    seconds = take_turns(calls, rounds) / epochs
    seconds[:, 1:] /= row.steps
    peak = workers[PEAK]("flops") / seconds[:, 0]
    return Measured(row, dict(zip(sides[2:], seconds[:, 2:].T, strict=True)), peak, seconds[:, 1])


@dataclass(frozen=True)
class Measured:
    """What came of a row."""

    row: Row
    steps: dict[Side, Array]  # seconds a step, in each round
    peak: Array  # FLOP/s of one core, in each round
    least: Array  # seconds of a step's parts alone, in each round

    def microseconds(self, side: Side) -> float:
        """Return the median time of a step."""
        return float(np.median(self.steps[side])) * 1e6

    def best(self, who: str) -> Side | None:
        """Return a side's better number of threads, or None if it was not there."""
        return min((s for s in self.steps if s[0] == who), key=self.microseconds, default=None)

    @property
    def share(self) -> float:
        """The share of the peak that one thread reached: the median of the rounds' own."""
        return float(np.median(self.row.flops() / self.steps[OURS] / self.peak))

    @property
    def bound(self) -> float:
        """The share of the peak that the parts of a step leave possible: the rounds' median."""
        return float(np.median(self.row.flops() / self.least / self.peak))

    def ratio(self, who: str) -> float | None:
        """Return a peer's time over ours, both at their better number of threads.

        It is the median of the rounds' own ratios.
        """
        theirs, ours = self.best(who), self.best("ours")
        if theirs is None or ours is None:
            return None
        return float(np.median(self.steps[theirs] / self.steps[ours]))
