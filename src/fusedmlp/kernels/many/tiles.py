"""Matrix products of many networks at once: each number is a vector with one network in each lane.

C (rows, columns) = initial + A (rows, depth) @ B (depth, columns), all of vectors: nothing is added
across lanes, so that a network's result does not depend on its lane or on its neighbours.
"""

from typing import Any, NamedTuple

from llvmlite import ir
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.many.lanes import GROUP_BYTES
from fusedmlp.kernels.vector import shifted
from fusedmlp.kernels.vector.memory import vector_pointer
from fusedmlp.kernels.vector.simd import HAS_AVX512, call_llvm


class Matrix(NamedTuple):
    """A matrix of vectors: its address, and the strides in numbers."""

    start: Any
    by_row: Any
    by_column: Any


def _make_tile(rows, columns):
    """Return an intrinsic (A, B, initial, C, depth) that sums a tile of C in registers."""
    if config.DISABLE_JIT:
        from fusedmlp.kernels.vector.numpy_simd import numpy_tile_of_networks

        return numpy_tile_of_networks(rows, columns)

    @intrinsic
    def tile(typing_context, A, B, initial, C, depth):  # noqa: ARG001
        real = C[0].dtype

        def build(context, builder, signature, arguments):  # noqa: ARG001
            A, B, initial, C, depth = arguments
            A, B, initial, C = (cgutils.unpack_tuple(builder, m, 3) for m in (A, B, initial, C))
            lanes = GROUP_BYTES * 8 // real.bitwidth
            vector = ir.VectorType(A[0].type.pointee, lanes)
            _Builder(builder, vector, rows, columns).build(A, B, initial, C, depth)
            return context.get_dummy_value()

        return types.void(A, B, initial, C, types.intp), build

    return tile


class _Builder:
    """Writes the instructions of one tile."""

    def __init__(self, builder, vector, rows, columns):
        self.builder, self.vector, self.rows, self.columns = builder, vector, rows, columns

    def build(self, A, B, initial, C, depth):
        builder = self.builder
        places = [(r, c) for r in range(self.rows) for c in range(self.columns)]
        sums = [self.variable(self.load(initial[0], self.offset(initial, *p))) for p in places]
        a, b = self.variable(A[0]), self.variable(B[0])
        with cgutils.for_range(builder, depth):
            left, right = builder.load(a), builder.load(b)
            numbers = [self.load(left, self.offset(A, r, 0)) for r in range(self.rows)]
            parts = [self.load(right, self.offset(B, 0, c)) for c in range(self.columns)]
            for total, (r, c) in zip(sums, places, strict=True):
                product = [numbers[r], parts[c], builder.load(total)]
                result = call_llvm(builder, "fmuladd", self.vector, "", product, self.vector)
                builder.store(result, total)
            builder.store(builder.gep(left, [A[2]]), a)
            builder.store(builder.gep(right, [B[1]]), b)
        for total, place in zip(sums, places, strict=True):
            pointer = vector_pointer(builder, C[0], self.offset(C, *place), self.vector)
            builder.store(builder.load(total), pointer, align=self.align)

    @property
    def align(self):
        return 4 if self.vector.element == ir.FloatType() else 8

    def offset(self, matrix, row, column):
        builder = self.builder
        down = builder.mul(matrix[1], ir.Constant(ir.IntType(64), row))
        return builder.add(down, builder.mul(matrix[2], ir.Constant(ir.IntType(64), column)))

    def load(self, data, offset):
        pointer = vector_pointer(self.builder, data, offset, self.vector)
        return self.builder.load(pointer, align=self.align)

    def variable(self, value):
        return cgutils.alloca_once_value(self.builder, value)


# Columns of the widest tiles. 4 x 4 sums, with what they are made of, need 21 registers, and eight
# loads for 16 of them where 4 x 2 need six for eight: on a Zen 4, 10-32-32-1 takes a tenth less.
WIDEST = 4 if HAS_AVX512 else 2


def _row_of_tiles(rows):
    """Return a function that computes `rows` rows of a product."""
    wide, pair, single = (_make_tile(rows, columns) for columns in (WIDEST, 2, 1))

    @inner
    def row_of_tiles(A, B, initial, C, r, columns, depth):
        a, c = _part(A, r, 0), 0
        while c + WIDEST <= columns:
            wide(a, _part(B, 0, c), _part(initial, r, c), _part(C, r, c), depth)
            c += WIDEST
        if c + 2 <= columns:
            pair(a, _part(B, 0, c), _part(initial, r, c), _part(C, r, c), depth)
            c += 2
        if c < columns:
            single(a, _part(B, 0, c), _part(initial, r, c), _part(C, r, c), depth)

    return row_of_tiles


_four_rows, _two_rows, _one_row = map(_row_of_tiles, (4, 2, 1))


@inner
def product(A, B, initial, C, rows, columns, depth):
    """Set C (rows, columns) to initial + A (rows, depth) @ B (depth, columns).

    The sums of a tile of four rows hide the latency of the additions. Two registers for each
    number, in tiles of 2 x 2, took 1.6 times as long as 4 x 2 for 32 x 32 x 32.
    """
    r = 0
    while r + 4 <= rows:
        _four_rows(A, B, initial, C, r, columns, depth)
        r += 4
    if r + 2 <= rows:
        _two_rows(A, B, initial, C, r, columns, depth)
        r += 2
    if r < rows:
        _one_row(A, B, initial, C, r, columns, depth)


@inner
def _part(matrix, row, column):
    """Return the part of a matrix from a row and a column on."""
    first = row * matrix.by_row + column * matrix.by_column
    return Matrix(shifted(matrix.start, first), matrix.by_row, matrix.by_column)
