"""The progress bar of a model's networks, which are trained one after the other."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fusedmlp.training.progress import STARTING, require_rich

Callback = Callable[..., Any]


@contextmanager
def progress_bar(networks: int, epochs: int, wanted: bool) -> Iterator[Callable[[int], Callback]]:
    """Yield a function of a network's number that returns a callback, which shows its epochs.

    Parameters
    ----------
    networks : int
    epochs : int
        The most that a network may need.
    wanted : bool
        Without, the callbacks do nothing.
    """
    if not wanted:
        yield lambda _: lambda _: None
        return
    require_rich()
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("network {task.fields[number]} of {task.fields[networks]}"),
        BarColumn(),
        TextColumn("{task.fields[now]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns) as bar:
        task = bar.add_task("", total=networks * epochs, number=1, networks=networks, now=STARTING)

        def callback_of(number: int) -> Callback:
            bar.update(task, completed=number * epochs, number=number + 1)

            def show(record: Any) -> None:
                measured = record.loss if record.validation_loss is None else record.validation_loss
                now = f"epoch {record.epoch + 1:,}  loss {measured:.4g}"
                bar.update(task, completed=number * epochs + record.epoch + 1, now=now)

            return show

        yield callback_of
        bar.update(task, completed=networks * epochs)
