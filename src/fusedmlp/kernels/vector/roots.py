"""Square roots of vectors."""

from llvmlite import ir
from numba.core import cgutils
from numba.extending import intrinsic

from fusedmlp.kernels.vector.simd import HAS_AVX512, call_llvm, host_has
from fusedmlp.kernels.vector.wide_registers import call_avx512, in_registers

# In float64, Newton's method leaves the divider to divisions: Adam takes a fifth less time on Zen
# 4, where a register of 64 bytes takes 17 cycles for roots and 10 for quotients. In float32, with
# 10 and 7, it would take a third more.
BY_NEWTON = HAS_AVX512 and host_has("avx512dq")

ZEROS_AND_INFINITY = ir.Constant(ir.IntType(32), 2 + 4 + 8)  # fpclass: +0, -0, +inf


@intrinsic
def sqrt(typing_context, vector):
    def build(context, builder, sig, args):
        kind = args[0].type
        if BY_NEWTON and kind.element == ir.DoubleType():
            return in_registers(builder, args, _root)
        return call_llvm(builder, "sqrt", kind, "", args, kind)

    return vector(vector), build


def _root(builder, x):
    """Return the roots of a register from estimates of their inverses, with 14 correct bits.

    Goldschmidt's iteration doubles the correct bits of the root and of half its inverse, and a
    Newton step from these does so again. Zeros and infinity are their own roots; of
    subnormal numbers, roots have eight digits.
    """
    kind = x.type
    half, nothing = (ir.Constant(kind, [number] * kind.count) for number in (0.5, 0.0))
    everywhere = ir.Constant(ir.IntType(kind.count), -1)
    estimate = call_avx512(builder, "rsqrt14.pd.512", [x, nothing, everywhere])

    def fma(a, b, c):
        return call_llvm(builder, "fma", kind, "", [a, b, c], kind)

    root, inverse = builder.fmul(x, estimate), builder.fmul(half, estimate)
    error = fma(builder.fneg(root), inverse, half)
    root, inverse = fma(root, error, root), fma(inverse, error, inverse)
    root = fma(fma(builder.fneg(root), root, x), inverse, root)
    return builder.select(_is_own_root(builder, x), x, root)


def _is_own_root(builder, x):
    flags = ir.VectorType(ir.IntType(1), x.type.count)
    function_type = ir.FunctionType(flags, [x.type, ZEROS_AND_INFINITY.type])
    name = "llvm.x86.avx512.fpclass.pd.512"
    function = cgutils.get_or_insert_function(builder.module, function_type, name)
    return builder.call(function, [x, ZEROS_AND_INFINITY])
