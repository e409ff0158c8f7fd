"""How soon a run shares its steps again when a program beside it ends.

A run is trained with one thread, with two and with the default on the quiet machine, then with the
default beside a program that only counts and ends on the way. The gain is the default's rate over
that of one thread, on the quiet machine; printed is when four fifths of it are back::

    python -m benchmarks.quiet_again
"""

import argparse
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import fusedmlp
from benchmarks.busy import busy_programs
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


def times_of(
    row: Row, seconds: float, threads: int | None, then: Callable[[], object] = lambda: None
) -> Times:
    """Train for so many seconds; return when each EVERY epochs were over, counted from the start.

    then: called half-way, once.
    """
    times, called, begun = list[float](), False, time.perf_counter()

    def note(_: Any) -> bool:
        nonlocal called
        times.append(time.perf_counter() - begun)
        if not called and times[-1] > seconds / 2:
            called = True
            then()
        return times[-1] > seconds

    options = {**row.options, "epochs": 10**7, "record_every": EVERY}
    X, y = row.data()
    fusedmlp.train(X, y, **options | {"threads": threads, "callback": note})
    return np.array(times)


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
    times_of(row, seconds / 4, None)  # compiled, and warm
    quiet = Rates(*(rate(times_of(row, seconds / 2, threads)) for threads in (1, 2, None)))
    wanted, after = quiet.alone + SHARE * (quiet.default - quiet.alone), list[float]()
    for _ in range(rounds):
        with busy_programs(1) as (program,):
            begun, ended = time.perf_counter(), list[float]()

            def end(program: Any = program, begun: float = begun, to: list[float] = ended) -> None:
                program.kill()
                program.wait()
                to.append(time.perf_counter() - begun)

            times = times_of(row, seconds, None, end)
        after.append(back_after(times, ended[0], wanted))
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
