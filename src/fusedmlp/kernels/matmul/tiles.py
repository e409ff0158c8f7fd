"""Tiles of GEMM, generated for a number of rows and of vectors: the micro-kernels.

A tile's accumulators stay in registers during the loop over k; each k loads a part of one row of B
and, for each row of the tile, one number of A.
"""

from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

from llvmlite import ir
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

from fusedmlp.kernels.matmul.tile_shapes import TileShape
from fusedmlp.kernels.vector.memory import first_lanes, vector_pointer
from fusedmlp.kernels.vector.simd import call_llvm, splatted

# Rows whose addresses are one base and multiples of the row stride.
ROWS_OF_A_BASE = 3


def make_tile(shape: TileShape, height: int, partial: bool) -> Callable[..., Any]:
    """Return an intrinsic that sets C (height, the vectors) to `initial` + A @ B, at addresses.

    Its arguments are A (LeftMatrix), B, initial and C (Rows), depth, `last`, the numbers of C's
    last vector, `whole`: numbers past the end of a row may be overwritten, and `count`. A `partial`
    tile has `count` rows, at most `height`: the accumulators left over repeat the last row, and are
    not stored.
    """
    if config.DISABLE_JIT:
        from fusedmlp.kernels.vector.numpy_simd import numpy_tile

        return numpy_tile(shape, height)

    @intrinsic
    def tile(typing_context, A, B, initial, C, depth, last, whole, count):
        real = C[0].dtype

        def build(context, builder, signature, arguments):
            values = [
                cgutils.unpack_tuple(builder, value) if isinstance(kind, types.BaseTuple) else value
                for kind, value in zip(signature.args, arguments, strict=True)
            ]
            # Inlined, each tile would have its multiples of strides computed for all the others.
            builder.function.attributes.add("noinline")
            lanes = shape.vector_bytes * 8 // real.bitwidth
            _Builder(builder, lanes, height, shape.vectors, partial, values).build()
            return context.get_dummy_value()

        arguments = (A, B, initial, C, types.intp, types.intp, types.boolean, types.intp)
        return types.void(*arguments), build

    return tile


def _not_unrolled(module):
    """Return metadata for a loop: LLVM wants its first operand to be itself."""
    loop = module.add_metadata([module.add_metadata(["llvm.loop.unroll.disable"])])
    if loop.operands[0] is not loop:
        loop.operands = (loop, *loop.operands)
    return loop


