"""The barrier where threads wait for each other: a counter in memory that all of them raise.

Numba's own threads are not used: they outlive no fork, and one of their kinds ends the process when
two Python threads use it at once. These are Python's, inside a kernel that has let go of the GIL,
and between two steps they wait for less than a microsecond. A waiting thread soon offers its core
to others, since the one that it waits for may have none.
"""

import ctypes
import sys
from typing import Any, NamedTuple

from llvmlite import binding, ir
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

from fusedmlp.kernels.compilation.jit import inner

# How often a waiting thread reads the counter before it yields its core: about two microseconds.
SPINS = 1000

# A counter of at least this ends all waiting: some thread of the team will never come.
RELEASED = 1 << 62

YIELD = "fusedmlp_yield"


def _name_yield() -> None:
    """Give the system's function a name that compiled code finds in every process."""
    if sys.platform == "win32":
        function = ctypes.windll.kernel32.SwitchToThread
    else:
        function = ctypes.CDLL(None).sched_yield
    binding.add_symbol(YIELD, ctypes.cast(function, ctypes.c_void_p).value)


@intrinsic
def _arrive(typing_context, counter):
    def build(context, builder, sig, args):
        return builder.atomic_rmw("add", args[0], ir.Constant(ir.IntType(64), 1), "seq_cst")

    return types.int64(counter), build


@intrinsic
def _arrived(typing_context, counter):
    def build(context, builder, sig, args):
        return builder.load_atomic(args[0], "acquire", align=8)

    return types.int64(counter), build


@intrinsic
def _yield(typing_context):
    def build(context, builder, sig, args):
        function_type = ir.FunctionType(ir.IntType(32), [])
        function = cgutils.get_or_insert_function(builder.module, function_type, YIELD)
        return builder.call(function, [])

    return types.int32(), build


class Team(NamedTuple):
    """A thread's place among those that run a kernel together."""

    counter: Any  # the barrier's, an address
    thread: int
    threads: int


@inner
def barrier(team):
    """Wait until all threads have come. What any of them wrote before, all can read after."""
    if team.threads > 1:
        before = _arrive(team.counter)
        all_here = (before // team.threads + 1) * team.threads
        spins = 0
        while _arrived(team.counter) < all_here and before < RELEASED:
            spins += 1
            if spins > SPINS:
                _yield()


if not config.DISABLE_JIT:
    _name_yield()
