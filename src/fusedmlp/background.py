"""A call in a thread of its own: the caller gets its result or its error."""

from collections.abc import Callable
from threading import Event, Thread
from typing import Any

# Windows does not handle Ctrl-C while a thread waits for another: it waits in parts.
SECONDS_OF_A_WAIT = 0.1


class BackgroundCall(Thread):
    """A call of function(*arguments) in a thread of its own, once it is started.

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
        # Thread.join takes a thread for ended when Ctrl-C interrupts it (Python 3.11 and 3.12).
        self._ended = Event()
        self.result: Any = None
        self.error: BaseException | None = None

    def run(self) -> None:
        """Make the call."""
        try:
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
        while not self._ended.is_set():
            try:
                self._ended.wait(SECONDS_OF_A_WAIT)
            except BaseException as error:
                interrupt = error
                interrupted()
        self.join()
        if interrupt is not None:
            raise interrupt
