"""Small full batches whose sizes are constants of the compiled kernel.

A `Shape` is an argument whose type has the sizes: Numba compiles a kernel for each. Where it is
None, the kernel is the one for any sizes, which computes an address for each tile of a product;
here, every number has a place that is known when the code is written. The bits are the same.
"""

from itertools import accumulate, pairwise
from typing import Any, NamedTuple

from llvmlite import ir
from numba import types
from numba.extending import NativeValue, intrinsic, models, register_model, unbox

from fusedmlp.kernels.many.lanes import GROUP_BYTES
from fusedmlp.kernels.many.numbers import NUMBERS
from fusedmlp.kernels.vector.memory import vector_pointer
from fusedmlp.kernels.vector.simd import Vector, call_llvm


class ShapeType(types.Type):
    """Numba's type of a shape."""

    def __init__(self, sizes: tuple[int, ...], bias: int, rows: int) -> None:
        self.sizes, self.bias, self.rows = sizes, bias, rows
        super().__init__(name=f"Shape({sizes}, {bias}, {rows})")

    def __reduce__(self) -> tuple[Any, ...]:
        return ShapeType, (self.sizes, self.bias, self.rows)


register_model(ShapeType)(models.OpaqueModel)


class Shape:
    """The sizes of a network, and the rows of its batch."""

    def __init__(self, sizes: tuple[int, ...], bias: int, rows: int) -> None:
        self._numba_type_ = ShapeType(sizes, bias, rows)


@unbox(ShapeType)
def _unbox(kind, value, context):  # noqa: ARG001
    return NativeValue(context.context.get_dummy_value())


class Places(NamedTuple):
    """Where the parts of the workspace begin, counted in vectors; see `layout.py`."""

    weights: list[int]  # of each layer
    biases: list[int]
    gradient: int  # of the weights and biases, in the same order
    values: list[int]  # inputs, and outputs of each layer
    deltas: list[int]  # of each layer


def places_of(shape: ShapeType) -> Places:
    """Return the places of a workspace with as many rows in a block as the shape has."""
    weights, biases, params = [], [], 0
    for n_in, n_out in pairwise(shape.sizes):
        weights.append(params)
        biases.append(params + n_in * n_out)
        params += n_in * n_out + shape.bias * n_out
    lengths = [shape.rows * size for size in (*shape.sizes, *shape.sizes[1:])]
    starts = list(accumulate(lengths, initial=4 * params + NUMBERS + 2))
    layers = len(weights)
    return Places(weights, biases, params, starts[: layers + 1], starts[layers + 1 : -1])


class _Writer:
    """Writes sums of products of vectors at constant places from one address."""

    def __init__(self, context, builder, memory, dtype):
        self.builder, self.memory = builder, memory
        self.lanes, self.align = GROUP_BYTES * 8 // dtype.bitwidth, dtype.bitwidth // 8
        self.vector = context.get_value_type(Vector(dtype, self.lanes))
        self.loaded: dict[int, Any] = {}

    def pointer(self, place):
        offset = ir.Constant(ir.IntType(64), place * self.lanes)
        return vector_pointer(self.builder, self.memory, offset, self.vector)

    def load(self, place):
        if place not in self.loaded:
            self.loaded[place] = self.builder.load(self.pointer(place), align=self.align)
        return self.loaded[place]

    def sum_of_products(self, pairs, initial):
        """Return initial + the products of pairs of places, added in their order; None: 0."""
        total = ir.Constant(self.vector, [0.0] * self.lanes)
        if initial is not None:
            total = self.load(initial)
        for a, b in pairs:
            factors = [self.load(a), self.load(b), total]
            total = call_llvm(self.builder, "fmuladd", self.vector, "", factors, self.vector)
        return total

    def store(self, value, place):
        self.builder.store(value, self.pointer(place), align=self.align)


def _pass(write):
    """Return an intrinsic (shape, memory, layer) from write(writer, shape, places, layer)."""

    @intrinsic(prefer_literal=True)
    def run(typing_context, shape, memory, layer):  # noqa: ARG001
        number = layer.literal_value

        def build(context, builder, signature, arguments):  # noqa: ARG001
            writer = _Writer(context, builder, arguments[1], memory.dtype)
            write(writer, shape, places_of(shape), number)
            return context.get_dummy_value()

        return types.void(shape, memory, layer), build

    return run


@_pass
def layer_sums(writer, shape, places, layer):
    """Set a layer's outputs to its sums."""
    n_in, n_out = shape.sizes[layer : layer + 2]
    x, w = places.values[layer], places.weights[layer]
    for r in range(shape.rows):
        for j in range(n_out):
            pairs = [(x + r * n_in + i, w + i * n_out + j) for i in range(n_in)]
            initial = places.biases[layer] + j if shape.bias else None
            total = writer.sum_of_products(pairs, initial)
            writer.store(total, places.values[layer + 1] + r * n_out + j)


@_pass
def layer_gradients(writer, shape, places, layer):
    """Set a layer's part of the gradient, given its delta."""
    n_in, n_out = shape.sizes[layer : layer + 2]
    x, d, rows = places.values[layer], places.deltas[layer], range(shape.rows)
    for i in range(n_in):
        for j in range(n_out):
            pairs = [(x + r * n_in + i, d + r * n_out + j) for r in rows]
            total = writer.sum_of_products(pairs, None)
            writer.store(total, places.gradient + places.weights[layer] + i * n_out + j)
    if shape.bias:
        for j in range(n_out):
            total = writer.load(d + j)
            for r in rows[1:]:
                total = writer.builder.fadd(total, writer.load(d + r * n_out + j))
            writer.store(total, places.gradient + places.biases[layer] + j)


@_pass
def errors_below(writer, shape, places, layer):
    """Set the delta of the layer below to the errors that a layer's delta gives."""
    n_in, n_out = shape.sizes[layer : layer + 2]
    d, w = places.deltas[layer], places.weights[layer]
    for r in range(shape.rows):
        for i in range(n_in):
            pairs = [(d + r * n_out + j, w + i * n_out + j) for j in range(n_out)]
            total = writer.sum_of_products(pairs, None)
            writer.store(total, places.deltas[layer - 1] + r * n_in + i)
