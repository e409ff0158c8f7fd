"""1 / x and x 2**k, by instructions of AVX-512 where the processor has them."""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from fusedmlp.kernels.vector.simd import USES_AVX512_MATH, lane_range

ROUND_AS_USUAL = 4  # the current rounding mode of AVX-512's instructions


@intrinsic
def reciprocal(typing_context, vector):
    def build(context, builder, sig, args):
        one = ir.Constant(args[0].type, [1.0] * vector.lanes)
        if not USES_AVX512_MATH:
            return builder.fdiv(one, args[0])
        near = _by_registers(builder, "rcp14", args, vector.dtype)
        if vector.dtype == types.float32:
            return near
        error = builder.fsub(one, builder.fmul(args[0], near, ("contract",)), ("contract",))
        return builder.fadd(near, builder.fmul(near, error, ("contract",)), ("contract",))

    return vector(vector), build


@intrinsic
def scale_by_power(typing_context, vector, exponent):
    def build(context, builder, sig, args):
        return _by_registers(builder, "mask.scalef", args, vector.dtype)

    return vector(vector, vector), build


def _by_registers(builder, name, vectors, dtype):
    """Return an instruction's result for wide vectors, which it takes 64 bytes at a time.

    Also where other instructions take 32: on Zen 4, this makes a sigmoid a fifth shorter.
    """
    lanes = min(512 // dtype.bitwidth, vectors[0].type.count)
    parts = [
        _call(builder, name, [lane_range(builder, first, lanes, v, v) for v in vectors], dtype)
        for first in range(0, vectors[0].type.count, lanes)
    ]
    while len(parts) > 1:
        pairs = zip(parts[::2], parts[1::2], strict=True)
        parts = [lane_range(builder, 0, 2 * a.type.count, a, b) for a, b in pairs]
    return parts[0]


def _call(builder, name, vectors, dtype):
    """Call an instruction, without a mask, on vectors of one register."""
    kind, register = vectors[0].type, "ps" if dtype == types.float32 else "pd"
    everywhere = ir.Constant(ir.IntType(max(8, kind.count)), -1)
    arguments = [*vectors, ir.Constant(kind, [0.0] * kind.count), everywhere]
    bits = kind.count * dtype.bitwidth
    if name == "mask.scalef" and bits == 512:  # for narrower vectors, it takes none
        arguments.append(ir.Constant(ir.IntType(32), ROUND_AS_USUAL))
    function_type = ir.FunctionType(kind, [a.type for a in arguments])
    name = f"llvm.x86.avx512.{name}.{register}.{bits}"
    function = cgutils.get_or_insert_function(builder.module, function_type, name)
    return builder.call(function, arguments)
