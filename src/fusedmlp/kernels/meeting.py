"""Where threads wait for each other: a counter in memory that all of them raise.

Numba's own threads are not used: they outlive no fork, and one of their kinds ends the process when
two Python threads use it at once. These are Python's, inside a kernel that has let go of the GIL,
and between two steps they wait for less than a microsecond. A waiting thread soon offers its core
to others, since the one that it waits for may have none.
"""

import ctypes
import sys

from llvmlite import binding, ir
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

from fusedmlp.kernels.compiled import inner

# What a waiting thread looks at before it lets others run: about two microseconds.
PATIENCE = 1000

# Raising the counter by so much ends all waiting: for a thread whose team has failed to come.
RELEASE = 1 << 62

GIVE_WAY = "fusedmlp_give_way"


def _name_give_way() -> None:
    """Give the system's function a name that compiled code finds in every process."""
    if sys.platform == "win32":
        function = ctypes.windll.kernel32.SwitchToThread
    else:
        function = ctypes.CDLL(None).sched_yield
    binding.add_symbol(GIVE_WAY, ctypes.cast(function, ctypes.c_void_p).value)


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
def _give_way(typing_context):
    def build(context, builder, sig, args):
        function_type = ir.FunctionType(ir.IntType(32), [])
        function = cgutils.get_or_insert_function(builder.module, function_type, GIVE_WAY)
        return builder.call(function, [])

    return types.int32(), build


@inner
def meet(counter, threads):
    """Wait until all threads have come. What any of them wrote before, all can read after."""
    if threads > 1:
        before = _arrive(counter)
        all_here = (before // threads + 1) * threads
        looks = 0
        while _arrived(counter) < all_here and before < RELEASE:
            looks += 1
            if looks > PATIENCE:
                _give_way()


if not config.DISABLE_JIT:
    _name_give_way()
