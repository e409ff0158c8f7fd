"""Loads and stores of vectors.

Memory is passed as an address, one machine word. An array is a struct of nine words: passing such
structs to each function of a step took most of a small network's epoch and of the compile time.
"""

from llvmlite import ir
from numba import types
from numba.core.errors import TypingError
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

from fusedmlp.kernels.vector.simd import (
    REGISTER,
    WIDE,
    Vector,
    call_llvm,
    lanes_of,
    splatted,
)

STACK_BYTES = 16384  # half of the L1 cache

LINE = 64  # bytes of a cache line

COLUMN = REGISTER // 4  # items of a column, which are two registers of float64


@intrinsic
def address(typing_context, array):
    if array.layout != "C":
        raise TypingError(f"an array must be C-ordered, got {array}")

    def build(context, builder, sig, args):
        return make_array(array)(context, builder, args[0]).data

    return types.CPointer(array.dtype)(array), build


@intrinsic
def first_line(typing_context, array):
    def build(context, builder, sig, args):
        start = make_array(array)(context, builder, args[0]).data
        place = builder.ptrtoint(start, ir.IntType(64))
        up = builder.add(place, ir.Constant(place.type, LINE - 1))
        return builder.inttoptr(builder.and_(up, ir.Constant(place.type, -LINE)), start.type)

    return types.CPointer(array.dtype)(array), build


@intrinsic
def as_float64(typing_context, memory):
    def build(context, builder, sig, args):
        return builder.bitcast(args[0], ir.DoubleType().as_pointer())

    return types.CPointer(types.float64)(memory), build


@intrinsic
def shifted(typing_context, memory, items):
    def build(context, builder, sig, args):
        return builder.gep(args[0], [args[1]])

    return memory(memory, types.intp), build


def vector_pointer(builder, memory, offset, vector_type):
    """Return the address of the vector whose first item is at `offset`."""
    return builder.bitcast(builder.gep(memory, [offset]), vector_type.as_pointer())


