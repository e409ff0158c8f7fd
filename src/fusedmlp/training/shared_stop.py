"""Ctrl-C for several networks that are trained at the same time.

Python handles Ctrl-C in the main thread, which waits for the others then: these look from time to
time whether they are to stop.
"""

import threading
import time
from typing import Any

from fusedmlp.plan.signals import STOP, new_signals

SECONDS_BETWEEN_LOOKS = 0.001


class SharedStop:
    """Whether networks that are trained at the same time are to stop; a context while one is.

    A copy for another process knows nothing of this one.
    """

    def __init__(self) -> None:
        self.asked = False  # whether all are to stop
        # Of threads: no number of networks, and no lock. Ctrl-C may come between any two lines of
        # the main thread, which would leave one counted, or the lock held, for ever.
        self._training: set[int] = set()
        self.signals = new_signals()  # for kernels that train several networks in one call

    def __reduce__(self) -> tuple[type["SharedStop"], tuple[()]]:
        return SharedStop, ()

    def __enter__(self) -> None:
        self._training.add(threading.get_ident())

    def __exit__(self, *_: object) -> None:
        self._training.discard(threading.get_ident())

    def ask(self) -> None:
        """Let no network begin, and those that are trained stop after the present slice."""
        self.asked = True
        self.signals[STOP] = 1

    def wait(self) -> None:
        """Wait until no other thread of this process trains a network."""
        while self._training - {threading.get_ident()}:
            time.sleep(SECONDS_BETWEEN_LOOKS)

    def check(self, _: Any = None) -> None:
        """Raise KeyboardInterrupt, as in the main thread, if all are to stop."""
        if self.asked:
            raise KeyboardInterrupt
