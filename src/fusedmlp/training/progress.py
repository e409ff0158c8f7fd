"""The progress bar."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from fusedmlp.plan.plan import Plan
from fusedmlp.plan.state import State


def require_rich() -> None:
    """Raise ImportError, with what to install, if rich is missing, which draws the bar."""
    if find_spec("rich") is None:
        raise ImportError("progress=True must have the package rich: pip install 'fusedmlp[cli]'")


@contextmanager
def progress_bar(plan: Plan, rows: int, wanted: bool) -> Iterator[Callable[[State], None]]:
    """Yield a function that shows a state in the bar, or does nothing if no bar is wanted."""
    if not wanted:
        yield lambda _: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("epoch {task.fields[epoch]:,} of {task.total:,.0f}"),
        BarColumn(),
        TextColumn("loss {task.fields[loss]:.4g}"),
        TextColumn("{task.fields[rate]:,.0f} epochs/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns) as bar:
        task = bar.add_task("", total=plan.epochs, epoch=0, loss=float("nan"), rate=0.0)

        def show(state: State) -> None:
            done = int(state.position[0]) / rows
            # The last record whose epoch is over: the current one may have a part of its sum.
            last = max(0, (int(done) - 1) // plan.record_every)
            loss = float(state.losses[last]) / rows if done >= 1 else float("nan")
            rate = bar.tasks[0].speed or 0.0
            bar.update(task, completed=done, epoch=int(done), loss=loss, rate=rate)

        yield show