def loader(registers):
    """Return an intrinsic that loads `registers` registers of items from `offset` on."""

    @intrinsic
    def load(typing_context, memory, offset):
        result = Vector(memory.dtype, registers * lanes_of(memory.dtype))

        def build(context, builder, sig, args):
            pointer = vector_pointer(builder, args[0], args[1], context.get_value_type(result))
            return builder.load(pointer, align=memory.dtype.bitwidth // 8)

        return result(memory, types.intp), build

    return load


@intrinsic
def store(typing_context, memory, offset, vector):
    def build(context, builder, sig, args):
        pointer = vector_pointer(builder, args[0], args[1], args[2].type)
        builder.store(args[2], pointer, align=memory.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(memory, types.intp, vector), build


def first_lanes(builder, count, vector_type):
    """Return the mask of the lanes below count; its integers are as wide as the vector's items."""
    index = ir.IntType(64 if vector_type.element == ir.DoubleType() else 32)
    lanes = vector_type.count
    numbers = ir.Constant(ir.VectorType(index, lanes), list(range(lanes)))
    # Not the last 32 bits of any count: those of 2**31 or more are negative.
    most = ir.Constant(count.type, lanes)
    count = builder.select(builder.icmp_signed("<", count, most), count, most)
    narrow = builder.trunc(count, index) if index.width < count.type.width else count
    return builder.icmp_signed("<", numbers, splatted(builder, narrow, lanes))


@intrinsic
def not_moved(typing_context, number):
    # LLVM moves nothing past assembly of which it does not know what it does.
    def build(context, builder, sig, args):
        kind = ir.FunctionType(args[0].type, [args[0].type])
        return builder.asm(kind, "", "=r,0", args, side_effect=True)

    return number(number), build


def _first_loader(registers):
    """Return an intrinsic that loads the first `count` lanes of `registers` registers."""

    @intrinsic
    def load_first(typing_context, memory, offset, count):
        result = Vector(memory.dtype, registers * lanes_of(memory.dtype))

        def build(context, builder, sig, args):
            vector_type = context.get_value_type(result)
            align = ir.Constant(ir.IntType(32), memory.dtype.bitwidth // 8)
            mask = first_lanes(builder, args[2], vector_type)
            pointer = vector_pointer(builder, args[0], args[1], vector_type)
            zero = ir.Constant(vector_type, [0.0] * result.lanes)
            arguments = [pointer, align, mask, zero]
            return call_llvm(builder, "masked.load", vector_type, ".p0", arguments, vector_type)

        return result(memory, types.intp, types.intp), build

    return load_first


@intrinsic
def store_first(typing_context, memory, offset, vector, count):
    def build(context, builder, sig, args):
        vector_type = context.get_value_type(vector)
        align = ir.Constant(ir.IntType(32), memory.dtype.bitwidth // 8)
        mask = first_lanes(builder, args[3], vector_type)
        pointer = vector_pointer(builder, args[0], args[1], vector_type)
        arguments = [args[2], pointer, align, mask]
        call_llvm(builder, "masked.store", vector_type, ".p0", arguments, ir.VoidType())
        return context.get_dummy_value()

    return types.void(memory, types.intp, vector, types.intp), build


@intrinsic
def column_height(typing_context, memory):
    def build(context, builder, sig, args):
        return context.get_constant(types.intp, COLUMN)

    return types.intp(memory), build


@intrinsic
def load_column(typing_context, memory, offset, stride, count):
    result = Vector(memory.dtype, COLUMN)

    def build(context, builder, sig, args):
        column, offset, stride, count = args
        last = builder.sub(count, ir.Constant(count.type, 1))
        vector = ir.Constant(context.get_value_type(result), ir.Undefined)
        for lane in range(COLUMN):
            row = ir.Constant(count.type, lane)
            row = builder.select(builder.icmp_signed("<", row, last), row, last)
            item = builder.load(
                builder.gep(column, [builder.add(offset, builder.mul(row, stride))])
            )
            vector = builder.insert_element(vector, item, ir.Constant(ir.IntType(32), lane))
        return vector

    return result(memory, types.intp, types.intp, types.intp), build


@intrinsic
def store_column(typing_context, memory, offset, stride, vector, count):
    def build(context, builder, sig, args):
        column, offset, stride, vector, count = args
        for lane in range(COLUMN):
            number = ir.Constant(count.type, lane)
            with builder.if_then(builder.icmp_signed("<", number, count)):
                item = builder.extract_element(vector, ir.Constant(ir.IntType(32), lane))
                place = builder.add(offset, builder.mul(number, stride))
                builder.store(item, builder.gep(column, [place]))
        return context.get_dummy_value()

    return types.void(memory, types.intp, types.intp, vector, types.intp), build


@intrinsic
def load_packed_column(typing_context, memory, offset):
    result = Vector(memory.dtype, COLUMN)

    def build(context, builder, sig, args):
        pointer = vector_pointer(builder, args[0], args[1], context.get_value_type(result))
        return builder.load(pointer, align=memory.dtype.bitwidth // 8)

    return result(memory, types.intp), build


@intrinsic
def keep_first(typing_context, vector, count):
    def build(context, builder, sig, args):
        mask = first_lanes(builder, args[1], args[0].type)
        zero = ir.Constant(args[0].type, [0.0] * vector.lanes)
        return builder.select(mask, args[0], zero)

    return vector(vector, types.intp), build


@intrinsic
def stack_buffer(typing_context, memory):
    def build(context, builder, sig, args):
        item = context.get_value_type(memory.dtype)
        items = STACK_BYTES * 8 // memory.dtype.bitwidth
        with builder.goto_entry_block():  # Numba's own alloca_once would zero the memory
            buffer = builder.alloca(ir.ArrayType(item, items))
        buffer.align = 64
        return builder.bitcast(buffer, item.as_pointer())

    return memory(memory), build


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


load, load_wide = loader(1), loader(WIDE)
load_first, load_first_wide = _first_loader(1), _first_loader(WIDE)
