"""The system's clock, in compiled code."""

import ctypes
import sys
import time

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

CLOCK = "fusedmlp_clock"


def name_function(name: str, of_windows: str, of_others: str) -> None:
    """Register a function of the system under a name that compiled code finds in every process."""
    if sys.platform == "win32":
        function = getattr(ctypes.windll.kernel32, of_windows)
    else:
        function = getattr(ctypes.CDLL(None), of_others)
    binding.add_symbol(name, ctypes.cast(function, ctypes.c_void_p).value)


@intrinsic
def nanoseconds(typing_context):
    """Return the nanoseconds of a clock that never goes back; 30 ns a call."""

    def build(context, builder, sig, args):
        word = ir.IntType(64)
        read = cgutils.alloca_once(builder, word, size=2)
        if sys.platform == "win32":  # ticks of 100 ns
            _call_clock(builder, [read])
            return builder.mul(builder.load(read), ir.Constant(word, 100))
        _call_clock(builder, [ir.Constant(ir.IntType(32), time.CLOCK_MONOTONIC), read])
        seconds = builder.load(read)
        rest = builder.load(builder.gep(read, [ir.Constant(word, 1)]))
        return builder.add(builder.mul(seconds, ir.Constant(word, 10**9)), rest)

    return types.int64(), build


def _call_clock(builder, arguments):
    function_type = ir.FunctionType(ir.IntType(32), [a.type for a in arguments])
    builder.call(cgutils.get_or_insert_function(builder.module, function_type, CLOCK), arguments)
