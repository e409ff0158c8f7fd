"""A call in a thread of its own: the caller gets its result or its error."""

import threading
import weakref
from collections.abc import Callable
from typing import Any

# How often a waiting caller looks whether the thread is dead; Windows handles Ctrl-C no sooner.
SECONDS_OF_A_WAIT = 0.1


class BackgroundCall(threading.Thread):
    """A call of function(*arguments) in a thread of its own, once it is started.

    Where memory runs out, a thread of Python can die before its first line: `Thread.start` then
    waits for ever (https://github.com/python/cpython/issues/140746). `start` and `wait` notice.

    Parameters
    ----------
    function, arguments
        What is called.
    failed : function of no arguments
        Called in the thread if the function raises.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
        failed: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(daemon=True)
        self._function, self._arguments, self._failed = function, arguments, failed
        self._started = _Flag(self._is_dead)  # which Thread.start waits for
        self._begun = _Flag(self._is_dead)
        # Thread.join takes a thread for ended when Ctrl-C interrupts it (Python 3.11 and 3.12).
        self._ended = _Flag(self._is_dead)
        self._life: Callable[[], object] = lambda: self
        self.result: Any = None
        self.error: BaseException | None = None

    @property
    def _bootstrap(self) -> Callable[[], None]:
        """What the new thread calls: an object that lives as long as the thread."""
        life = _Life(super()._bootstrap)  # type: ignore[misc]
        self._life = weakref.ref(life)
        return life

    def _is_dead(self) -> bool:
        return self._life() is None

    def _is_running(self) -> bool:
        """Whether there is a thread to wait for: one that died early does not end as others do."""
        return self.is_alive() if self._ended.is_set() else not self._is_dead()

    def start(self) -> None:
        """Start the thread.

        Raises
        ------
        RuntimeError
            If the system allows no more threads.
        MemoryError
            If there is too little memory for the thread.
        """
        super().start()
        self._begun.wait()
        if not self._begun.is_set():
            with threading._active_limbo_lock:  # type: ignore[attr-defined]
                threading._limbo.pop(self, None)  # type: ignore[attr-defined]
            raise MemoryError("there must be memory for another thread: try threads=1")

    def run(self) -> None:
        """Make the call."""
        try:
            self._begun.set()
            self.result = self._function(*self._arguments)
        except BaseException as error:
            self.error = error
            self._failed()
        finally:
            self._ended.set()

    def wait(self, interrupted: Callable[[], None] = lambda: None) -> None:
        """Wait for the end of the call, even if an exception, such as Ctrl-C, comes meanwhile.

        `interrupted` is called when one comes, and may end the call; it is raised at the end.
        """
        interrupt: BaseException | None = None
        while self._is_running():
            try:
                self._ended.wait()
                if self._ended.is_set():
                    self.join()  # microseconds; a fork finds nothing of the thread then
            except BaseException as error:
                interrupt = error
                interrupted()
        if interrupt is not None:
            raise interrupt


class _Life:
    """A call that a thread makes; the thread alone refers to it."""

    def __init__(self, call: Callable[[], None]) -> None:
        self._call = call

    def __call__(self) -> None:
        self._call()


class _Flag(threading.Event):
    """An event for which nobody waits any longer when the thread that sets it is dead."""

    def __init__(self, is_dead: Callable[[], bool]) -> None:
        super().__init__()
        self._is_dead = is_dead

    def wait(self, timeout: float | None = None) -> bool:
        if timeout is not None:
            return super().wait(timeout)
        while not (self.is_set() or self._is_dead()):
            super().wait(SECONDS_OF_A_WAIT)
        return self.is_set()
