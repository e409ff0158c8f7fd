"""Matrix products (GEMM) by register tiles: 6 rows of the result at a time, or 12, or 4.

    C[r, j] = sum over k of A[r, k] B[k, j], set, added to C, or on top of a bias for each j

A is read through two strides, so that one function serves A @ B and A.T @ B. A tile's sums stay in
registers while k runs; each k takes a part of one row of B and, for each of the rows, one number
of A. A wide tile is 6 rows by all registers of a width, a tall one 12 by one, and what is left by
sixes comes in low ones, 4 by the width. They have at least 8 sums each, as a sum waits four cycles
for the one before it, and two can begin in each.
"""

from typing import NamedTuple

from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.matmul.micro_kernels import (
    LOW,
    ROWS,
    TALL,
    four_row_kernel,
    six_row_kernel,
    twelve_row_kernel,
)
from fusedmlp.kernels.vector import (
    REGISTER,
    STACK_BYTES,
    WIDE,
    at,
    lane_count,
    load,
    load_first,
    load_first_wide,
    put,
    shifted,
    stack_buffer,
    store,
    store_first,
    sum_lanes,
    zeros,
    zeros_wide,
)
from fusedmlp.kernels.vector.integers import larger, smaller
from fusedmlp.kernels.vector.matrices import LeftMatrix, Rows
from fusedmlp.kernels.vector.reductions import Weights, sum_weighted_rows
from fusedmlp.kernels.vector.typed_constants import ADD, NO_STRIDE, ON_BIAS, UNIT_STRIDE

# A panel is the part of B under one column of tiles, packed so that its rows follow each other: as
# they are, far apart, they fall on the same few lines of the cache.
PANEL_DEPTH = STACK_BYTES // (WIDE * REGISTER)


class Columns(NamedTuple):
    """A column of tiles in C."""

    width: int  # columns
    stride: int  # from a row of C to the next
    whole_rows: int  # so many rows can be stored whole
    tall: bool
    add: bool


