"""The progress of a model's networks, which are trained one after the other."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fusedmlp.training.display import Shown, displayed, require_rich

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
    shown = Shown(networks, "network {:,} of {:,}")

    def callback_of(number: int) -> Callback:
        shown.done = number

        def show(record: Any) -> None:
            measured = record.loss if record.validation_loss is None else record.validation_loss
            shown.now = f"epoch {record.epoch + 1:,}  loss {measured:.4g}"
            shown.done = number + (record.epoch + 1) / epochs

        return show

    with displayed(shown):
        yield callback_of
        shown.done = networks
