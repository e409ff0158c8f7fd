"""Products with few columns, which leave most lanes of a tile's vectors empty."""

from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.matmul.tile_shapes import MOST_REGISTERS
from fusedmlp.kernels.matmul.tiled import multiply_in_tiles
from fusedmlp.kernels.vector import (
    REGISTER,
    STACK_BYTES,
    at,
    lane_count,
    load,
    load_first,
    put,
    shifted,
    stack_buffer,
    sum_lanes,
    zeros,
)
from fusedmlp.kernels.vector.copies import transpose
from fusedmlp.kernels.vector.integers import smaller
from fusedmlp.kernels.vector.matrices import LeftMatrix, Rows
from fusedmlp.kernels.vector.typed_constants import ADD, ON_BIAS, UNIT_STRIDE

# Two blocks of tiles of six rows.
MOST_COLUMNS = 12

# Vectors of rows of C.T that fit on the stack.
MOST_ROWS = STACK_BYTES // REGISTER // MOST_COLUMNS

# Of transposed columns, which are on the stack.
MOST_NUMBERS = STACK_BYTES // 8


@inner
def worth_transposing_result(A, rows, columns, lanes):
    """Whether C.T = B.T @ A.T fills the lanes better: a gradient, whose A.T is in rows.

    Zen 4, float32, ns: 32-64-2 from 420 to 200, 32-16-4 from 172 to 117; 200-100-10 from 62 to 79
    GFLOP/s.
    """
    used = (columns + lanes - 1) // lanes * lanes
    narrow = columns <= MOST_COLUMNS and 4 * columns <= 3 * used
    return A.k_stride != 1 and rows >= lanes and narrow


@inner
def multiply_transposed(A, B, C, rows, depth, columns, mode):
    """Set C (rows, columns) to A @ B, or add it, through C.T, for some of the rows at a time."""
    transposed = stack_buffer(C)
    width = MOST_ROWS // MOST_REGISTERS * MOST_REGISTERS * lane_count(C)
    for first in range(0, rows, width):
        count, c = smaller(width, rows - first), shifted(C, first * columns)
        if mode == ADD:
            transpose(c, count, columns, columns, transposed, width)
        left, right = LeftMatrix(B, UNIT_STRIDE, columns), Rows(shifted(A.data, first), A.k_stride)
        result = Rows(transposed, width)
        multiply_in_tiles(left, right, result, columns, depth, count, mode, transposed)
        transpose(transposed, columns, count, width, c, columns)


@inner
def worth_dot_products(A, depth, columns, lanes):
    """Whether dot products pay, whose lanes are along the depth.

    A dot product takes depth / lanes multiplications and about eight instructions to add the lanes;
    a row of tiles takes `depth` multiplications for all columns. Zen 4, 32-64-2 in float32: 427 to
    302 ns.
    """
    fast = columns * (depth + 8 * lanes) < depth * lanes and columns * depth <= MOST_NUMBERS
    return A.k_stride == 1 and (columns == 1 or fast)


@inner
def multiply_by_dot_products(A, B, C, rows, depth, columns, mode, biases):
    """Set C (rows, columns) to A @ B, by four rows and one column at a time. See `gemm`."""
    b = B
    if columns > 1:
        b = stack_buffer(C)
        transpose(B, depth, columns, columns, b, depth)
    for r in range(0, rows, 4):
        a, left = shifted(A.data, r * A.row_stride), rows - r
        for j in range(columns):
            right, c, bias = shifted(b, j * depth), shifted(C, r * columns + j), shifted(biases, j)
            s0, s1, s2, s3 = _four_dot_products(a, A.row_stride, left - 1, right, depth)
            _put_sum(s0, c, mode, bias)
            if left > 1:
                _put_sum(s1, shifted(c, columns), mode, bias)
            if left > 2:
                _put_sum(s2, shifted(c, 2 * columns), mode, bias)
            if left > 3:
                _put_sum(s3, shifted(c, 3 * columns), mode, bias)


@inner
def _four_dot_products(a, row_stride, last, b, depth):
    """Return vectors whose sums are the dot products of four rows with b, or of the last row."""
    lanes = lane_count(b)
    a1, a2 = shifted(a, smaller(1, last) * row_stride), shifted(a, smaller(2, last) * row_stride)
    a3 = shifted(a, smaller(3, last) * row_stride)
    s0, s1, s2, s3 = zeros(b), zeros(b), zeros(b), zeros(b)
    whole = depth - depth % lanes
    for k in range(0, whole, lanes):
        v = load(b, k)
        s0 = s0 + load(a, k) * v
        s1 = s1 + load(a1, k) * v
        s2 = s2 + load(a2, k) * v
        s3 = s3 + load(a3, k) * v
    rest = depth - whole
    if rest > 0:
        v = load_first(b, whole, rest)
        s0 = s0 + load_first(a, whole, rest) * v
        s1 = s1 + load_first(a1, whole, rest) * v
        s2 = s2 + load_first(a2, whole, rest) * v
        s3 = s3 + load_first(a3, whole, rest) * v
    return s0, s1, s2, s3


@inner
def _put_sum(vector, c, mode, bias):
    """Set or add the sum of a vector's lanes to the number at c."""
    result = sum_lanes(vector)
    if mode == ADD:
        result += at(c, 0)
    elif mode == ON_BIAS:
        result += at(bias, 0)
    put(c, 0, result)
