"""What is under way, on standard error: a bar on a terminal, a line now and then in a pipe."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from fusedmlp.command.say import say

SECONDS_TO_FIRST_LINE = 0.5
SECONDS_BETWEEN_LINES = 5.0


class Show(Protocol):
    """A function that shows what is under way, its share that is done, and a detail."""

    def __call__(self, now: str, share: float | None = None, detail: str = "") -> None:
        """Show it; no share is one that is not known."""


@contextmanager
def progress(quiet: bool) -> Iterator[Show]:
    """Yield a function that shows what is under way, on a terminal in a bar that disappears."""
    console = Console(stderr=True)
    if quiet:
        yield lambda *_, **__: None
    elif console.is_terminal:
        # Rich draws the bar in a thread of its own, also while a kernel compiles or trains.
        with _bar(console) as bar:
            task = bar.add_task("", total=None, detail="")

            def show(now: str, share: float | None = None, detail: str = "") -> None:
                total, done = (None, 0.0) if share is None else (1.0, share)
                text = escape(now)
                if text != bar.tasks[0].description:
                    bar.reset(task)  # its time, which stands still where a share was 1
                bar.update(task, description=text, total=total, completed=done, detail=detail)

            yield show
    else:
        with _Lines(console) as lines:
            yield lines


def _bar(console: Console) -> Progress:
    return Progress(
        SpinnerColumn("line"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[detail]}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )


class _Lines:
    """Lines in a pipe: what is under way, if it takes longer, and then every few seconds."""

    def __init__(self, console: Console) -> None:
        self._console, self._line = console, ""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._print_now_and_then, daemon=True)

    def __call__(self, now: str, share: float | None = None, detail: str = "") -> None:
        done = "" if share is None else f" {share:.0%}"
        self._line = f"{now}{done}{', ' if detail else ''}{detail} ..."

    def __enter__(self) -> "_Lines":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _print_now_and_then(self) -> None:
        wait, said = SECONDS_TO_FIRST_LINE, ""
        while not self._ended.wait(wait):
            if self._line != said:
                said, wait = self._line, SECONDS_BETWEEN_LINES
                say(self._console, said)
