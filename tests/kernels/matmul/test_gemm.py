"""Products and transposes at addresses: every size, strides, edges, and rows in any parts."""

from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from fusedmlp.kernels.compilation.jit import compiled
from fusedmlp.kernels.matmul.gemm import gemm
from fusedmlp.kernels.vector import REGISTER, address, load_first, shifted, sum_lanes
from fusedmlp.kernels.vector.copies import transpose
from fusedmlp.kernels.vector.matrices import LeftMatrix
from fusedmlp.kernels.vector.reductions import sum_rows
from fusedmlp.kernels.vector.typed_constants import ADD, ON_BIAS, SET, UNIT_STRIDE

MARGIN = 40  # canaries on either side
CANARY = 12345.0

# In each test one dimension takes every size, the others these: around vectors and tiles.
OTHERS = [1, 2, 6, 9, 17, 65]
SHAPES = sorted(
    {
        shape
        for size, a, b in product(range(1, 66), OTHERS, OTHERS)
        for shape in ((size, a, b), (a, size, b), (a, b, size))
    }
)


@compiled
def multiply_part(A, row_stride, k_stride, first, rows, depth, B, columns, C, start, mode, biases):
    left = LeftMatrix(shifted(address(A), first * row_stride), row_stride, k_stride)
    c = shifted(address(C), start + first * columns)
    gemm(left, address(B), c, rows, depth, columns, mode, address(biases))


@compiled
def transpose_all(A, rows, columns, B, start, stride):
    transpose(address(A), rows, columns, columns + 3, shifted(address(B), start), stride)


@compiled
def add_all(A, rows, columns, c, start, mode):
    sum_rows(address(A), rows, columns, shifted(address(c), start), mode)


@pytest.fixture(params=[np.float64, np.float32], ids=["float64", "float32"])
def real(request):
    return request.param


def rounding(real, depth):
    return {"rtol": 0, "atol": 4 * np.finfo(real).eps * (depth + 8)}


class Product:
    """A random product; transposed: A is stored as its columns, some way apart."""

    def __init__(self, random, real, shape, transposed, gap=0):
        self.rows, self.depth, self.columns = shape
        stored = (self.depth, self.rows) if transposed else (self.rows, self.depth)
        whole = random.uniform(-1, 1, (stored[0], stored[1] + gap)).astype(real)
        self.strides = (
            (UNIT_STRIDE, whole.shape[1]) if transposed else (whole.shape[1], UNIT_STRIDE)
        )
        self.A = whole.ravel()
        used = whole[:, : stored[1]]
        self.used = used.T if transposed else used
        self.B = random.uniform(-1, 1, (self.depth, self.columns)).astype(real)
        self.biases = random.uniform(-1, 1, self.columns).astype(real)
        self.start = random.uniform(-1, 1, (self.rows, self.columns)).astype(real)

    def expected(self, mode):
        result = self.used.astype(float) @ self.B
        return result + {SET: 0, ADD: self.start, ON_BIAS: self.biases}[mode]

    def result(self, mode, parts=None):
        """Return the kernel's result, its rows made in parts that begin at these rows."""
        C = np.full(MARGIN + self.start.size + MARGIN, CANARY, self.A.dtype)
        inside = C[MARGIN:-MARGIN]
        inside[:] = self.start.ravel() if mode == ADD else np.nan
        ends = [*(parts or []), self.rows]
        for first, end in zip([0, *ends], ends, strict=False):
            multiply_part(
                self.A,
                *self.strides,
                first,
                end - first,
                self.depth,
                self.B.ravel(),
                self.columns,
                C,
                MARGIN,
                mode,
                self.biases,
            )
        assert (C[:MARGIN] == CANARY).all()
        assert (C[-MARGIN:] == CANARY).all()
        return inside.reshape(self.rows, self.columns)


KINDS = {  # a gradient has no bias to start from
    "A @ B": (False, SET),
    "A @ B added": (False, ADD),
    "A @ B on a bias": (False, ON_BIAS),
    "A.T @ B": (True, SET),
    "A.T @ B added": (True, ADD),
}


@pytest.mark.parametrize(("transposed", "mode"), KINDS.values(), ids=KINDS)
def test_products_of_every_size(real, transposed, mode):
    random = np.random.default_rng(0)
    for number, shape in enumerate(SHAPES):
        case = Product(random, real, shape, transposed, gap=3 * (number % 2))
        limits = rounding(real, case.depth)
        assert_allclose(case.result(mode), case.expected(mode), **limits, err_msg=str(shape))


@pytest.mark.parametrize(("transposed", "mode"), KINDS.values(), ids=KINDS)
def test_rows_made_in_parts_have_the_same_bits(real, transposed, mode):
    random = np.random.default_rng(1)
    for _ in range(200):
        rows, depth, columns = (int(n) for n in random.integers(1, [80, 700, 70]))
        columns = int(random.choice([1, 2, columns]))
        case = Product(random, real, (rows, depth, columns), transposed)
        parts = sorted(random.choice(rows + 1, random.integers(1, 4)).tolist())
        parts = [part for part in dict.fromkeys(parts) if 0 < part < rows]
        assert_array_equal(case.result(mode), case.result(mode, parts), err_msg=f"{rows} {parts}")


def test_deep_products_and_wide_ones(real):
    random = np.random.default_rng(2)
    for shape in [(25, 2000, 33), (130, 513, 65), (7, 300, 513), (600, 5, 3), (24, 1025, 16)]:
        for transposed, mode in KINDS.values():
            case = Product(random, real, shape, transposed)
            limits = rounding(real, case.depth)
            assert_allclose(case.result(mode), case.expected(mode), **limits)


def test_transposes_of_every_size(real):
    random = np.random.default_rng(3)
    for rows, columns in product(range(1, 66), OTHERS):
        for shape in ((rows, columns), (columns, rows)):
            A = random.uniform(-1, 1, (shape[0], shape[1] + 3)).astype(real)
            stride = shape[0] + 3
            B = np.full(MARGIN + shape[1] * stride + MARGIN, CANARY, real)
            transpose_all(A.ravel(), *shape, B, MARGIN, stride)
            inside = B[MARGIN:-MARGIN].reshape(shape[1], stride)
            assert_array_equal(inside[:, : shape[0]], A[:, :-3].T)
            inside[:, : shape[0]] = CANARY
            assert (B == CANARY).all()


def test_sums_of_rows_of_every_size(real):
    random = np.random.default_rng(4)
    for size, other in product(range(1, 66), OTHERS):
        for rows, columns in ((size, other), (other, size)):
            A = random.uniform(-1, 1, (rows, columns)).astype(real)
            for mode in (SET, ADD):
                c = np.full(MARGIN + columns + MARGIN, CANARY, real)
                c[MARGIN:-MARGIN] = 2 if mode == ADD else np.nan
                add_all(A.ravel(), rows, columns, c, MARGIN, mode)
                expected = A.astype(float).sum(axis=0) + (2 if mode == ADD else 0)
                assert_allclose(c[MARGIN:-MARGIN], expected, **rounding(real, rows))
                assert (c[:MARGIN] == CANARY).all()
                assert (c[-MARGIN:] == CANARY).all()


@compiled
def first_of(x, count):
    return sum_lanes(load_first(address(x), 0, count))


@pytest.mark.parametrize("count", [2**31, 2**32, 2**32 + 1, 2**62])
def test_a_vector_is_whole_however_many_numbers_follow(real, count):
    x = np.ones(REGISTER // np.dtype(real).itemsize, real)
    assert first_of(x, count) == x.size
    assert first_of(x, 1) == 1
    assert first_of(x, -count) == 0
