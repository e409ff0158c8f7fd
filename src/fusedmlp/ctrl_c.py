"""Ctrl-C waits where it would leave something half done for good."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType
from typing import Any


class _Waiting:
    """A handler of SIGINT that calls the one before it when it is told to."""

    def __init__(self, previous: Callable[[int, FrameType | None], Any]) -> None:
        self._previous = previous
        self._came: tuple[int, FrameType | None] | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self._came = number, frame

    def heed(self) -> None:
        """Do what Ctrl-C does, if it came."""
        came, self._came = self._came, None
        if came is not None:
            self._previous(*came)


@contextmanager
def ctrl_c_waits() -> Iterator[None]:
    """Let Ctrl-C wait until the block ends, or calls `heed_ctrl_c`.

    Numba fills tables as it is imported and as it compiles, and LLVM tells Python of machine code
    through ctypes, which loses exceptions. Interrupted there, the next call failed, and all that
    followed: with "duplicate registration", "generator raised StopIteration" or "no compiled object
    yet".
    """
    previous = signal.getsignal(signal.SIGINT)
    in_main = current_thread() is main_thread()
    if not in_main or not callable(previous) or isinstance(previous, _Waiting):
        yield
        return
    waiting = _Waiting(previous)
    try:
        signal.signal(signal.SIGINT, waiting)
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
        waiting.heed()


def heed_ctrl_c() -> None:
    """Raise KeyboardInterrupt, or whatever Ctrl-C does, if it waits: nothing is half done here."""
    waiting = signal.getsignal(signal.SIGINT)
    if isinstance(waiting, _Waiting) and current_thread() is main_thread():
        waiting.heed()
