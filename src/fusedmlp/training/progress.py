"""The progress bar."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from fusedmlp.plan.plan import Plan
from fusedmlp.plan.state import State

# What the bar says until the first epoch is over: a first call compiles, or loads what another has.
STARTING = "getting the kernels ready"


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
        TextColumn("{task.fields[now]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns) as bar:
        task = bar.add_task("", total=plan.epochs, epoch=0, now=STARTING)

        def show(state: State) -> None:
            done = int(state.position[0]) / rows
            now = STARTING
            if done >= 1:
                # The last record whose epoch is over: the current one may have a part of its sum.
                loss = float(state.losses[(int(done) - 1) // plan.record_every]) / rows
                now = f"loss {loss:.4g}  {bar.tasks[0].speed or 0.0:,.0f} epochs/s"
            bar.update(task, completed=done, epoch=int(done), now=now)

        yield show
