"""Threads that share some work of this process, item by item."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from numpy.typing import NDArray

from fusedmlp.background import BackgroundCall, wait_for_all
from fusedmlp.plan.signals import STOP

Item = TypeVar("Item")
Result = TypeVar("Result")


def shared_by_threads(
    threads: int, function: Callable[[Item], Result], items: Sequence[Item], signals: NDArray[Any]
) -> list[Result]:
    """Return the function's results, in the order of the items.

    Each thread takes the next item that is left, while the caller's waits for Ctrl-C. That, and
    whatever a thread raises, sets signals[STOP], which the function may heed, and is raised here.
    """
    results: dict[int, Result] = {}
    left = iter(range(len(items)))  # whose `next` is one instruction: no two threads get the same

    def work() -> None:
        for place in left:
            if signals[STOP]:
                return
            results[place] = function(items[place])

    def stop() -> None:
        signals[STOP] = 1

    calls = [BackgroundCall(work, (), failed=stop) for _ in range(threads)]
    try:
        for call in calls:
            call.start()
    except BaseException:  # too little memory, or more threads than the system allows
        stop()
        raise
    finally:
        wait_for_all(calls, stop)
    for call in calls:
        if call.error is not None:
            raise call.error
    return [results[place] for place in range(len(items))]
