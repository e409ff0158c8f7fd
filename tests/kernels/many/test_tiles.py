"""Products of vectors and gathered rows: every remainder of the tiles, strides, and no stray."""

from itertools import product as pairs_of

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from fusedmlp.kernels.compilation.jit import compiled
from fusedmlp.kernels.many.group import transpose_rows
from fusedmlp.kernels.many.lanes import networks_of
from fusedmlp.kernels.many.tiles import Matrix, product
from fusedmlp.kernels.vector import address, shifted
from fusedmlp.kernels.vector.typed_constants import UNIT_STRIDE, ZERO

MARGIN = 3  # canaries on either side, in vectors
CANARY = 12345.0


@pytest.fixture(params=[np.float64, np.float32], ids=["float64", "float32"])
def real(request):
    return request.param


@compiled
def multiply(A, a, B, b, initial, i, C, c, start, shape):
    """Multiply matrices of vectors; a, b, i, c: their strides."""
    product(
        Matrix(address(A), a[0], a[1]),
        Matrix(address(B), b[0], b[1]),
        Matrix(address(initial), i[0], i[1]),
        Matrix(shifted(address(C), start), c[0], c[1]),
        shape[0],
        shape[1],
        shape[2],
    )


@compiled
def gather(data, rows, lanes, target, start):
    transpose_rows(
        address(data), data.shape[1], address(rows), lanes, shifted(address(target), start)
    )


class Numbers:
    """Small integers, whose products and sums are exact in any order."""

    def __init__(self, real):
        self.random, self.real = np.random.default_rng(0), real
        self.lanes = networks_of(real)

    def matrix(self, rows, columns, transposed=False):
        """Return a matrix of vectors, its memory, and its strides."""
        stored = (columns, rows) if transposed else (rows, columns)
        memory = self.random.integers(-8, 9, (*stored, self.lanes)).astype(self.real)
        strides = stored[1] * self.lanes, self.lanes
        if transposed:
            return memory.transpose(1, 0, 2), memory, strides[::-1]
        return memory, memory, strides


@pytest.mark.parametrize("rows", range(1, 10))
def test_products_of_vectors(rows, real):
    numbers = Numbers(real)
    lanes, margin = numbers.lanes, MARGIN * numbers.lanes
    for columns, depth in pairs_of(range(1, 10), range(1, 6)):
        A, a, a_strides = numbers.matrix(rows, depth, transposed=bool(depth % 2))
        B, b, b_strides = numbers.matrix(depth, columns, transposed=bool(columns % 2))
        biases = numbers.matrix(1, columns)[1]
        C = np.full(rows * columns * lanes + 2 * margin, CANARY, real)
        strides, of_bias = (columns * lanes, lanes), (ZERO, lanes)
        shape = rows, columns, depth
        multiply(a, a_strides, b, b_strides, biases, of_bias, C, strides, margin, shape)
        wanted = biases + (A[:, :, None] * B[None]).sum(axis=1)
        assert_array_equal(C[margin:-margin].reshape(rows, columns, lanes), wanted)
        # What is added to may be the result itself.
        inside = C[margin:]
        multiply(a, a_strides, b, b_strides, inside, strides, C, strides, margin, shape)
        wanted += wanted - biases
        assert_array_equal(C[margin:-margin].reshape(rows, columns, lanes), wanted)
        assert (C[:margin] == CANARY).all()
        assert (C[-margin:] == CANARY).all()


def test_sums_over_rows_are_products_with_ones(real):
    numbers = Numbers(real)
    lanes, rows, columns = numbers.lanes, 7, 5
    D, d, strides = numbers.matrix(rows, columns)
    one, zero, C = np.ones(lanes, real), np.zeros(lanes, real), np.zeros((columns, lanes), real)
    still = (ZERO, ZERO)
    multiply(one, still, d, strides, zero, still, C, strides, 0, (UNIT_STRIDE, columns, rows))
    assert_array_equal(C, D.sum(axis=0))


def test_rows_are_gathered_into_lanes(real):
    lanes = networks_of(real)
    random, margin = np.random.default_rng(0), MARGIN * lanes
    for columns in range(1, 3 * lanes + 2):
        data = random.normal(size=(11, columns)).astype(real)
        rows = random.integers(0, 11, lanes)
        target = np.full(columns * lanes + 2 * margin, CANARY, real)
        gather(data, rows, lanes, target, margin)
        assert_array_equal(target[margin:-margin].reshape(columns, lanes), data[rows].T)
        assert (target[:margin] == CANARY).all()
        assert (target[-margin:] == CANARY).all()
