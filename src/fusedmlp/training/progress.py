"""The progress of one run."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fusedmlp.plan.plan import Plan
from fusedmlp.plan.state import State
from fusedmlp.training.display import Shown, displayed


@contextmanager
def progress_bar(plan: Plan, rows: int, wanted: bool) -> Iterator[Callable[[State], None]]:
    """Yield a function that shows a state, or does nothing if nothing is to be shown."""
    if not wanted:
        yield lambda _: None
        return
    shown = Shown(plan.epochs, "epoch {:,} of {:,}")
    first: tuple[float, float] | None = None  # the time after the first part of the run, and epochs

    def show(state: State) -> None:
        nonlocal first
        now, done = time.monotonic(), int(state.position[0]) / rows
        first = first or (now, done)
        if done >= 1:
            # The last record whose epoch is over: the current one may have a part of its sum.
            loss = float(state.losses[(int(done) - 1) // plan.record_every]) / rows
            # The first part may have compiled: it does not count.
            seconds = now - first[0]
            speed = f"  {(done - first[1]) / seconds:,.0f} epochs/s" if seconds > 0 else ""
            shown.now = f"loss {loss:.4g}{speed}"
        shown.done = done

    with displayed(shown):
        yield show
