"""Ctrl-C for several networks that are trained at the same time.

Python handles Ctrl-C in the main thread, which waits for the others then: these look from time to
time whether they are to stop.
"""

import threading
from collections.abc import Callable
from typing import Any


class SharedStop:
    """Whether all starts of a `fit` are to stop; a context while one is trained.

    A copy for another process knows nothing of this one.
    """

    def __init__(self) -> None:
        self._asked, self._idle, self._running = threading.Event(), threading.Condition(), 0

    def __reduce__(self) -> tuple[type["SharedStop"], tuple[()]]:
        return SharedStop, ()

    def __enter__(self) -> None:
        with self._idle:
            self._running += 1

    def __exit__(self, *_: object) -> None:
        with self._idle:
            self._running -= 1
            self._idle.notify_all()

    def ask(self) -> None:
        """Let no start begin, and those that are trained stop after the present slice."""
        self._asked.set()

    @property
    def asked(self) -> bool:
        """Whether all are to stop."""
        return self._asked.is_set()

    def wait(self) -> None:
        """Wait until no start is trained in this process."""
        with self._idle:
            self._idle.wait_for(lambda: self._running == 0)

    def check(self, _: Any = None) -> None:
        """Raise KeyboardInterrupt, as in the main thread, if all are to stop."""
        if self.asked:
            raise KeyboardInterrupt


def stop_check(model: Any) -> Callable[[Any], None]:
    """Return the function that a model's training calls between two slices; it takes anything."""
    stop: SharedStop | None = getattr(model, "_shared_stop", None)
    return _go_on if stop is None else stop.check


def stops_others(model: Any) -> bool:
    """Stop the other starts, too, if a model is one of several; return whether it is."""
    stop: SharedStop | None = getattr(model, "_shared_stop", None)
    if stop is not None:
        stop.ask()
    return stop is not None


def _go_on(_: Any) -> None:
    """There is nobody else who could stop the run."""
