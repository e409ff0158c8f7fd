"""How many threads take a step together."""

import os
from contextlib import suppress
from functools import cache
from pathlib import Path

# Below this a thread more costs as much time as it saves: what one core has written takes the other
# about 5 ns for each 64 bytes to read.
FLOPS_A_THREAD = 1_000_000

# A prediction of fewer operations is over before a second thread, which takes 0.15 ms to start, has
# made up for it.
WORTH_A_START = 40_000_000


def threads_for(wanted: int | None, flops: int) -> int:
    """Return the number that the user wants, or as many as a step of so many operations feeds."""
    if wanted is not None:
        return wanted
    fed = flops // FLOPS_A_THREAD
    return min(available_threads(), fed) if fed > 1 else 1


def available_threads() -> int:
    """Return how many cores this process may use.

    NUMBA_NUM_THREADS lowers it, which joblib sets in its workers so that they share the cores.
    """
    with suppress(ValueError):
        return max(1, min(_cores(), int(os.environ.get("NUMBA_NUM_THREADS", ""))))
    return _cores()


@cache
def _cores() -> int:
    """Return the cores that the process is tied to, or that its container has time for."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with suppress(OSError, ValueError):  # no Linux, no container, or no limit: "max 100000"
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        cores = min(cores or 1, -(-int(quota) // int(period)))
    return cores or 1
