"""SIMD vectors as values: the numbers that one register of the processor holds.

Numba has no SIMD type, but accepts new types: a `Vector` is LLVM's ``<n x double>`` or
``<n x float>``. ``+ - * /`` work lane by lane; one operand may be a scalar. ``< >`` give a mask for
`select`. A wide vector has several registers, which are independent of each other.
"""

import operator

from llvmlite import binding, ir
from numba import config, types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, lower_cast, models, register_model


def host_has(feature: str) -> bool:
    """Whether the processor that Numba compiles for has a feature, by LLVM's name."""
    if config.CPU_FEATURES is not None:
        return f"+{feature}" in config.CPU_FEATURES.split(",")
    return bool(binding.get_host_cpu_features().get(feature))


# These processors run an instruction on 64 bytes as two on 32: 64 bytes gain nothing and make
# remainders longer. On Zen 4, 8-16-2 takes 1.57 us a step with 32 bytes and 2.47 with 64,
# 784-100-10 446 and 504.
_SPLIT_64_BYTES = {"znver4"}
_USES_64_BYTES = (config.CPU_NAME or binding.get_host_cpu_name()) not in _SPLIT_64_BYTES

# Bytes in a register, and registers in a wide vector of element-wise work, which are independent of
# each other. The tiles of matrix products have shapes of their own (matmul/tile_shapes.py).
HAS_AVX512 = host_has("avx512f")
REGISTER = 64 if HAS_AVX512 and _USES_64_BYTES else 32 if host_has("avx") else 16
WIDE = 4 if HAS_AVX512 else 2  # of 32 or 16 registers

# The instructions of vector/wide_registers.py. Every processor with 64-byte registers has these but
# the Xeon Phi; that feature is asked for so that tests can leave them out.
USES_AVX512_MATH = HAS_AVX512 and host_has("avx512vl")


class Vector(types.Type):
    """Numba's type of a vector of `lanes` numbers of type dtype; a mask's dtype is boolean."""

    def __init__(self, dtype, lanes):
        self.dtype, self.lanes = dtype, lanes
        super().__init__(name=f"Vector({dtype}, {lanes})")


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager, vector):
        bits = ir.IntType(1)
        scalar = {types.float64: ir.DoubleType(), types.float32: ir.FloatType()}
        lane = scalar.get(vector.dtype, bits)
        super().__init__(manager, vector, ir.VectorType(lane, vector.lanes))


