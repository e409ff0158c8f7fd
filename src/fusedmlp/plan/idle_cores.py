"""How many cores nobody uses at this moment, as far as the system tells."""

import os
from contextlib import suppress
from pathlib import Path

LOAD = Path("/proc/loadavg")  # "0.20 0.18 0.12 1/80 11206": 1 of 80 threads is running or ready


def idle_cores() -> int | None:
    """Return the number of cores on which no thread of any program runs or waits for its turn.

    None: nobody can tell (no Linux), or this process may not use all cores: the threads of others
    may be on those that it cannot have. It takes 20 us.
    """
    cores = os.cpu_count() or 1
    if not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < cores:
        return None
    with suppress(OSError, ValueError, IndexError):
        running, _ = LOAD.read_text().split()[3].split("/")
        return max(0, cores - int(running))
    return None


def seem_free(threads: int) -> bool:
    """Whether there may be a core for each of so many threads, one of which runs already."""
    idle = idle_cores()
    return idle is None or idle >= threads - 1