@inner
def gemm(A, B, C, rows, depth, columns, mode, biases):
    """Set C (rows, columns) to A @ B; A is a LeftMatrix, B and C are addresses.

    mode ADD adds to C instead; ON_BIAS adds biases (columns,). One of A's strides is 1. A single
    column would leave all lanes but one empty: it is made of dot products, or is the sum of A.T's
    rows, each times a number of B, which knows no ON_BIAS.

    However the rows of C are divided among calls, the bits are the same: an element is one chain
    of sums over k, in every tile.
    """
    if columns == 1 and A.k_stride == 1:
        _dot_products(A, rows, depth, B, C, mode, biases)
    elif columns == 1:
        sum_weighted_rows(Rows(A.data, A.k_stride), depth, rows, Weights(B, UNIT_STRIDE), C, mode)
    lanes = lane_count(C)
    width = WIDE * lanes
    panel, start = stack_buffer(C), stack_buffer(C)
    crowded = rows >= 4 * ROWS and depth * columns * (REGISTER // lanes) > 2 * STACK_BYTES
    chunk = depth
    if depth > PANEL_DEPTH:  # in equal parts: a short last one costs as many stores as a long one
        chunks = (depth + PANEL_DEPTH - 1) // PANEL_DEPTH
        chunk = (depth + chunks - 1) // chunks
    j = columns if columns > 1 else 0
    while j > 0:
        # A column of wide tiles that would leave a register empty is made of tall ones.
        rest = j % width
        tall = 0 < rest <= width - lanes and rows >= TALL
        span = lanes if tall else width
        count = (j - 1) % span + 1
        j -= count
        initial = load_first_wide(biases, j, count) if mode == ON_BIAS else zeros_wide(C)
        store(start, 0, initial)
        first = 0
        while first < depth:
            a, deep = shifted(A.data, first * A.k_stride), depth - first
            part, b_stride = shifted(B, first * columns + j), columns
            if crowded or count < span:
                deep = smaller(deep, chunk)
                _pack(part, columns, deep, count, panel)
                part, b_stride = panel, width
            add = mode == ADD or first > 0
            # Stores that are too wide may spill into the next rows, which are stored later, but
            # not past the end of the last: AMD's masked store takes a dozen cycles.
            whole = rows if count == span else 0 if add else rows - (j + span - 1) // columns
            _column_of_tiles(
                LeftMatrix(a, A.row_stride, A.k_stride), Rows(part, b_stride), shifted(C, j), rows,
                deep, Columns(count, columns, whole, tall, add), start,
            )  # fmt: skip
            first += deep


@inner
def _dot_products(A, rows, depth, b, c, mode, biases):
    """Set c (rows,), or add to it, the dot product of each row of A (rows, depth) with b."""
    lanes = lane_count(b)
    full = depth - depth % lanes
    for r in range(rows):
        sums = zeros(b)
        for k in range(0, full, lanes):
            sums = sums + load(A.data, r * A.row_stride + k) * load(b, k)
        if full < depth:
            rest = depth - full
            sums = sums + load_first(A.data, r * A.row_stride + full, rest) * load_first(
                b, full, rest
            )
        result = sum_lanes(sums)
        if mode == ADD:
            result += at(c, r)
        elif mode == ON_BIAS:
            result += at(biases, 0)
        put(c, r, result)


@inner
def _pack(B, columns, depth, count, panel):
    """Copy a block of B to where its rows follow each other, filled up with zeros."""
    width = WIDE * lane_count(B)
    for k in range(depth):
        store(panel, k * width, load_first_wide(B, k * columns, count))


@inner
def _column_of_tiles(A, B, C, rows, depth, column, start):
    """Make a column of tiles, or add to it.

    The last tile begins early enough to be full: what it makes again is the same. Rows that cannot
    be stored whole, or that would be added twice, are made beside C and copied. start: one row, of
    what the sums start from.
    """
    width, sixes = WIDE * lane_count(C), _rows_in_sixes(rows)
    add, tall, beside_c = column.add, column.tall, shifted(start, width)
    done = 0
    while done < rows:
        six = done < sixes
        height = TALL if tall else ROWS if six else LOW
        r = larger(smaller(done, rows - height), 0)
        n = (smaller(column.whole_rows, sixes) if six and not tall else column.whole_rows) - r
        # Not by height: a true division takes longer.
        n -= n % TALL if tall else n % ROWS if six else n % LOW
        c, c_stride = shifted(C, r * column.stride), column.stride
        beside = n <= 0 or (add and r < done)
        if beside:
            n, c, c_stride = smaller(rows, height), beside_c, width
            for i in range(n if add else 0):
                old_row = load_first_wide(C, (r + i) * column.stride, column.width)
                store(beside_c, i * width, old_row)
        old, old_stride = start, NO_STRIDE
        if add:
            old, old_stride = c, c_stride
        a = LeftMatrix(shifted(A.data, r * A.row_stride), A.row_stride, A.k_stride)
        if tall:
            twelve_row_kernel(a, B, Rows(old, old_stride), Rows(c, c_stride), n, depth)
        elif six:
            six_row_kernel(a, B, Rows(old, old_stride), Rows(c, c_stride), n, depth)
        else:
            four_row_kernel(a, B, Rows(old, old_stride), Rows(c, c_stride), n, depth)
        if beside:
            for i in range(done - r, n):
                row, whole = shifted(beside_c, i * width), r + i < column.whole_rows
                _store_row(row, column.width, whole, C, (r + i) * column.stride)
        done = r + n


@inner
def _rows_in_sixes(rows):
    """Return how many of the first rows come in sixes, so that fewest are made twice."""
    rest = rows % ROWS
    if rest == ROWS - 1:
        return rows
    # Seven are two fours, eight too.
    return rows - rest - (ROWS if 0 < rest < 3 and rows > ROWS else 0)


@inner
def _store_row(row, count, whole, C, c):
    """Copy a row of so many numbers to C; a whole one may be stored past its end."""
    lanes = lane_count(C)
    for j in range(0, count, lanes):
        v = load(row, j)
        if whole or count - j >= lanes:
            store(C, c + j, v)
        else:
            store_first(C, c + j, v, count - j)
