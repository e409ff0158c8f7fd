"""Thread teams, which run one kernel together."""

from itertools import starmap
from time import perf_counter
from typing import Any

from numba import config
from numpy.typing import NDArray

from fusedmlp.background import wait_out
from fusedmlp.helper_threads import lend, take_back
from fusedmlp.kernels.threads.barrier import RELEASED
from fusedmlp.plan.backoff import TEAMS
from fusedmlp.plan.signals import ARRIVED, FAILED, LEAVE_AT, PAUSE, STOP, new_signals

# Threads have the same work; one that ends later than the first, by more than this and by more than
# this share of the call, has had no core.
LATE_SECONDS, LATE_SHARE = 0.001, 0.1

NO_SIGNALS = new_signals()  # for one thread, which nobody asks to stop


def run_in_team(
    kernel: Any, arguments: tuple[Any, ...], threads: int, signals: NDArray[Any] | None = None
) -> Any:
    """Run kernel(*arguments, signals, thread, threads) in `threads` threads; return one result.

    The threads live as long as the call, or as the call of `with_helpers` that it is in, so that
    none is lost in a fork or shared by two runs. Whatever one of them raises is raised here, after
    all others have left the kernel. Without compilation, the team is one thread, since the barrier
    is compiled code.
    """
    if threads == 1 or config.DISABLE_JIT:
        return kernel(*arguments, NO_SIGNALS if signals is None else signals, 0, 1)
    if signals is None:
        signals = new_signals()

    places = memoryview(signals)  # type: ignore[arg-type]

    def release() -> None:
        """Let all threads leave the run: one of them will not arrive at the next barrier.

        There may be no memory left: an item of a memoryview is set without any.
        """
        if not places[STOP]:
            places[STOP] = FAILED
        places[ARRIVED] = RELEASED

    helpers = lend(threads - 1)
    # Ctrl-C is raised between the end of the kernel and the next instruction of Python; whether the
    # kernel has ended is seen in what list.extend, which is one instruction, has put here.
    results: list[Any] = []
    worked = False

    def wait() -> None:
        for helper in helpers:
            helper.wait() if worked else helper.end()

    try:
        for thread, helper in enumerate(helpers, 1):
            helper.give(kernel, (*arguments, signals, thread, threads), release)
        begun = perf_counter()
        for helper in helpers:
            helper.gate.release()
        results.extend(starmap(kernel, [(*arguments, signals, 0, threads)]))
        ended = perf_counter()
        worked = True
    except BaseException:  # too little memory, or more threads than the system allows
        if not results:  # else the others are on their way to the end of the kernel, too
            release()
        raise
    finally:
        try:
            wait_out(wait)
        finally:
            wait()  # again: Ctrl-C may have come before the first instruction of that
            signals[[ARRIVED, LEAVE_AT, PAUSE]] = 0  # for the next team
            if signals[STOP] == FAILED:
                signals[STOP] = 0
    take_back(helpers)
    for helper in helpers:
        if helper.error is not None:
            raise helper.error
    if perf_counter() - ended > max(LATE_SECONDS, LATE_SHARE * (ended - begun)):
        TEAMS.failed()
    return results[0]
