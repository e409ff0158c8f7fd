"""Ctrl-C for several networks that are trained at the same time.

Python handles Ctrl-C in the main thread, which waits for the others then: these look from time to
time whether they are to stop.
"""

import threading
from typing import Any

from fusedmlp.plan.signals import STOP, new_signals


class SharedStop:
    """Whether networks that are trained at the same time are to stop; a context while one is.

    A copy for another process knows nothing of this one.
    """

    def __init__(self) -> None:
        self._asked, self._idle, self._running = threading.Event(), threading.Condition(), 0
        self.signals = new_signals()  # for kernels that train several networks in one call

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
        """Let no network begin, and those that are trained stop after the present slice."""
        self._asked.set()
        self.signals[STOP] = 1

    @property
    def asked(self) -> bool:
        """Whether all are to stop."""
        return self._asked.is_set()

    def wait(self) -> None:
        """Wait until no network is trained in this process."""
        with self._idle:
            self._idle.wait_for(lambda: self._running == 0)

    def check(self, _: Any = None) -> None:
        """Raise KeyboardInterrupt, as in the main thread, if all are to stop."""
        if self.asked:
            raise KeyboardInterrupt
