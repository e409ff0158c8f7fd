"""Whether an array's numbers have the processor's byte order, in machine code.

Numba takes an array that is byte-swapped for one that is not, once it has compiled for such a type:
the order has to be read from the array object.
"""

import sys

from llvmlite import ir
from numba.core import cgutils

# The beginning of NumPy's array and dtype objects, as its C interface lays them out: after what
# every object has come data, dimensions, shape, strides, base and dtype; type, kind, letter, order.
POINTER = ir.IntType(8).as_pointer()
HEADER = ir.ArrayType(ir.IntType(8), object.__basicsize__)
DTYPE_OBJECT = ir.LiteralStructType([HEADER, POINTER, *[ir.IntType(8)] * 3])
ARRAY_OBJECT = ir.LiteralStructType(
    [HEADER, POINTER, ir.IntType(32), *[POINTER] * 3, DTYPE_OBJECT.as_pointer()]
)
SWAPPED = ord(">" if sys.byteorder == "little" else "<")


def has_native_bytes(builder, array_object):
    """Return whether the numbers of an array object are native; an array made here has none."""
    is_made_here = cgutils.is_null(builder, array_object)
    with builder.if_else(is_made_here, likely=False) as (made_here, given):
        with made_here:
            from_here = builder.basic_block
        with given:
            array = builder.bitcast(array_object, ARRAY_OBJECT.as_pointer())
            dtype = builder.load(cgutils.gep_inbounds(builder, array, 0, 6))
            order = builder.load(cgutils.gep_inbounds(builder, dtype, 0, 4))
            is_native = builder.icmp_unsigned("!=", order, order.type(SWAPPED))
            from_object = builder.basic_block
    result = builder.phi(is_native.type)
    result.add_incoming(cgutils.true_bit, from_here)
    result.add_incoming(is_native, from_object)
    return result
