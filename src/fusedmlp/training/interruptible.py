"""Calls of a kernel that take long, which Ctrl-C ends all the same.

Python handles Ctrl-C in the main thread, between two of its instructions: not within a kernel.
"""

from collections.abc import Callable
from threading import current_thread, main_thread
from typing import Any

from numpy.typing import NDArray

from fusedmlp.background import BackgroundCall
from fusedmlp.plan.signals import STOP

# Multiplications and additions of a call, 10 to 100 ms, for which a thread of its own pays, which
# takes 0.1 ms.
LONG_CALL = 500_000_000


def interruptible(
    signals: NDArray[Any], flops: int, function: Callable[..., Any], *arguments: Any
) -> Any:
    """Return function(*arguments), which heeds the signals; a long one gets a thread of its own.

    Whatever a handler of a signal raises meanwhile, such as KeyboardInterrupt, stops the function,
    and is raised as soon as that has ended.
    """
    if flops < LONG_CALL or current_thread() is not main_thread():
        return function(*arguments)

    def stop() -> None:
        signals[STOP] = 1

    call = BackgroundCall(function, arguments)
    try:
        started = _has_started(call)
        call.wait(interrupted=stop)
    except BaseException:  # the call ends, and with it all that it changes, before this one
        stop()
        call.wait()
        raise
    if not started:
        return function(*arguments)
    if call.error is not None:
        raise call.error
    return call.result


def _has_started(call: BackgroundCall) -> bool:
    """Start a call; return whether there was another thread for it: else Ctrl-C has to wait."""
    try:
        call.start()
    except (RuntimeError, MemoryError):
        return False
    return True
