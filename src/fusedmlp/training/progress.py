"""The progress of one run."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fusedmlp.plan.state import State
from fusedmlp.training.control import Control
from fusedmlp.training.display import Shown, displayed


@contextmanager
def progress_bar(control: Control, rows: int, wanted: bool) -> Iterator[Callable[[State], None]]:
    """Yield a function that shows a state, or does nothing if nothing is to be shown.

    rows: the unit of the state's position in an epoch.
    """
    if not wanted:
        yield lambda _: None
        return
    plan = control.plan
    shown = Shown(plan.epochs, "epoch {:,} of {:,}")
    first: tuple[float, float] | None = None  # the time after the first part of the run, and epochs

    def show(state: State) -> None:
        nonlocal first
        now, done = time.monotonic(), int(state.position[0]) / rows
        first = first or (now, done)
        if done >= 1:
            # The last record whose epoch is over: the current one may have a part of its sum.
            record, loss = (int(done) - 1) // plan.record_every, ""
            if record >= control.first_record:  # else a run that this one resumes has made it
                loss = f"loss {float(state.losses[record]) / control.loss_divisor:.4g}"
            # The first part may have compiled: it does not count.
            seconds = now - first[0]
            speed = f"  {(done - first[1]) / seconds:,.0f} epochs/s" if seconds > 0 else ""
            shown.now = f"{loss}{speed}".strip()
        shown.done = done

    with displayed(shown):
        yield show
