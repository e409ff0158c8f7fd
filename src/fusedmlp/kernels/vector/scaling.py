"""x 2**k, by an instruction of AVX-512."""

from llvmlite import ir
from numba.core import cgutils
from numba.extending import intrinsic

from fusedmlp.kernels.vector.simd import lane_range

ROUND_AS_USUAL = 4  # the current rounding mode of AVX-512's instructions


@intrinsic
def scale_by_power(typing_context, vector, exponent):
    def build(context, builder, sig, args):
        # 64 bytes at a time also where other instructions take 32: a sigmoid takes less on Zen 4.
        lanes = min(512 // vector.dtype.bitwidth, vector.lanes)
        parts = [
            _scaled(builder, *(lane_range(builder, first, lanes, v, v) for v in args))
            for first in range(0, vector.lanes, lanes)
        ]
        while len(parts) > 1:
            pairs = zip(parts[::2], parts[1::2], strict=True)
            parts = [lane_range(builder, 0, 2 * a.type.count, a, b) for a, b in pairs]
        return parts[0]

    return vector(vector, vector), build


def _scaled(builder, vector, exponent):
    """Call the instruction, without a mask, on vectors of one register."""
    kind = vector.type
    register, bits = ("ps", 32) if kind.element == ir.FloatType() else ("pd", 64)
    everywhere = ir.Constant(ir.IntType(max(8, kind.count)), -1)
    arguments = [vector, exponent, ir.Constant(kind, [0.0] * kind.count), everywhere]
    if kind.count * bits == 512:  # for narrower vectors, it takes none
        arguments.append(ir.Constant(ir.IntType(32), ROUND_AS_USUAL))
    function_type = ir.FunctionType(kind, [a.type for a in arguments])
    name = f"llvm.x86.avx512.mask.scalef.{register}.{kind.count * bits}"
    function = cgutils.get_or_insert_function(builder.module, function_type, name)
    return builder.call(function, arguments)
