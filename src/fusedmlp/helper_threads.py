"""Threads that help another one: each makes calls, and waits in between.

A new thread takes 0.3 to 1 ms until it works; one that waits, a tenth of a millisecond.
"""

import os
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from fusedmlp.background import BackgroundCall, wait_out

Result = TypeVar("Result")


class _Order:
    """What a helper is to do next: what its thread shares with the thread that it helps."""

    function: Callable[..., Any] | None = None
    arguments: tuple[Any, ...] = ()
    failed: Callable[[], None] = staticmethod(lambda: None)
    error: BaseException | None = None

    def __init__(self, last: bool) -> None:
        self.last = last  # the thread ends after the next call
        self.gate = threading.Lock()
        self.gate.acquire()
        self.ended = threading.Event()


def _follow(order: _Order) -> None:
    """Make one call after another: the helper's thread."""
    while True:
        order.gate.acquire()
        if order.function is not None:
            try:
                order.function(*order.arguments)
            except BaseException as error:
                order.error = error
                order.failed()
            order.function, order.arguments = None, ()  # nothing of the caller's is kept
            order.ended.set()
        if order.last:
            return


class Helper:
    """A thread that makes one call, or is kept and makes one after another until it is ended."""

    lent = False  # to somebody who uses it now

    def __init__(self, kept: bool) -> None:
        self._order = _Order(last=not kept)
        self._thread = BackgroundCall(_follow, (self._order,))
        self._process, self._started = os.getpid(), False

    @property
    def gate(self) -> threading.Lock:
        """A lock: once it is released, the helper makes the call that it was given."""
        return self._order.gate

    @property
    def error(self) -> BaseException | None:
        """What the last call raised."""
        return self._order.error

    @property
    def usable(self) -> bool:
        """Whether it can be lent: not in the child of a fork, which has no such thread."""
        return not self.lent and self._process == os.getpid()

    def give(
        self,
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
        failed: Callable[[], None],
    ) -> None:
        """Give it the next call, which begins when its gate is released; start the thread.

        failed() is called in the thread if the function raises.
        """
        order = self._order
        order.ended, order.error = self._thread.new_flag(), None
        order.function, order.arguments, order.failed = function, arguments, failed
        self.start()

    def start(self) -> None:
        """Start the thread, unless it has been; raise what `BackgroundCall.start` raises."""
        if not self._started:
            self._thread.start()
            self._started = True

    def wait(self) -> None:
        """Wait for the end of the call."""
        self._order.ended.wait()
        if self._order.last:
            self._thread.wait()

    def end(self) -> None:
        """End the thread, after the call that it makes, if any, and wait for its end."""
        self._order.last = True
        if self._order.gate.locked():
            self._order.gate.release()
        if self._process == os.getpid():
            self._thread.wait()


class _OfThread(threading.local):
    kept: list[Helper] | None = None


_OF_THREAD = _OfThread()


def with_helpers(keep: bool, call: Callable[..., Result], *arguments: Any) -> Result:
    """Return call(*arguments), and keep this thread's helpers from one use to the next meanwhile.

    It is no context manager: Ctrl-C between `contextlib` and its generator leaves a block without
    its end.

    Parameters
    ----------
    keep : bool
        False where functions of the caller's are called. They may fork: Python warns of other
        threads then, and the child has none of them.
    """
    if not keep or _OF_THREAD.kept is not None:
        return call(*arguments)
    kept: list[Helper] = []

    def end_all() -> None:
        for helper in kept:
            helper.end()

    try:
        _OF_THREAD.kept = kept
        return call(*arguments)
    finally:
        _OF_THREAD.kept = None
        try:
            wait_out(end_all)
        finally:  # Ctrl-C may have come before the first instruction of that
            end_all()


def _require_depth(calls: int = 30) -> None:
    """Raise a RecursionError if Python does not allow so many calls within each other here.

    Helpers that have begun must be waited for, which takes a third of them.
    """
    if calls:
        _require_depth(calls - 1)


def start_helpers(number: int) -> None:
    """Start as many helpers as will be lent, if they are kept: they begin sooner then."""
    if _OF_THREAD.kept is not None:
        helpers = lend(number)
        for helper in helpers:
            helper.start()
        take_back(helpers)


def lend(number: int) -> list[Helper]:
    """Return helpers, which nobody else uses until they are taken back: those kept, or new ones.

    Raises
    ------
    RecursionError
        If Python allows too few calls within this one to wait for them.
    """
    _require_depth()
    if _OF_THREAD.kept is None:
        return [Helper(kept=False) for _ in range(number)]
    usable = [helper for helper in _OF_THREAD.kept if helper.usable]
    more = [Helper(kept=True) for _ in range(number - len(usable))]
    _OF_THREAD.kept.extend(more)
    helpers = usable[:number] + more
    for helper in helpers:
        helper.lent = True
    return helpers


def take_back(helpers: list[Helper]) -> None:
    """Take helpers back that have made all calls that they were given."""
    for helper in helpers:
        helper.lent = False
