"""The progress bar of many networks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from fusedmlp.many.batch import Batch
from fusedmlp.training.progress import STARTING


@contextmanager
def progress_bar(networks: int, done: int, wanted: bool) -> Iterator[Callable[[Batch], None]]:
    """Yield a function that shows one more batch in the bar, or does nothing if none is wanted."""
    if not wanted:
        yield lambda _: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("network {task.completed:,.0f} of {task.total:,.0f}"),
        BarColumn(),
        TextColumn("{task.fields[now]}"),
        TimeRemainingColumn(),
    )
    lowest, trained = float("inf"), 0
    with Progress(*columns) as bar:
        task = bar.add_task("", total=networks, completed=done, now=STARTING)

        def show(batch: Batch) -> None:
            nonlocal lowest, trained
            lowest = float(np.fmin.reduce(batch.losses, axis=None, initial=lowest))
            trained += len(batch.stopped)
            rate = trained / (bar.tasks[0].elapsed or 1.0)
            speed = f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}"
            now = f"lowest loss {lowest:.4g}  {speed} networks/s"
            bar.update(task, advance=len(batch.stopped), now=now)

        yield show
