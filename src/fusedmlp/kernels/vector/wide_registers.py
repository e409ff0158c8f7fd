"""Instructions of AVX-512 that take registers of 64 bytes, on vectors of any size.

They are 64 bytes wide also where other instructions take 32: a sigmoid takes less on Zen 4.
"""

from functools import partial

from llvmlite import ir
from numba.core import cgutils
from numba.extending import intrinsic

from fusedmlp.kernels.vector.simd import lane_range

BYTES = 64
ROUND_AS_USUAL = 4  # the current rounding mode


@intrinsic
def scale_by_power(typing_context, vector, exponent):
    def build(context, builder, sig, args):
        return in_registers(builder, args, _scaled)

    return vector(vector, vector), build


@intrinsic
def power_of_two_below(typing_context, exponent):
    """Return 2**k for an exponent rounded down to k; it may be 0, or infinity."""

    def build(context, builder, sig, args):
        return in_registers(builder, args, _power)

    return exponent(exponent), build


def table_of_16(doubles, floats):
    """Return an intrinsic (places) that reads a table of 16 numbers, which is in registers.

    Each lane of the result is the number at the last four bits of that lane of `places`. The tables
    are one for each type.
    """

    @intrinsic
    def look_up(typing_context, places):
        def build(context, builder, sig, args):
            numbers = doubles if places.dtype.bitwidth == 64 else floats
            return in_registers(builder, args, partial(_looked_up, numbers=numbers))

        return places(places), build

    return look_up


def in_registers(builder, vectors, build):
    """Return the vector that build(builder, *registers) makes of each 64 bytes of some vectors."""
    lanes, kind = vectors[0].type.count, vectors[0].type.element
    width = BYTES // (8 if kind == ir.DoubleType() else 4)
    if lanes < width:  # the rest of the register is not defined
        wide = [lane_range(builder, 0, width, vector, _undefined(vector)) for vector in vectors]
        result = build(builder, *wide)
        return lane_range(builder, 0, lanes, result, result)
    parts = [
        build(builder, *(lane_range(builder, first, width, v, v) for v in vectors))
        for first in range(0, lanes, width)
    ]
    while len(parts) > 1:
        pairs = zip(parts[::2], parts[1::2], strict=True)
        parts = [lane_range(builder, 0, 2 * a.type.count, a, b) for a, b in pairs]
    return parts[0]


def _undefined(vector):
    return ir.Constant(vector.type, ir.Undefined)


def _scaled(builder, vector, exponent):
    """Call the instruction, without a mask."""
    kind = vector.type
    everywhere = ir.Constant(ir.IntType(kind.count), -1)
    zeros = ir.Constant(kind, [0.0] * kind.count)
    rounding = ir.Constant(ir.IntType(32), ROUND_AS_USUAL)
    arguments = [vector, exponent, zeros, everywhere, rounding]
    return call_avx512(builder, f"mask.scalef.{_suffix(kind)}.512", arguments)


def _power(builder, exponent):
    kind = exponent.type
    return _scaled(builder, ir.Constant(kind, [1.0] * kind.count), exponent)


def _looked_up(builder, places, numbers):
    """Call the instruction for one register of numbers in float32, for two in float64."""
    kind = places.type
    width = kind.count
    bits = ir.IntType(BYTES * 8 // width)
    indices = builder.bitcast(places, ir.VectorType(bits, width))
    first = ir.Constant(kind, numbers[:width])
    if width == len(numbers):
        return call_avx512(builder, "permvar.sf.512", [first, indices])
    second = ir.Constant(kind, numbers[width:])
    return call_avx512(builder, "vpermi2var.pd.512", [first, indices, second])


def _suffix(kind):
    return "pd" if kind.element == ir.DoubleType() else "ps"


def call_avx512(builder, name, arguments):
    """Call an intrinsic of AVX-512 whose result is of the type of its first argument."""
    kind = arguments[0].type
    function_type = ir.FunctionType(kind, [a.type for a in arguments])
    name = f"llvm.x86.avx512.{name}"
    function = cgutils.get_or_insert_function(builder.module, function_type, name)
    return builder.call(function, arguments)
