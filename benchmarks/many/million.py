"""A million networks 3-4-1 in one call, in a process of its own; `million` starts it."""

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.common import ROOT

ROUNDS = 5


class Million(NamedTuple):
    """What a call with very many networks takes."""

    networks: int
    batches: int
    epochs: int
    seconds: float
    peak_bytes: int  # of the process
    before_bytes: int  # what it had before the call
    seconds_a_network: float  # with one epoch, one thread
    seconds_a_batch: float  # likewise, beside what its networks take

    def cells(self) -> list[str]:
        """Return the line of the table."""
        added = (self.peak_bytes - self.before_bytes) / self.networks
        return [
            *(f"{n:,}" for n in (self.networks, self.batches, self.epochs)),
            f"{self.seconds:.2f}",
            f"{self.peak_bytes / 1e6:,.0f}",
            f"{added:,.0f}",
            f"{self.seconds_a_network * 1e6:.2f}",
            f"{self.seconds_a_batch * 1e6:,.0f}",
        ]


def million(networks: int = 1_000_000, epochs: int = 100) -> Million:
    """Train so many networks in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, sys.path))}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.many.million", str(networks), str(epochs)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Million(*json.loads(done.stdout))


def overheads() -> tuple[float, float]:
    """Return the seconds of a network and of a batch, in calls with one epoch and one thread.

    4,096 networks are as many batches as 256, which are more batches than 16.
    """
    counts = 16, 256, 4096
    seconds = {n: median(_seconds(n, 1, 1)[0] for _ in range(ROUNDS)) for n in counts}
    batches = {n: _seconds(n, 1, 1)[1] for n in counts}
    assert batches[4096] == batches[256]
    network = (seconds[4096] - seconds[256]) / (4096 - 256)
    more = batches[256] - batches[16]
    return network, (seconds[256] - seconds[16] - network * (256 - 16)) / more


def _seconds(networks: int, epochs: int, threads: int | None) -> tuple[float, int]:
    """Return the seconds of a call, and its batches."""
    import fusedmlp
    from benchmarks.seeds import X, y

    begun = time.perf_counter()
    runs = fusedmlp.train_many(
        X, y, starts=networks, epochs=epochs, random_state=1, threads=threads
    )
    seconds = time.perf_counter() - begun
    return seconds, sum(len(group.batches) for group in runs._groups)


def _peak_bytes() -> int:
    """Return the most memory that the process has had."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _bytes_now() -> int:
    """Return the process's memory, where Linux tells it; elsewhere the peak until now."""
    status = Path("/proc/self/statm")
    if not status.exists():
        return _peak_bytes()
    return int(status.read_text().split()[1]) * resource.getpagesize()


def main(networks: int, epochs: int) -> None:
    """Measure in this process, and print what came of it as JSON."""
    network, batch = overheads()  # which also loads the machine code
    before = _bytes_now()
    seconds, batches = _seconds(networks, epochs, None)
    print(json.dumps([networks, batches, epochs, seconds, _peak_bytes(), before, network, batch]))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
