"""The barrier of a thread team, and how a team leaves a run early.

The barrier is a counter in memory that each arriving thread increments.

Numba's own threads are not used: they do not survive a fork, and one of the threading layers ends
the process when two Python threads use it at once. The team's threads are Python's, in a kernel
that has released the GIL; at a barrier, they wait for less than a microsecond. A waiting thread
soon yields its core, since the thread that it waits for may have none.
"""

from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.threads.clock import CLOCK, name_function, nanoseconds
from fusedmlp.kernels.vector import shifted
from fusedmlp.plan.signals import LEAVE_AT, PAUSE, STOP

# Reads of the counter before a waiting thread yields its core: about two microseconds.
SPINS = 1000

# A counter of at least this releases all waiting threads: a thread of the team will not arrive.
RELEASED = 1 << 62

YIELD = "fusedmlp_yield"


@intrinsic
def add_shared(typing_context, counter, number):
    """Add to a counter that threads share; return what it was before."""

    def build(context, builder, sig, args):
        return builder.atomic_rmw("add", args[0], args[1], "seq_cst")

    return types.int64(counter, types.int64), build


@intrinsic
def read_shared(typing_context, place):
    """Return a number that threads share, as it is now."""

    def build(context, builder, sig, args):
        return builder.load_atomic(args[0], "acquire", align=8)

    return types.int64(place), build


@intrinsic
def _write_shared(typing_context, place, value):
    def build(context, builder, sig, args):
        builder.store_atomic(args[1], args[0], "release", align=8)
        return context.get_dummy_value()

    return types.void(place, types.int64), build


@intrinsic
def _yield(typing_context):
    def build(context, builder, sig, args):
        function_type = ir.FunctionType(ir.IntType(32), [])
        function = cgutils.get_or_insert_function(builder.module, function_type, YIELD)
        return builder.call(function, [])

    return types.int32(), build


class Team(NamedTuple):
    """A thread and its team; threads are numbered from 0."""

    signals: Any  # address of what the threads share
    thread: int
    threads: int  # in the team
    patience: Any  # nanoseconds of a wait after which the team pauses; 0: no limit


@inner
def barrier(team):
    """Wait until all threads have arrived. Each sees what the others wrote before the barrier."""
    if team.threads > 1:
        arrived = add_shared(team.signals, 1)
        all_arrived = (arrived // team.threads + 1) * team.threads
        spins, waits_until = 0, np.int64(0)
        while read_shared(team.signals) < all_arrived and arrived < RELEASED:
            spins += 1
            if spins > SPINS:
                waits_until = _wait_or_pause(team, waits_until)
                _yield()


@inner
def _wait_or_pause(team, waits_until):
    """Let the team pause once a thread has waited for too long; return until when it waits."""
    if team.patience > 0:
        now = nanoseconds()
        if waits_until == 0:
            return now + team.patience
        if now > waits_until:
            _write_shared(shifted(team.signals, PAUSE), 1)
    return waits_until


@inner
def leaves(team, pauses):
    """Wait as at a barrier; return whether the team leaves the run here.

    It does if any of its threads had been asked to stop when it arrived, so that either all threads
    make a step's update or none; and if it was released. Where it can go on later, it `pauses` too.
    """
    stop = stop_requested(team.signals, STOP)
    if team.threads == 1:
        return stop
    stop = stop or (pauses and stop_requested(team.signals, PAUSE))
    number = read_shared(team.signals) // team.threads + 1  # this barrier's
    if stop:
        _write_shared(shifted(team.signals, LEAVE_AT), number)
    barrier(team)
    leave_at = read_shared(shifted(team.signals, LEAVE_AT))
    # A thread that is ahead may have asked to leave at the next barrier.
    return 0 < leave_at <= number or read_shared(team.signals) >= RELEASED


@inner
def stop_requested(signals, place):
    """Whether the signal at a place, STOP or NEVER, asks the thread to stop."""
    return read_shared(shifted(signals, place)) != 0


if config.DISABLE_JIT:

    def read_shared(place):  # noqa: D103
        return place[0]

else:
    name_function(YIELD, "SwitchToThread", "sched_yield")
    name_function(CLOCK, "QueryPerformanceCounter", "clock_gettime")
