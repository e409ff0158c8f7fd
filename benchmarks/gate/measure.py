"""Let two versions of fusedmlp take turns."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.gate.worker import Worker

SECONDS = 0.01  # of a turn, at least
CORES = 2  # between which the rounds change, so that a slow one is not all there is

Times = dict[str, NDArray[np.float64]]  # for each benchmark, (rounds, 2): base and head


@dataclass(frozen=True)
class Version:
    """A fusedmlp, where it is and where its machine code goes."""

    source: Path
    machine_code: Path


@contextmanager
def workers(versions: tuple[Version, Version]) -> Iterator[list[Worker]]:
    """Start a process for each version, and end them."""
    pair = [Worker(version.source, version.machine_code) for version in versions]
    try:
        yield pair
    finally:
        for worker in pair:
            worker.close()


def prepared(pair: list[Worker], names: list[str]) -> tuple[list[str], list[str]]:
    """Check and compile on both sides; return what can be compared, and notes on what cannot.

    The base may lack an option or a kernel. The head may not: its benchmarks are its own.

    Raises
    ------
    RuntimeError
        For a benchmark that fails on the head.
    """
    base, head = pair
    comparable, notes = [], []
    for name in names:
        try:
            head("prepare", name)
        except RuntimeError as error:
            raise RuntimeError(f"{name}: {error}") from None
        try:
            base("prepare", name)
        except RuntimeError as error:
            notes.append(f"left out: {name}, which the base cannot do ({error})")
        else:
            comparable.append(name)
    return comparable, notes


def measured(pair: list[Worker], names: list[str], rounds: int) -> Times:
    """Return the seconds of each benchmark on both sides, which take turns on the same core.

    What slows the machine or a core for a while then slows both, and their ratio holds. Every other
    round begins with the head; every two rounds they move to the next core.
    """
    cores = _cores()
    repeats = {name: _repeats(pair[0], name, cores[0]) for name in names}
    times = {name: np.empty((rounds, 2)) for name in names}
    for turn in range(rounds):
        core = cores[turn // 2 % len(cores)]
        for name in names:
            for side in (0, 1) if turn % 2 == 0 else (1, 0):
                seconds = pair[side]("seconds", name, repeats[name], core)
                times[name][turn, side] = seconds / repeats[name]
    return times


def _repeats(worker: Worker, name: str, core: int | None) -> int:
    """Return how often a benchmark must be repeated to last as long as a turn should."""
    quickest = min(worker("seconds", name, 1, core) for _ in range(3))
    return max(1, ceil(SECONDS / quickest))


def _cores() -> list[int | None]:
    """Return the cores to take turns on; None is whichever the system picks."""
    if not hasattr(os, "sched_setaffinity"):
        return [None]
    return list(sorted(os.sched_getaffinity(0))[:CORES])
