"""Training on a machine that is busy with something else, against one thread and two.

Beside 0, 1, 2 or 4 programs that do nothing but count, and right after a product of NumPy's, whose
idle threads go on spinning for a tenth of a second. In each cell the time of the default number of
threads, as a multiple of the better of ``threads=1`` and ``threads=2`` in the same conditions. Of
the peers: the time of their default as a multiple of their own on the quiet machine::

    python -m benchmarks.busy
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from statistics import median

from benchmarks.common import where_measured
from benchmarks.peers.rows import ROWS, Row
from benchmarks.peers.workers import PEERS, Worker, installed

NETWORKS = ["20-64-64-2", "64-100-10", "784-100-10", "784-512-512-10"]
PROGRAMS = [0, 1, 2, 4]
AFTER_BLAS = "after BLAS"
LENGTHS = {"1 s": 1.0, "50 ms": 0.05}
# A program that ends with the benchmark, also where that is killed.
BUSY = """
import os
parent = os.getppid()
while os.getppid() == parent:
    for _ in range(1_000_000):
        pass
"""


@contextmanager
def busy_programs(count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run so many programs that each keep a core busy."""
    running = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(count)]
    try:
        time.sleep(0.3 if running else 0)
        yield running
    finally:
        for program in running:
            end(program)


def end(program: subprocess.Popen[bytes]) -> None:
    """End a program, if it has not ended yet."""
    program.kill()
    program.wait()


def with_threads(row: Row, threads: int) -> Row:
    """Return a row whose training gets a number of threads."""
    case = replace(row.case, options={**row.case.options, "threads": threads})
    return replace(row, case=case)


class Sides:
    """One network, trained by each side in a process of its own."""

    def __init__(self, row: Row, peers: list[str]) -> None:
        ours = {"default": row, "1": with_threads(row, 1), "2": with_threads(row, 2)}
        self.rows = ours | {peer: row for peer in peers if peer in row.peers}
        self.workers = {}
        for side, its_row in self.rows.items():
            self.workers[side] = Worker("ours" if side in ours else side, one_thread=False)
            self.workers[side]("prepare", its_row)

    def epochs(self, seconds: float) -> dict[str, int]:
        """Return how many epochs each side makes in so many seconds, on the quiet machine."""
        result = {}
        for side, worker in self.workers.items():
            repeats, epochs = worker("length", self.rows[side], seconds)
            result[side] = repeats * epochs
        return result

    def seconds(self, epochs: dict[str, int], rounds: int, after_blas: bool) -> dict[str, float]:
        """Return the median seconds of an epoch of each side, in turns."""
        taken: dict[str, list[float]] = {side: [] for side in self.workers}
        for turn in range(rounds):
            for side in sorted(self.workers, reverse=turn % 2 == 1):
                seconds = self.workers[side]("timed", epochs[side], after_blas)
                taken[side].append(seconds / epochs[side])
        return {side: median(times) for side, times in taken.items()}

    def close(self) -> None:
        """End the processes."""
        for worker in self.workers.values():
            worker.close()


def measure(row: Row, length: float, rounds: int, peers: list[str]) -> Iterator[list[str]]:
    """Yield a line of the table for each load."""
    sides = Sides(row, peers)
    epochs = sides.epochs(length)
    epochs["1"] = epochs["default"]
    quiet: dict[str, float] = {}
    for load in [*PROGRAMS, AFTER_BLAS]:
        after_blas = load == AFTER_BLAS
        is_busy = load not in (0, AFTER_BLAS)  # two threads then take up to 400 times as long
        epochs["2"] = max(1, epochs["default"] // 200) if is_busy else epochs["default"]
        with busy_programs(0 if isinstance(load, str) else load):
            taken = sides.seconds(epochs, rounds, after_blas)
        quiet = quiet or taken
        best = min(taken["1"], taken["2"])
        cells = [f"{taken[side] / taken['1']:.2f}" for side in ("default", "2")]
        compared = [side for side in ["default", *peers] if side in taken]
        others = [f"{taken[side] / quiet[side]:.2f}" for side in compared]
        yield [str(load), f"{taken['default'] / best:.2f}", *cells, *others]
    sides.close()


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="of which the median is taken")
    parser.add_argument("--networks", nargs="*", default=NETWORKS)
    parser.add_argument("--lengths", nargs="*", default=list(LENGTHS))
    parser.add_argument("--peers", nargs="*", default=[p for p in PEERS if installed(p)])
    given = parser.parse_args()
    peers = [peer for peer in given.peers if peer != "numpy"]
    head = ["beside", "default / better of 1, 2", "default / 1", "2 / 1", "default / quiet"]
    head += [f"{PEERS[peer][0]} / quiet" for peer in peers]
    for length in given.lengths:
        for row in ROWS:
            if row.name in given.networks:
                print(f"\n{row.name}, runs of {length}\n")
                print(f"| {' | '.join(head)} |\n| --- |{' ---: |' * (len(head) - 1)}")
                for cells in measure(row, LENGTHS[length], given.rounds, peers):
                    print(f"| {' | '.join(cells)} |", flush=True)
    print(f"\n{where_measured()}")


if __name__ == "__main__":
    main()
