"""How long a process takes until its first network is trained, in seconds.

Each number is the median of several fresh processes::

    python -m benchmarks.first_call
"""

import argparse
from statistics import median

from benchmarks.common import first_train_seconds, fresh_seconds, one_thread, where_measured


def imported(module: str, processes: int) -> float:
    """Return the seconds of an import, the interpreter's own start not counted."""
    return median(fresh_seconds(f"import {module}") for _ in range(processes))


def main() -> None:
    """Print the table."""
    one_thread()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, default=5, help="how many to take the median of")
    processes = parser.parse_args().processes
    package, numba = imported("fusedmlp", processes), imported("numba", processes)
    print("| in a fresh process | seconds | of them `import numba` |")
    print("| --- | ---: | ---: |")
    print(f"| `import fusedmlp` | {package:.3f} | |")
    for what, cached in (("nothing on disk", False), ("machine code on disk", True)):
        seconds = first_train_seconds(cached, processes)
        print(f"| first `train`, {what} | {seconds:.2f} | {numba:.2f} |", flush=True)
    print(f"\n{where_measured()}; medians of {processes} processes.")


if __name__ == "__main__":
    main()