class _Builder:
    """Writes the instructions of one tile."""

    def __init__(self, builder, lanes, height, vectors, partial, values):
        self.builder, self.vectors, self.partial = builder, vectors, partial
        self.A, self.B, self.initial, self.C, self.depth, self.last, self.whole, self.count = values
        self.lanes, self.rows = lanes, range(height)
        number = self.A[0].type.pointee
        self.align = 4 if number == ir.FloatType() else 8
        self.vector = ir.VectorType(number, lanes)
        self.mask = first_lanes(builder, self.last, self.vector)

    def build(self):
        builder, sums = self.builder, self.initial_sums()
        pointers, offsets = self.pointers_to_a()
        b = self.variable(self.B[0])
        with self.loop_over_depth():
            row = builder.load(b)
            parts = [self.load(row, self.integer(v * self.lanes)) for v in range(self.vectors)]
            for r in self.rows:
                pointer = builder.load(pointers[r // len(offsets)])
                number = builder.load(builder.gep(pointer, [offsets[r % len(offsets)]]))
                number = splatted(builder, number, self.lanes)
                for v, part in enumerate(parts):
                    product = [part, number, builder.load(sums[r][v])]
                    result = call_llvm(builder, "fmuladd", self.vector, "", product, self.vector)
                    builder.store(result, sums[r][v])
            for pointer in pointers:
                builder.store(builder.gep(builder.load(pointer), [self.A[2]]), pointer)
            builder.store(builder.gep(row, [self.B[1]]), b)
        with builder.if_else(self.whole) as (whole, ragged):
            with whole:
                self.store(sums, masked=False)
            with ragged:
                self.store(sums, masked=True)

    @contextmanager
    def loop_over_depth(self):
        """Repeat what is built inside `depth` times, which is at least once.

        LLVM would unroll it for one product in eight and keep it: more code, no gain.
        """
        builder = self.builder
        left = self.variable(self.depth)
        body = builder.append_basic_block("tile.k")
        after = builder.append_basic_block("tile.end")
        builder.branch(body)
        builder.position_at_end(body)
        yield
        rest = builder.sub(builder.load(left), self.integer(1))
        builder.store(rest, left)
        again = builder.cbranch(builder.icmp_signed(">", rest, self.integer(0)), body, after)
        again.set_metadata("llvm.loop", _not_unrolled(builder.module))
        builder.position_at_end(after)

    def initial_sums(self):
        """Return the accumulators, as variables, which LLVM keeps in registers."""
        data, stride = self.initial
        rows = [self.builder.gep(data, [self.offset(r, stride)]) for r in self.rows]
        return [
            [self.variable(self.load_initial(row, v)) for v in range(self.vectors)] for row in rows
        ]

    def load_initial(self, row, v):
        offset = self.integer(v * self.lanes)
        if v < self.vectors - 1:
            return self.load(row, offset)
        pointer = vector_pointer(self.builder, row, offset, self.vector)
        zero = ir.Constant(self.vector, [0.0] * self.lanes)
        arguments = [pointer, ir.Constant(ir.IntType(32), self.align), self.mask, zero]
        return call_llvm(self.builder, "masked.load", self.vector, ".p0", arguments, self.vector)

    def pointers_to_a(self):
        """Return variables with addresses in A, and the offsets of the rows from one of them.

        LLVM would compute each row's address from that of the row before: a chain of additions that
        takes longer than the products do. So it is not told that the strides are related.
        """
        data, row_stride = self.A[0], self.A[1]
        if self.partial:
            starts = [self.offset(r, row_stride) for r in self.rows]
            return [self.variable(self.builder.gep(data, [s])) for s in starts], [self.integer(0)]
        starts = [self.offset(r, row_stride) for r in self.rows[::ROWS_OF_A_BASE]]
        offsets = [self.offset(r, row_stride) for r in range(ROWS_OF_A_BASE)]
        pointers = [self.variable(self.opaque(self.builder.gep(data, [s]))) for s in starts]
        return pointers, [offsets[0], *map(self.opaque, offsets[1:])]

    def store(self, sums, masked):
        for r in self.rows:
            if self.partial:
                wanted = self.builder.icmp_signed("<", self.integer(r), self.count)
                with self.builder.if_then(wanted):
                    self.store_row(r, sums[r], masked)
            else:
                self.store_row(r, sums[r], masked)

    def store_row(self, r, sums, masked):
        builder, (data, stride) = self.builder, self.C
        row = builder.gep(data, [builder.mul(stride, self.integer(r))])
        for v, variable in enumerate(sums):
            pointer = vector_pointer(builder, row, self.integer(v * self.lanes), self.vector)
            number = builder.load(variable)
            if masked and v == self.vectors - 1:
                align = ir.Constant(ir.IntType(32), self.align)
                arguments = [number, pointer, align, self.mask]
                call_llvm(builder, "masked.store", self.vector, ".p0", arguments, ir.VoidType())
            else:
                builder.store(number, pointer, align=self.align)

    def offset(self, r, stride):
        """Return the offset of row r; rows that a partial tile lacks repeat its last row."""
        row = self.integer(r)
        if self.partial:
            final = self.builder.sub(self.count, self.integer(1))
            row = self.builder.select(self.builder.icmp_signed("<", row, final), row, final)
        return self.builder.mul(stride, row)

    def load(self, data, offset):
        pointer = vector_pointer(self.builder, data, offset, self.vector)
        return self.builder.load(pointer, align=self.align)

    def variable(self, value):
        return cgutils.alloca_once_value(self.builder, value)

    def opaque(self, value):
        function = ir.FunctionType(value.type, [value.type])
        return self.builder.asm(function, "", "=r,0", [value], False)

    def integer(self, value):
        return ir.Constant(ir.IntType(64), value)
