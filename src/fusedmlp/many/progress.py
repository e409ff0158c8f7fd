"""The progress of many networks."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from fusedmlp.many.batch import Batch
from fusedmlp.training.display import Shown, displayed


@contextmanager
def progress_bar(networks: int, done: int, wanted: bool) -> Iterator[Callable[[Batch], None]]:
    """Yield a function that shows one more batch, or does nothing if nothing is to be shown."""
    if not wanted:
        yield lambda _: None
        return
    shown = Shown(networks, "network {:,} of {:,}", done)
    if done == networks:
        shown.now = "all are in the checkpoint"
    begun, lowest = time.monotonic(), float("inf")

    def show(batch: Batch) -> None:
        nonlocal lowest
        lowest = float(np.fmin.reduce(batch.losses, axis=None, initial=lowest))
        shown.done += len(batch.stopped)
        rate = (shown.done - done) / max(time.monotonic() - begun, 1e-9)
        speed = f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}"
        shown.now = f"lowest loss {lowest:.4g}  {speed} networks/s"

    with displayed(shown):
        yield show
