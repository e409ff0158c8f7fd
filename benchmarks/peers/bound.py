"""The least time of a step, from its parts: what bounds fusedmlp with one thread.

The products of a step, padded to whole vectors along whichever of their sizes wastes least, run as
blocks of full tiles in the first cache; its vector work (activations and their derivatives, sums of
biases, the update, copies of a batch's rows) runs on memory of the step's sizes. What else a step
does (packing, ragged rows, waiting for a chain of operations to end) is not in it.
"""

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.peers.rows import Array, Row
from fusedmlp.plan import aligned_zeros
from fusedmlp.plan.codes import Activation

BLOCK = 24, 64, 64  # rows, depth and columns of a block of tiles


@cache
def kernels() -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return the functions (blocks, A, B, C) and (steps, ...) of both kinds of work."""
    from fusedmlp.kernels.activations import activate_at, derivative_at
    from fusedmlp.kernels.compilation.jit import compiled
    from fusedmlp.kernels.matmul.gemm import gemm
    from fusedmlp.kernels.updates import update_at
    from fusedmlp.kernels.vector import address
    from fusedmlp.kernels.vector.copies import copy
    from fusedmlp.kernels.vector.matrices import LeftMatrix
    from fusedmlp.kernels.vector.reductions import sum_rows
    from fusedmlp.kernels.vector.typed_constants import SET, UNIT_STRIDE

    @compiled
    def products(blocks, A, B, C):
        rows, depth = A.shape
        left = LeftMatrix(address(A), depth, UNIT_STRIDE)
        for _ in range(blocks):
            gemm(left, address(B), address(C), rows, depth, B.shape[1], SET, address(C))

    @compiled
    def vectors(steps, rows, sizes, hidden, output, arrays, batch):
        outputs, errors, deltas, params, gradient, velocity = arrays
        for _ in range(steps):
            if batch:
                copy(address(errors), rows * sizes[0], address(deltas))
            for layer in range(1, sizes.size):
                units, out = sizes[layer], address(outputs)
                if layer < sizes.size - 1:
                    activate_at(hidden, out, rows, units, None)
                    error, delta = address(errors), address(deltas)
                    derivative_at(hidden, out, error, rows, units, delta, None)
                else:
                    activate_at(output, out, rows, units, None)
                sum_rows(address(errors), rows, units, address(gradient), SET)
            p, g, v = address(params), address(gradient), address(velocity)
            update_at(params.size, p, g, v, params.dtype.type(1e-9), params.dtype.type(0.9), 0)

    return products, vectors


def version() -> str:
    """Name what is measured."""
    return "FMA bound of a step"


class Run:
    """The parts of a row's steps."""

    def __init__(self, row: Row) -> None:
        self.row = row
        rows, depth, columns = BLOCK
        self.blocks = [
            array(shape, row.dtype) for shape in ((rows, depth), (depth, columns), (rows, columns))
        ]
        self.sizes = np.array(row.case.sizes)
        self.size = weights(row) + int(self.sizes[1:].sum())
        numbers = row.batch * int(self.sizes.max())
        self.arrays = tuple(array((n,), row.dtype) for n in [numbers] * 3 + [self.size] * 3)
        options = row.options
        names = options.get("activation", "sigmoid"), options.get("output_activation", "sigmoid")
        self.codes = [np.int64(Activation[name.upper()]) for name in names]

    def train(self, epochs: int, shuffle: bool = True) -> None:  # noqa: ARG002
        """Do the parts of some epochs."""
        products, vectors = kernels()
        steps = epochs * self.row.steps
        blocks = round(steps * self.flops() / (2 * np.prod(BLOCK)))
        products(max(1, blocks), *self.blocks)
        batch = self.row.batch < self.row.case.rows
        vectors(steps, self.row.batch, self.sizes, *self.codes, self.arrays, batch)

    def flops(self) -> int:
        """Return the padded additions and multiplications of a step's products."""
        from fusedmlp.kernels.vector import REGISTER

        lanes = REGISTER // np.dtype(self.row.dtype).itemsize
        result = 0
        for layer, pair in enumerate(pairwise(self.row.case.sizes)):
            sizes = self.row.batch, *pair
            whole = min(np.prod(sizes) // n * -(-n // lanes) * lanes for n in sizes)
            result += 2 * int(whole) * (3 if layer else 2)
        return result

    def outputs(self) -> Array:
        """Return what the products made."""
        return self.blocks[2]


def weights(row: Row) -> int:
    """Return the number of a row's weights."""
    return sum(n_in * n_out for n_in, n_out in pairwise(row.case.sizes))


def array(shape: tuple[int, ...], dtype: str) -> Array:
    """Return small numbers that begin where a line of the cache does."""
    result = aligned_zeros(int(np.prod(shape)), dtype).reshape(shape)
    result[:] = 0.01
    return result
