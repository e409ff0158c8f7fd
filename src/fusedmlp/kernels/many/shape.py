"""Small full batches whose sizes, activations and loss are constants of the compiled kernel.

A `Shape` is an argument whose type has them: Numba compiles a kernel for each. Where it is None,
the kernel is the one for any sizes, which computes an address for each tile of a product; here,
every number has a place that is known when the code is written. The bits are the same.
"""

from itertools import accumulate, pairwise
from typing import Any, NamedTuple

from numba import types
from numba.extending import NativeValue, models, register_model, unbox

from fusedmlp.kernels.many.numbers import NUMBERS


class Sizes(NamedTuple):
    """What a shape consists of."""

    sizes: tuple[int, ...]
    bias: int
    rows: int  # of the batch
    activations: tuple[int, ...]
    loss: int


class ShapeType(types.Type):
    """Numba's type of a shape."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        super().__init__(name=f"Shape{tuple(sizes)}")

    def __reduce__(self) -> tuple[Any, ...]:
        return ShapeType, (self.sizes,)


register_model(ShapeType)(models.OpaqueModel)


class Shape:
    """An argument of a kernel that has no value, but a type."""

    def __init__(self, sizes: Sizes) -> None:
        self._numba_type_ = ShapeType(sizes)


@unbox(ShapeType)
def _unbox(kind, value, context):  # noqa: ARG001
    return NativeValue(context.context.get_dummy_value())


class Places(NamedTuple):
    """Where the parts of the workspace begin, counted in vectors; see `layout.py`."""

    weights: list[int]  # of each layer
    biases: list[int]
    gradient: int  # of the weights and biases, in the same order
    velocity: int
    numbers: int  # of the optimiser's rule
    values: list[int]  # inputs, and outputs of each layer
    deltas: list[int]  # of each layer
    sums: int
    targets: int


def places_of(shape: Sizes) -> Places:
    """Return the places of a workspace with as many rows in a block as the shape has.

    They are those of `layout.py` and of a plan's offsets of weights and biases.
    """
    weights, biases, params = [], [], 0
    for n_in, n_out in pairwise(shape.sizes):
        weights.append(params)
        biases.append(params + n_in * n_out)
        params += n_in * n_out + shape.bias * n_out
    numbers = 4 * params  # after the parameters, gradient, velocity and squares
    units = [*shape.sizes, *shape.sizes[1:], shape.sizes[-1]]
    starts = list(accumulate((shape.rows * n for n in units), initial=numbers + NUMBERS + 2))
    layers = len(weights)
    values, deltas = starts[: layers + 1], starts[layers + 1 : -2]
    return Places(weights, biases, params, 2 * params, numbers, values, deltas, *starts[-2:])
