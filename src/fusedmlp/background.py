"""A call in a thread of its own: the caller gets its result or its error."""

import threading
import weakref
from collections.abc import Callable, Iterable
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
        # A set of weak references, each with a function that is called when the thread is freed:
        # Ctrl-C that comes within is lost.
        threading._dangling.discard(self)  # type: ignore[attr-defined]
        self._function, self._arguments, self._failed = function, arguments, failed
        self._lifeline = _Lifeline()
        self._started = _Flag(self._lifeline.is_dead)  # which Thread.start waits for
        self._begun = _Flag(self._lifeline.is_dead)
        # Thread.join takes a thread for ended when Ctrl-C interrupts it (Python 3.11 and 3.12).
        self._ended = _Flag(self._lifeline.is_dead)
        self.result: Any = None
        self.error: BaseException | None = None

    @property
    def _bootstrap(self) -> Callable[[], None]:
        """What the new thread calls: an object that lives as long as the thread."""
        life = _Life(super()._bootstrap)  # type: ignore[misc]
        self._lifeline.life = weakref.ref(life)
        return life

    def start(self) -> None:
        """Start the thread.

        Raises
        ------
        RuntimeError
            If the system allows no more threads.
        MemoryError
            If there is too little memory for the thread.
        """
        try:
            super().start()
            self._begun.wait()
        finally:
            if self._lifeline.is_dead():  # Thread.start counts it among the living
                with threading._active_limbo_lock:  # type: ignore[attr-defined]
                    threading._limbo.pop(self, None)  # type: ignore[attr-defined]
        if not self._begun.is_set():
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

        A call that was never started has no end to wait for.

        `interrupted` is called when one comes, and may end the call; it is raised at the end.
        """
        wait_out(self._wait, interrupted)

    def _wait(self) -> None:
        self._ended.wait()
        if self._ended.is_set():
            self.join()  # microseconds; a fork finds nothing of the thread then

    def new_flag(self) -> "threading.Event":
        """Return an event for which nobody waits any longer when the thread is dead."""
        return _Flag(self._lifeline.is_dead)


def wait_out(wait: Callable[[], None], interrupted: Callable[[], None] = lambda: None) -> None:
    """Call wait() until it has returned, even if an exception, such as Ctrl-C, comes meanwhile.

    `interrupted` is called when one comes; the last one is raised at the end.

    Raises
    ------
    RecursionError
        At once, if wait() calls functions deeper than Python allows: it always would.
    """
    interrupt: BaseException | None = None
    running = True
    while running:
        try:
            wait()
            running = False
        except RecursionError:
            raise
        except BaseException as error:
            interrupt = error
            interrupted()
    if interrupt is not None:
        raise interrupt


def wait_for_all(
    calls: Iterable[BackgroundCall], interrupted: Callable[[], None] = lambda: None
) -> None:
    """Wait until all calls have ended, even if an exception, such as Ctrl-C, comes meanwhile.

    `interrupted` is called when one comes, and may end the calls; the last one is raised at the
    end.
    """
    interrupt: BaseException | None = None
    for call in calls:
        try:
            call.wait(interrupted)
        except BaseException as error:
            interrupt = error
    if interrupt is not None:
        raise interrupt


class _Lifeline:
    """Whether a thread is alive, for its flags, which must not refer to the thread itself.

    The garbage collector would have to free such a circle, with all that the call refers to. Ctrl-C
    that comes meanwhile is lost: Python ignores what is raised within.
    """

    def __init__(self) -> None:
        self.life: Callable[[], object] = lambda: None

    def is_dead(self) -> bool:
        return self.life() is None


class _Life:
    """A call that a thread makes; the thread alone refers to it."""

    def __init__(self, call: Callable[[], None]) -> None:
        self._call = call

    def __call__(self) -> None:
        self._call()


class _Flag(threading.Event):
    """An event for which nobody waits any longer when the thread that sets it is dead.

    It is set once. Ctrl-C within `threading.Event.wait`, which is written in Python, can leave the
    event's lock held: the next who waits, and the thread that sets it, then wait for ever. What
    this one waits for is a lock itself, acquired in one call of C.
    """

    def __init__(self, is_dead: Callable[[], bool]) -> None:
        super().__init__()
        self._is_dead, self._is_set = is_dead, False
        self._gate = threading.Lock()
        self._gate.acquire()

    def is_set(self) -> bool:
        return self._is_set

    def set(self) -> None:
        self._is_set = True
        self._gate.release()

    def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002
        while not (self._is_set or self._is_dead()):
            self._gate.acquire(timeout=SECONDS_OF_A_WAIT)
        return self._is_set
