"""How soon a run shares its steps again when a program beside it ends.

A run is trained with one thread, with two and with the default on the quiet machine, then with the
default beside a program that only counts and ends on the way. The gain is the default's rate over
that of one thread, on the quiet machine; printed is when four fifths of it are back::

    python -m benchmarks.quiet_again
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import fusedmlp
from benchmarks.busy import busy_programs, end
from benchmarks.common import where_measured
from benchmarks.peers.rows import ROWS, Row

EVERY = 8  # epochs from one look at the clock to the next
WINDOW = 0.2  # seconds over which a rate is measured
SHARE = 0.8  # of the gain
NEVER = np.inf

Times = NDArray[np.float64]


class Rates(NamedTuple):
    """Epochs a second on the quiet machine."""

    alone: float
    two: float
    default: float


class Timed(NamedTuple):
    """A run, in seconds from its start."""

    times: Times  # when each EVERY epochs were over
    changed: float  # when what was to be done half-way was done


def timed(
    row: Row, seconds: float, threads: int | None, half_way: Callable[[], object] = lambda: None
) -> Timed:
    """Train for so many seconds, and call a function half-way."""
    times, changed, begun = list[float](), list[float](), time.perf_counter()

    def note(_: Any) -> bool:
        times.append(time.perf_counter() - begun)
        if not changed and times[-1] > seconds / 2:
            half_way()
            changed.append(time.perf_counter() - begun)
        return times[-1] > seconds

    options = {**row.options, "epochs": 10**7, "record_every": EVERY}
    X, y = row.data()
    fusedmlp.train(X, y, **options | {"threads": threads, "callback": note})
    return Timed(np.array(times), changed[0])


def rate(times: Times) -> float:
    """Return the median rate of a run, without its first third."""
    return float(EVERY / np.median(np.diff(times[len(times) // 3 :])))


def back_after(times: Times, ended: float, wanted: float) -> float:
    """Return the seconds from the program's end until the rate of a window is the one wanted."""
    for begin in np.arange(ended, times[-1] - WINDOW, WINDOW / 20):
        inside = np.count_nonzero((times > begin) & (times <= begin + WINDOW))
        if inside * EVERY / WINDOW >= wanted:
            return float(begin + WINDOW - ended)
    return NEVER


def returns(row: Row, rounds: int, seconds: float) -> tuple[Rates, list[float]]:
    """Return the rates of a quiet machine, and the seconds of each round."""
    timed(row, seconds / 4, None)  # compiled, and warm
    quiet = Rates(*(rate(timed(row, seconds / 2, threads).times) for threads in (1, 2, None)))
    wanted, after = quiet.alone + SHARE * (quiet.default - quiet.alone), list[float]()
    for _ in range(rounds):
        with busy_programs(1) as (program,):
            run = timed(row, seconds, None, partial(end, program))
        after.append(back_after(run.times, run.changed, wanted))
    return quiet, after


def main() -> None:
    """Print the rates, and when the gain is back."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", default="784-100-10")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=4.0, help="of a run")
    given = parser.parse_args()
    row = {row.name: row for row in ROWS}[given.network]
    quiet, after = returns(row, given.rounds, given.seconds)
    rates = ", ".join(f"{name} {value:.0f}" for name, value in quiet._asdict().items())
    print(f"{row.name}, epochs a second on the quiet machine: {rates}")
    print(f"back after, s: {' '.join(f'{s:.2f}' for s in sorted(after))}")
    print(f"median {np.median(after):.2f}, of {len(after)}\n\n{where_measured()}")


if __name__ == "__main__":
    main()
