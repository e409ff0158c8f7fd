"""How far a call has come: a bar on a terminal, one line in a notebook, plain lines in a pipe."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from fusedmlp.plan.compiling import is_compiling

STARTING = "getting the kernels ready"  # a first call compiles, or loads what another has compiled
COMPILING = "compiling for this processor, which takes some seconds"

NOTEBOOK_SECONDS = 0.25  # between two changes of the line
# Between two lines in a pipe: each time twice as long.
FIRST_SECONDS, MOST_SECONDS = 1.0, 60.0


@dataclass
class Shown:
    """What is shown, which changes while training goes on.

    Attributes
    ----------
    total : int
        What there is to do.
    count : str
        The text of what is done of that, with a place for each.
    done : float
        How much is done.
    now : str
        What else is known; empty before there is anything.
    """

    total: int
    count: str
    done: float = 0.0
    now: str = ""

    @property
    def state(self) -> str:
        """What is known, or what is waited for."""
        return COMPILING if is_compiling() else self.now or STARTING

    @property
    def counted(self) -> str:
        """How much is done."""
        return self.count.format(int(self.done), self.total)

    def __str__(self) -> str:
        return f"{self.counted}  {self.state}"


def require_rich() -> None:
    """Raise ImportError, with what to install, if rich is missing, which draws the bar."""
    if find_spec("rich") is None:
        raise ImportError("progress=True must have the package rich: pip install 'fusedmlp[cli]'")


def displayed(shown: Shown) -> AbstractContextManager[None]:
    """Show how far a call has come, as long as the context lasts."""
    from rich import get_console

    console = get_console()
    if console.is_jupyter:
        return _in_notebook(shown)
    if console.is_terminal and not console.is_dumb_terminal:
        return _as_bar(shown)
    return _in_lines(shown)


@contextmanager
def _as_bar(shown: Shown) -> Iterator[None]:
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TimeRemainingColumn
    from rich.text import Text

    class Column(ProgressColumn):
        """A part of what is shown."""

        max_refresh = None

        def __init__(self, part: Callable[[], str]) -> None:
            super().__init__()
            self._part = part

        def render(self, task: Task) -> Text:  # noqa: ARG002
            return Text(self._part())

    class Bar(Progress):
        """A bar that looks at what is shown whenever it is drawn."""

        def get_renderables(self) -> Any:
            for task in self.task_ids:
                self.update(task, completed=shown.done)
            return super().get_renderables()

    columns = Column(lambda: shown.counted), BarColumn(), Column(lambda: shown.state)
    with Bar(*columns, TimeRemainingColumn()) as bar:
        bar.add_task("", total=shown.total)
        yield


@contextmanager
def _in_notebook(shown: Shown) -> Iterator[None]:
    """Show one line below the cell, which changes."""
    from IPython.display import display

    handle = display({"text/plain": str(shown)}, raw=True, display_id=True)
    assert handle is not None  # with display_id=True, there is one

    def change() -> None:
        handle.update({"text/plain": str(shown)}, raw=True)

    with _again_and_again(change, NOTEBOOK_SECONDS, NOTEBOOK_SECONDS):
        yield
    change()


@contextmanager
def _in_lines(shown: Shown) -> Iterator[None]:
    """Print plain lines, more and more seldom, and one at the end."""

    def write() -> None:
        print(shown, flush=True)

    with _again_and_again(write, FIRST_SECONDS, MOST_SECONDS):
        yield
    write()


@contextmanager
def _again_and_again(show: Callable[[], None], first: float, most: float) -> Iterator[None]:
    """Call a function in a thread of its own after some seconds, and after up to twice as many."""
    over = threading.Event()

    def call_again_and_again() -> None:
        seconds = first
        while not over.wait(seconds):
            show()
            seconds = min(2 * seconds, most)

    thread = threading.Thread(target=call_again_and_again, name="fusedmlp progress", daemon=True)
    started = False
    with suppress(RuntimeError, MemoryError):  # no thread for it: what is shown at the end will do
        thread.start()
        started = True
    try:
        yield
    finally:
        over.set()
        if started:
            thread.join()
