"""How many threads share the work of a step."""

import os
from contextlib import suppress
from functools import cache
from pathlib import Path

# Additions and multiplications of a step for which a further thread is worthwhile. With fewer, it
# costs as much time as it saves: a core takes about 5 ns to read 64 bytes that another has written.
FLOPS_PER_THREAD = 1_000_000

# Additions and multiplications of a prediction for which a second thread is worthwhile. With fewer,
# it does not save the 0.15 ms that it takes to start.
MIN_PARALLEL_FLOPS = 40_000_000


# The most that the option `threads` may ask for.
MOST_THREADS = 4 * (os.cpu_count() or 1)


def threads_for(wanted: int | None, flops: int) -> int:
    """Return the threads for a step of `flops` operations: `wanted` or, if None, what it can use.

    The environment limits both.
    """
    if wanted is not None:
        return most_threads(wanted)
    useful = flops // FLOPS_PER_THREAD
    return min(available_threads(), useful) if useful > 1 else 1


def most_threads(wanted: int | None) -> int:
    """Return the threads for work that can use any number: `wanted` or, if None, one a core."""
    return available_threads() if wanted is None else _within_limit(wanted)


def available_threads() -> int:
    """Return how many cores this process may use now, within the limit of the environment."""
    return _within_limit(cores_of_process())


def _within_limit(threads: int) -> int:
    """Return `threads`, or fewer if the environment variable NUMBA_NUM_THREADS says so.

    joblib sets it in its workers, so that they share the cores.
    """
    with suppress(ValueError):
        return max(1, min(threads, int(os.environ.get("NUMBA_NUM_THREADS", ""))))
    return threads


def cores_of_process() -> int:
    """Return the number of cores that the process's affinity and its container's quota allow."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(cores or 1, _quota() or cores or 1)


@cache
def _quota() -> int | None:
    """Return how many cores' time the container's quota allows; None: no quota is known."""
    with suppress(OSError, ValueError):  # not Linux, no container, or no quota ("max 100000")
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return -(-int(quota) // int(period))
    return None
