"""Squares of vectors: transposed, and dot products with each of their lines."""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from fusedmlp.kernels.vector.memory import vector_pointer
from fusedmlp.kernels.vector.simd import Vector, lanes_of


def _swap_blocks(builder, low, high, distance, lanes):
    """Swap the off-diagonal blocks of `distance` lanes of two rows of a square."""
    first = [k if not k & distance else lanes + k - distance for k in range(lanes)]
    second = [k + distance if not k & distance else lanes + k for k in range(lanes)]
    indices = ir.VectorType(ir.IntType(32), lanes)
    return (
        builder.shuffle_vector(low, high, ir.Constant(indices, first)),
        builder.shuffle_vector(low, high, ir.Constant(indices, second)),
    )


@intrinsic
def dot_products(typing_context, vector, memory, offset):
    lanes = lanes_of(memory.dtype)

    def build(context, builder, sig, args):
        vector_type, align = args[0].type, memory.dtype.bitwidth // 8
        products = []
        for k in range(lanes):
            start = builder.add(args[2], ir.Constant(args[2].type, k * lanes))
            pointer = vector_pointer(builder, args[1], start, vector_type)
            products.append(builder.fmul(args[0], builder.load(pointer, align=align)))
        while len(products) > 1:  # pairwise, as in sum_lanes
            half = len(products) // 2
            pairs = zip(products[:half], products[half:], strict=True)
            products = [builder.fadd(*_swap_blocks(builder, a, b, half, lanes)) for a, b in pairs]
        return products[0]

    return vector(vector, memory, types.intp), build


@intrinsic
def transpose_tile(typing_context, source, source_stride, target, target_stride):
    lanes = lanes_of(source.dtype)

    def build(context, builder, sig, args):
        offsets = [builder.mul(args[1], ir.Constant(ir.IntType(64), k)) for k in range(lanes)]
        columns = _transposed(context, builder, source.dtype, args[0], offsets)
        _store_lines(builder, columns, args[2], args[3])
        return context.get_dummy_value()

    return types.void(source, types.intp, target, types.intp), build


@intrinsic
def transpose_tile_of_rows(typing_context, source, row_stride, rows, target, target_stride):
    lanes = lanes_of(source.dtype)

    def build(context, builder, sig, args):
        numbers = [ir.Constant(ir.IntType(64), k) for k in range(lanes)]
        rows = [builder.load(builder.gep(args[2], [k])) for k in numbers]
        offsets = [builder.mul(args[1], row) for row in rows]
        columns = _transposed(context, builder, source.dtype, args[0], offsets)
        _store_lines(builder, columns, args[3], args[4])
        return context.get_dummy_value()

    return types.void(source, types.intp, rows, target, types.intp), build


def _transposed(context, builder, dtype, source, offsets):
    """Return the columns of lanes x lanes items, whose rows are at these offsets."""
    lanes = lanes_of(dtype)
    vector_type = context.get_value_type(Vector(dtype, lanes))
    rows = [
        builder.load(vector_pointer(builder, source, k, vector_type), align=dtype.bitwidth // 8)
        for k in offsets
    ]
    distance = lanes // 2
    while distance:
        for k in range(lanes):
            if not k & distance:
                pair = _swap_blocks(builder, rows[k], rows[k + distance], distance, lanes)
                rows[k], rows[k + distance] = pair
        distance //= 2
    return rows


def _store_lines(builder, vectors, target, stride):
    """Store vectors, `stride` items apart."""
    align = 4 if vectors[0].type.element == ir.FloatType() else 8
    for k, vector in enumerate(vectors):
        place = builder.mul(stride, ir.Constant(ir.IntType(64), k))
        builder.store(vector, vector_pointer(builder, target, place, vector.type), align=align)
