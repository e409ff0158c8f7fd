"""Thread teams, which run one kernel together."""

from threading import Thread
from typing import Any

import numpy as np
from numba import config

from fusedmlp.kernels.threads.barrier import RELEASED
from fusedmlp.plan.parameters import aligned_zeros

UNUSED_COUNTER = aligned_zeros(8, np.int64)


def run_in_team(kernel: Any, arguments: tuple[Any, ...], threads: int) -> Any:
    """Run kernel(*arguments, counter, thread, threads) in `threads` threads; return one result.

    The threads live as long as the call, so that none is lost in a fork or shared by two runs.
    Without compilation, the team is one thread, since the barrier is compiled code.
    """
    if threads == 1 or config.DISABLE_JIT:
        return kernel(*arguments, UNUSED_COUNTER, 0, 1)
    counter = aligned_zeros(8, np.int64)
    helpers = [
        Thread(target=kernel, args=(*arguments, counter, thread, threads), daemon=True)
        for thread in range(1, threads)
    ]
    started = []
    try:
        for helper in helpers:
            helper.start()
            started.append(helper)
        return kernel(*arguments, counter, 0, threads)
    except BaseException:  # Ctrl-C, or more threads than the system allows
        counter[0] = RELEASED
        raise
    finally:
        for helper in started:
            helper.join()
