"""How long a process takes until its first network is trained, in seconds.

Each number is the median of several fresh processes, which take turns::

    python -m benchmarks.first_call
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.common import FIRST_TRAIN, fresh_seconds, where_measured

BATCHES = FIRST_TRAIN.replace("epochs=1", "epochs=1, batch_size=2")
ADAM = BATCHES.replace("epochs=1", "epochs=1, optimizer='adam'")
FIRST_TRAINS = {"defaults": FIRST_TRAIN, "mini-batches": BATCHES, "mini-batches, Adam": ADAM}
PHASES = ("nothing on disk", "from disk")


def imported(module: str, processes: int) -> float:
    """Return the seconds of an import, the interpreter's own start not counted."""
    return median(fresh_seconds(f"import {module}") for _ in range(processes))


def seconds_of(statement: str) -> Iterator[float]:
    """Return the seconds of the first `train` of a process, and of another one after it."""
    with tempfile.TemporaryDirectory() as folder:
        for _ in PHASES:
            yield fresh_seconds(statement, "import fusedmlp", Path(folder))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, default=5, help="how many to take the median of")
    processes = parser.parse_args().processes
    package, numba = imported("fusedmlp", processes), imported("numba", processes)
    rounds = [
        [list(seconds_of(statement)) for statement in FIRST_TRAINS.values()]
        for _ in range(processes)
    ]
    print("| first `train` of a process, seconds |", " | ".join(PHASES), "|")
    print("| --- |", " | ".join(["---:"] * len(PHASES)), "|")
    for name, *taken in zip(FIRST_TRAINS, *rounds, strict=True):
        cells = [f"{median(seconds):.2f}" for seconds in zip(*taken, strict=True)]
        print(f"| {name} |", " | ".join(cells), "|")
    print(
        f"\n{where_measured()}; medians of {processes} processes. In it, `import numba` takes"
        f" {numba:.2f} s; `import fusedmlp` alone takes {package:.3f}."
    )


if __name__ == "__main__":
    main()