def splatted(builder, scalar, lanes):
    """Return a vector whose lanes are all the same scalar."""
    vector = ir.Constant(ir.VectorType(scalar.type, lanes), ir.Undefined)
    vector = builder.insert_element(vector, scalar, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
    return builder.shuffle_vector(vector, vector, zeros)


@lower_cast(types.Float, Vector)
@lower_cast(types.Integer, Vector)
def _cast_scalar(context, builder, source, target, value):
    scalar = context.cast(builder, value, source, target.dtype)
    return splatted(builder, scalar, target.lanes)


def _define_operator(symbol, build, gives_mask=False):
    @infer_global(symbol)
    class _Typing(AbstractTemplate):
        def generic(self, args, keywords):
            vectors = [arg for arg in args if isinstance(arg, Vector)]
            if vectors and not keywords:
                result = Vector(types.boolean, vectors[0].lanes) if gives_mask else vectors[0]
                return signature(result, *[vectors[0]] * len(args))
            return None

    @lower_builtin(symbol, Vector, Vector)
    def _lower(context, builder, signature, args):
        return build(builder, *args)


_define_operator(operator.add, lambda builder, a, b: builder.fadd(a, b))
_define_operator(operator.iadd, lambda builder, a, b: builder.fadd(a, b))
_define_operator(operator.sub, lambda builder, a, b: builder.fsub(a, b))
_define_operator(operator.mul, lambda builder, a, b: builder.fmul(a, b))
_define_operator(operator.truediv, lambda builder, a, b: builder.fdiv(a, b))
_define_operator(operator.lt, lambda builder, a, b: builder.fcmp_ordered("<", a, b), True)
_define_operator(operator.gt, lambda builder, a, b: builder.fcmp_ordered(">", a, b), True)


def lanes_of(dtype):
    return REGISTER * 8 // dtype.bitwidth


def zeros_of(registers):
    """Return an intrinsic for a vector of zeros of `registers` registers, of memory's type."""

    @intrinsic
    def zeros(typing_context, memory):
        result = Vector(memory.dtype, registers * lanes_of(memory.dtype))

        def build(context, builder, sig, args):
            return ir.Constant(context.get_value_type(result), [0.0] * result.lanes)

        return result(memory), build

    return zeros


def call_llvm(builder, name, vector_type, suffix, arguments, result, fastmath=()):
    """Call an LLVM intrinsic on vectors."""
    lanes = f"v{vector_type.count}f{64 if vector_type.element == ir.DoubleType() else 32}"
    function_type = ir.FunctionType(result, [a.type for a in arguments])
    function = cgutils.get_or_insert_function(
        builder.module, function_type, f"llvm.{name}.{lanes}{suffix}"
    )
    return builder.call(function, arguments, fastmath=fastmath)


def lane_counter(registers):
    """Return an intrinsic that counts the lanes of `registers` registers of memory's type."""

    @intrinsic
    def lane_count(typing_context, memory):
        def build(context, builder, sig, args):
            return context.get_constant(types.intp, registers * lanes_of(memory.dtype))

        return types.intp(memory), build

    return lane_count


@intrinsic
def select(typing_context, mask, yes, no):
    vector = yes if isinstance(yes, Vector) else no

    def build(context, builder, sig, args):
        return builder.select(*args)

    return vector(mask, vector, vector), build


@intrinsic
def fma(typing_context, a, b, c):
    vector = next(v for v in (c, b, a) if isinstance(v, Vector))

    def build(context, builder, sig, args):
        return call_llvm(builder, "fmuladd", args[0].type, "", args, args[0].type)

    return vector(vector, vector, vector), build


def lane_range(builder, first, count, low, high):
    """Return `count` lanes of two concatenated vectors, from lane `first` on."""
    indices = ir.Constant(ir.VectorType(ir.IntType(32), count), list(range(first, first + count)))
    return builder.shuffle_vector(low, high, indices)


@intrinsic
def concatenate(typing_context, low, high):
    lanes = 2 * low.lanes

    def build(context, builder, sig, args):
        return lane_range(builder, 0, lanes, *args)

    return Vector(low.dtype, lanes)(low, low), build


@intrinsic
def split(typing_context, wide):
    half = Vector(wide.dtype, wide.lanes // 2)

    def build(context, builder, sig, args):
        both = [lane_range(builder, n * half.lanes, half.lanes, args[0], args[0]) for n in (0, 1)]
        return context.make_tuple(builder, sig.return_type, both)

    return types.UniTuple(half, 2)(wide), build


@intrinsic
def relu(typing_context, vector):
    # Not a select: if the result replaces the operand in memory, LLVM makes a masked store of it,
    # which takes five times as long on AMD's processors.
    def build(context, builder, sig, args):
        zero = ir.Constant(args[0].type, [0.0] * vector.lanes)
        arguments, flags = [args[0], zero], ("nsz",)
        return call_llvm(builder, "maximum", args[0].type, "", arguments, args[0].type, flags)

    return vector(vector), build


@intrinsic
def power_of_two(typing_context, shifted):
    mantissa, bias = (52, 1023) if shifted.dtype == types.float64 else (23, 127)

    def build(context, builder, sig, args):
        vector_type = args[0].type
        integers = ir.VectorType(ir.IntType(shifted.dtype.bitwidth), shifted.lanes)
        shift = ir.Constant(integers, [mantissa] * shifted.lanes)
        one = ir.Constant(integers, [bias << mantissa] * shifted.lanes)
        bits = builder.shl(builder.bitcast(args[0], integers), shift)
        return builder.bitcast(builder.add(bits, one), vector_type)

    return shifted(shifted), build


def _reduction(combine):
    """Return an intrinsic that reduces a vector's lanes to one number, pairwise."""

    @intrinsic
    def reduce(typing_context, vector):
        def build(context, builder, sig, args):
            lanes = [
                builder.extract_element(args[0], ir.Constant(ir.IntType(32), k))
                for k in range(vector.lanes)
            ]
            while len(lanes) > 1:
                half = len(lanes) // 2
                pairs = zip(lanes[:half], lanes[half:], strict=True)
                lanes = [combine(builder, a, b) for a, b in pairs]
            return lanes[0]

        return vector.dtype(vector), build

    return reduce


def _maximum(builder, a, b):
    """Return a where a > b, else b, also for NaN: one instruction."""
    return builder.select(builder.fcmp_ordered(">", a, b), a, b)


@intrinsic
def any_lane(typing_context, vector):
    def build(context, builder, sig, args):
        differ = builder.fcmp_unordered("!=", args[0], ir.Constant(args[0].type, None))
        bits = builder.bitcast(differ, ir.IntType(vector.lanes))
        return builder.icmp_unsigned("!=", bits, ir.Constant(bits.type, 0))

    return types.boolean(vector), build


@intrinsic
def absolute(typing_context, vector):
    def build(context, builder, sig, args):
        return call_llvm(builder, "fabs", args[0].type, "", args, args[0].type)

    return vector(vector), build


@intrinsic
def to_float64(typing_context, vector):
    result = Vector(types.float64, vector.lanes)

    def build(context, builder, sig, args):
        if vector == result:
            return args[0]
        return builder.fpext(args[0], context.get_value_type(result))

    return result(vector), build


@intrinsic
def copysign(typing_context, size, sign):
    def build(context, builder, sig, args):
        return call_llvm(builder, "copysign", args[0].type, "", args, args[0].type)

    return size(size, sign), build


@intrinsic
def maximum(typing_context, a, b):
    def build(context, builder, sig, args):
        return _maximum(builder, *args)

    return a(a, a), build


lane_count = lane_counter(1)
zeros, zeros_wide = zeros_of(1), zeros_of(WIDE)
sum_lanes = _reduction(lambda builder, a, b: builder.fadd(a, b))
max_lane = _reduction(_maximum)
