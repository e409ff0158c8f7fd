"""Print the tables: `train_many` beside what a user would pick instead.

All sides train the same networks on the same data, which is checked first, and take turns::

    python -m benchmarks.many
    python -m benchmarks.many starts adam --rounds 3
    python -m benchmarks.many million --networks 100000
"""

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from benchmarks.common import where_measured
from benchmarks.many.cases import CASES
from benchmarks.many.measure import BOTH_CORES, ONE_THREAD, Measured, measured

MOST_SWEEPS = 3  # rounds: each of scikit-learn's searches takes a minute


class Given(NamedTuple):
    """What the command was told, and the versions that it came across."""

    rounds: int
    networks: int  # of `million`
    versions: dict[str, None]


class Part(NamedTuple):
    """A table: its head, and the function that gives its lines."""

    head: list[str]
    lines: Callable[[Given], Iterable[list[str]]]


def beside_peers(name: str, given: Given) -> Iterator[list[str]]:
    """Yield the lines of all sides that train the networks of a case."""
    for many in CASES[name]():
        result = measured(many, given.rounds)
        given.versions.update(dict.fromkeys(result.versions))
        yield from result.lines()


def sweep(given: Given) -> Iterator[list[str]]:
    """Yield the line of the searches."""
    from benchmarks.many.sweep import swept

    yield swept(min(given.rounds, MOST_SWEEPS)).cells()


def cores(given: Given) -> Iterator[list[str]]:
    """Yield a line for the networks of each case: two threads beside one."""
    for case in CASES.values():
        for many in case():
            yield cores_line(measured(many, given.rounds, [BOTH_CORES, ONE_THREAD]))


def cores_line(result: Measured) -> list[str]:
    """Return the line of networks that both cores and one thread have trained."""
    both, one = result.seconds.T
    times = [f"{np.median(each) * 1e9:,.0f}" for each in (both, one)]
    return [
        f"{result.many.networks:,} of {result.many.name}",
        *times,
        f"{np.median(one / both):.2f}",
    ]


def memory(_: Given) -> Iterator[list[str]]:
    """Yield the lines of bytes."""
    from benchmarks.many.memory import memory as lines

    for line in lines():
        yield line.cells()


def million(given: Given) -> Iterator[list[str]]:
    """Yield the line of very many networks."""
    from benchmarks.many.million import million as line

    yield line(given.networks).cells()


SIDES_HEAD = ["networks and side", "trained", "ns a network's epoch", "over `train_many`'s"]
SIDES_HEAD += ["mean loss after all epochs"]
SWEEP_HEAD = ["networks", "`GridSearchCV(n_jobs=2)`, s", "`train_many`, s", "`threads=1`, s"]
SWEEP_HEAD += ["ratio", "their best accuracy", "accuracy of our choice", "apart, mean of settings"]
CORES_HEAD = ["networks", "both cores, ns a network's epoch", "one thread", "ratio"]
MEMORY_HEAD = ["network", "networks", "bytes kept of each", "twice parameters and state", "ratio"]
MEMORY_HEAD += ["most in the call, bytes of each"]
MILLION_HEAD = ["networks", "batches", "epochs", "s", "peak of the process, MB"]
MILLION_HEAD += ["the call adds, bytes of each", "µs a network, one epoch", "µs a batch"]
PARTS = {
    **{name: Part(SIDES_HEAD, partial(beside_peers, name)) for name in CASES},
    "sweep": Part(SWEEP_HEAD, sweep),
    "cores": Part(CORES_HEAD, cores),
    "memory": Part(MEMORY_HEAD, memory),
    "million": Part(MILLION_HEAD, million),
}
BY_DEFAULT = [name for name in PARTS if name != "million"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables, each line as soon as it is measured."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.many", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all but the last")
    parser.add_argument("--rounds", type=int, default=7, help="of which the median is taken")
    parser.add_argument("--networks", type=int, default=1_000_000, help="of million")
    told = parser.parse_args(arguments)
    if unknown := set(told.parts) - set(PARTS):
        parser.error(f"parts must be of {', '.join(PARTS)}, got {', '.join(sorted(unknown))}")
    given = Given(told.rounds, told.networks, {})
    for name in told.parts or BY_DEFAULT:
        head, lines = PARTS[name]
        print(f"\n{name}\n\n| {' | '.join(head)} |\n| --- |{' ---: |' * (len(head) - 1)}")
        for cells in lines(given):
            print(f"| {' | '.join(cells)} |", flush=True)
    peers = [text for text in given.versions if not text.startswith(("NumPy", "fusedmlp"))]
    print(
        f"\n{', '.join([where_measured(), *peers])}; times are medians of {given.rounds} rounds, "
        f"of a sweep at most {MOST_SWEEPS}, in which all took turns, compiled and warm; ratios, of "
        "the rounds' own. Memory and the million networks are measured once."
    )


if __name__ == "__main__":
    main()
