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


def threads_for(wanted: int | None, flops: int) -> int:
    """Return `wanted` or, if None, as many threads as a step of `flops` operations can use."""
    if wanted is not None:
        return wanted
    useful = flops // FLOPS_PER_THREAD
    return min(available_threads(), useful) if useful > 1 else 1


def available_threads() -> int:
    """Return how many cores this process may use.

    The environment variable NUMBA_NUM_THREADS may lower it: joblib sets it in its workers, so that
    they share the cores.
    """
    with suppress(ValueError):
        return max(1, min(_cores(), int(os.environ.get("NUMBA_NUM_THREADS", ""))))
    return _cores()


@cache
def _cores() -> int:
    """Return the number of cores that the process's affinity and its container's quota allow."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with suppress(OSError, ValueError):  # not Linux, no container, or no quota ("max 100000")
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        cores = min(cores or 1, -(-int(quota) // int(period)))
    return cores or 1
