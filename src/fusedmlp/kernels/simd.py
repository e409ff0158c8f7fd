"""A vector as a value: as many numbers as one register of the processor holds.

Numba knows no SIMD type, but takes one: a `Vector` is LLVM's ``<n x double>`` or ``<n x float>``.
``+ - * /`` work lane by lane and take a scalar for one side; ``< >`` give a mask for `select`.
A wide vector is simply several registers: chains that do not wait for each other.

Memory is an address, one machine word. An array is a struct of nine: passed on to every function
inside a step, those structs took most of a small network's epoch and of the compiler's time.
"""

import operator

from llvmlite import binding, ir
from numba import config, types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, lower_cast, models, register_model
from numba.np.arrayobj import make_array


def _host_has(feature: str) -> bool:
    """Whether the processor that Numba compiles for has a feature of LLVM's list."""
    if config.CPU_FEATURES is not None:
        return f"+{feature}" in config.CPU_FEATURES.split(",")
    return bool(binding.get_host_cpu_features().get(feature))


# Bytes in a register, and how many registers are as wide as a tile's row: 6 rows of 4 with the 32
# registers of AVX-512, 6 of 2 with 16 (one more of either spills: 266 GFLOP/s became 51).
REGISTER = 64 if _host_has("avx512f") else 32 if _host_has("avx") else 16
WIDE = 4 if REGISTER == 64 else 2


class Vector(types.Type):
    """Numba's type of a vector of so many lanes; a mask has booleans as its lanes."""

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


def _splat(builder, scalar, lanes):
    """All lanes of a vector the same scalar."""
    vector = ir.Constant(ir.VectorType(scalar.type, lanes), ir.Undefined)
    vector = builder.insert_element(vector, scalar, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
    return builder.shuffle_vector(vector, vector, zeros)


@lower_cast(types.Float, Vector)
@lower_cast(types.Integer, Vector)
def _cast_scalar(context, builder, source, target, value):
    scalar = context.cast(builder, value, source, target.dtype)
    return _splat(builder, scalar, target.lanes)


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


def _lanes(dtype):
    return REGISTER * 8 // dtype.bitwidth


@intrinsic
def address(typing_context, array):
    def build(context, builder, sig, args):
        return make_array(array)(context, builder, args[0]).data

    return types.CPointer(array.dtype)(array), build


@intrinsic
def shifted(typing_context, memory, items):
    def build(context, builder, sig, args):
        return builder.gep(args[0], [args[1]])

    return memory(memory, types.intp), build


def _pointer(builder, memory, offset, vector_type):
    """Return the address of the vector that begins with the item at offset."""
    return builder.bitcast(builder.gep(memory, [offset]), vector_type.as_pointer())


def _loader(registers):
    """Return an intrinsic that loads so many registers from the items `offset` on."""

    @intrinsic
    def load(typing_context, memory, offset):
        result = Vector(memory.dtype, registers * _lanes(memory.dtype))

        def build(context, builder, sig, args):
            pointer = _pointer(builder, args[0], args[1], context.get_value_type(result))
            return builder.load(pointer, align=memory.dtype.bitwidth // 8)

        return result(memory, types.intp), build

    return load


def _zeros(registers):
    """Return an intrinsic that makes so many registers of zeros, of memory's type."""

    @intrinsic
    def zeros(typing_context, memory):
        result = Vector(memory.dtype, registers * _lanes(memory.dtype))

        def build(context, builder, sig, args):
            return ir.Constant(context.get_value_type(result), [0.0] * result.lanes)

        return result(memory), build

    return zeros


load, load_wide = _loader(1), _loader(WIDE)
zeros, zeros_wide = _zeros(1), _zeros(WIDE)


@intrinsic
def store(typing_context, memory, offset, vector):
    def build(context, builder, sig, args):
        pointer = _pointer(builder, args[0], args[1], args[2].type)
        builder.store(args[2], pointer, align=memory.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(memory, types.intp, vector), build


def _first_lanes(builder, count, lanes):
    """Mask of the lanes below count."""
    index = ir.IntType(64)
    numbers = ir.Constant(ir.VectorType(index, lanes), list(range(lanes)))
    return builder.icmp_signed("<", numbers, _splat(builder, count, lanes))


def _masked(builder, name, vector_type, arguments, result):
    """Call LLVM's llvm.masked.load or store."""
    suffix = f"v{vector_type.count}f{64 if vector_type.element == ir.DoubleType() else 32}"
    function_type = ir.FunctionType(result, [a.type for a in arguments])
    function = cgutils.get_or_insert_function(
        builder.module, function_type, f"llvm.masked.{name}.{suffix}.p0"
    )
    return builder.call(function, arguments)


@intrinsic
def load_first(typing_context, memory, offset, count):
    result = Vector(memory.dtype, _lanes(memory.dtype))

    def build(context, builder, sig, args):
        vector_type = context.get_value_type(result)
        align = ir.Constant(ir.IntType(32), memory.dtype.bitwidth // 8)
        mask = _first_lanes(builder, args[2], result.lanes)
        pointer = _pointer(builder, args[0], args[1], vector_type)
        zero = ir.Constant(vector_type, [0.0] * result.lanes)
        return _masked(builder, "load", vector_type, [pointer, align, mask, zero], vector_type)

    return result(memory, types.intp, types.intp), build


@intrinsic
def store_first(typing_context, memory, offset, vector, count):
    def build(context, builder, sig, args):
        vector_type = context.get_value_type(vector)
        align = ir.Constant(ir.IntType(32), memory.dtype.bitwidth // 8)
        mask = _first_lanes(builder, args[3], vector.lanes)
        pointer = _pointer(builder, args[0], args[1], vector_type)
        _masked(builder, "store", vector_type, [args[2], pointer, align, mask], ir.VoidType())
        return context.get_dummy_value()

    return types.void(memory, types.intp, vector, types.intp), build


@intrinsic
def lane_count(typing_context, memory):
    def build(context, builder, sig, args):
        return context.get_constant(types.intp, _lanes(memory.dtype))

    return types.intp(memory), build


@intrinsic
def at(typing_context, memory, offset):
    def build(context, builder, sig, args):
        return builder.load(builder.gep(args[0], [args[1]]))

    return memory.dtype(memory, types.intp), build


@intrinsic
def put(typing_context, memory, offset, scalar):
    def build(context, builder, sig, args):
        builder.store(args[2], builder.gep(args[0], [args[1]]))
        return context.get_dummy_value()

    return types.void(memory, types.intp, memory.dtype), build


@intrinsic
def select(typing_context, mask, yes, no):
    vector = yes if isinstance(yes, Vector) else no

    def build(context, builder, sig, args):
        return builder.select(*args)

    return vector(mask, vector, vector), build


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


@intrinsic
def total(typing_context, vector):
    def build(context, builder, sig, args):
        lanes = [
            builder.extract_element(args[0], ir.Constant(ir.IntType(32), k))
            for k in range(vector.lanes)
        ]
        while len(lanes) > 1:  # pairwise
            half = len(lanes) // 2
            lanes = [builder.fadd(a, b) for a, b in zip(lanes[:half], lanes[half:], strict=True)]
        return lanes[0]

    return vector.dtype(vector), build
