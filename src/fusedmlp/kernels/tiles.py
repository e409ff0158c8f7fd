"""Matrix products from registers: 6 rows of the result at a time.

    C[r, j] (+)= sum over k of A[r, k] B[k, j]

A is read through two strides, so that one function serves A @ B and A.T @ B. A tile's sums stay in
registers while k runs; each k takes a part of one row of B and, for each of the 6 rows, one number
of A. At an edge, missing rows repeat the last one and are not stored: one loop instead of six.
"""

import numpy as np

from fusedmlp.kernels.compiled import inner
from fusedmlp.kernels.vectors import (
    WIDE,
    at,
    lane_count,
    load,
    load_first,
    load_wide,
    put,
    store,
    store_first,
    total,
    zeros,
    zeros_wide,
)

ROWS = 6

# For multiply's arguments: of one type for Numba, where each literal 0 or 1 is a type of its own
# and compiles the tiles again.
SET, ADD, NEXT = np.intp(0), np.intp(1), np.intp(1)


@inner
def multiply(A, row_stride, k_stride, rows, depth, B, columns, C, add):
    """Set C (rows, columns), or add to it, A @ B; A[r, k] is at r * row_stride + k * k_stride.

    One of the strides is 1. A single column would leave all lanes but one empty: it is made of dot
    products, or is the row of the transposed product.
    """
    if columns > 1:
        _product(A, row_stride, k_stride, rows, depth, B, columns, C, add)
    elif k_stride == 1:
        _dots(A, rows, depth, B, C, add)
    else:
        _product(B, NEXT, NEXT, NEXT, depth, A, rows, C, add)


@inner
def _dots(A, rows, depth, b, c, add):
    """Set c (rows,), or add to it, the dot product of each row of A (rows, depth) with b."""
    lanes = lane_count(A)
    full = depth - depth % lanes
    for r in range(rows):
        sums = zeros(A)
        for k in range(0, full, lanes):
            sums = sums + load(A, r * depth + k) * load(b, k)
        if full < depth:
            rest = depth - full
            sums = sums + load_first(A, r * depth + full, rest) * load_first(b, full, rest)
        put(c, r, at(c, r) + total(sums) if add else total(sums))


@inner
def _product(A, row_stride, k_stride, rows, depth, B, columns, C, add):
    """Multiply in tiles, from the right edge to the left."""
    lanes = lane_count(C)
    wide_end = columns - columns % (WIDE * lanes)
    narrow_end = columns - columns % lanes
    if narrow_end < columns:
        # AMD's masked store takes a dozen cycles. Where nothing is added, a whole register may
        # spill into the next rows, which are stored later, but not past the end.
        spilling = 0 if add else rows - (narrow_end + lanes - 1) // columns
        _edge(
            A, row_stride, k_stride, rows, depth, B, narrow_end, columns, columns, C, add, spilling
        )
    _edge(A, row_stride, k_stride, rows, depth, B, wide_end, narrow_end, columns, C, add, rows)
    for j in range(0, wide_end, WIDE * lanes):
        for r in range(0, rows, ROWS):
            c = r * columns + j
            n = min(ROWS, rows - r)
            _wide_tile(A, r * row_stride, row_stride, k_stride, n, depth, B, j, columns, C, c, add)


@inner
def _edge(A, row_stride, k_stride, rows, depth, B, begin, end, columns, C, add, full):
    """Multiply in tiles of one register's width; of the rows, the first `full` are stored whole."""
    for j in range(begin, end, lane_count(C)):
        for r in range(0, rows, ROWS):
            a, c, n = r * row_stride, r * columns + j, min(ROWS, rows - r)
            _edge_tile(A, a, row_stride, k_stride, n, depth, B, j, columns, C, c, add, full - r)


@inner
def _wide_tile(A, a, row_stride, k_stride, rows, depth, B, b, columns, C, c, add):
    """A tile as wide as the registers allow."""
    a1 = a + min(1, rows - 1) * row_stride
    a2 = a + min(2, rows - 1) * row_stride
    a3 = a + min(3, rows - 1) * row_stride
    a4 = a + min(4, rows - 1) * row_stride
    a5 = a + min(5, rows - 1) * row_stride
    c0 = c1 = c2 = c3 = c4 = c5 = zeros_wide(C)
    for k in range(depth):
        v = load_wide(B, b + k * columns)
        s = k * k_stride
        c0 = c0 + v * at(A, a + s)
        c1 = c1 + v * at(A, a1 + s)
        c2 = c2 + v * at(A, a2 + s)
        c3 = c3 + v * at(A, a3 + s)
        c4 = c4 + v * at(A, a4 + s)
        c5 = c5 + v * at(A, a5 + s)
    _put_wide(C, c, c0, add)
    if rows > 1:
        _put_wide(C, c + columns, c1, add)
    if rows > 2:
        _put_wide(C, c + 2 * columns, c2, add)
    if rows > 3:
        _put_wide(C, c + 3 * columns, c3, add)
    if rows > 4:
        _put_wide(C, c + 4 * columns, c4, add)
    if rows > 5:
        _put_wide(C, c + 5 * columns, c5, add)


@inner
def _put_wide(C, c, v, add):
    store(C, c, v + load_wide(C, c) if add else v)


@inner
def _edge_tile(A, a, row_stride, k_stride, rows, depth, B, b, columns, C, c, add, full):
    """A tile of one register's width, or of what is left of it at the right edge.

    Of its rows, the first `full` are stored whole.
    """
    count = columns - b
    a1 = a + min(1, rows - 1) * row_stride
    a2 = a + min(2, rows - 1) * row_stride
    a3 = a + min(3, rows - 1) * row_stride
    a4 = a + min(4, rows - 1) * row_stride
    a5 = a + min(5, rows - 1) * row_stride
    c0 = c1 = c2 = c3 = c4 = c5 = zeros(C)
    for k in range(depth):
        v = load_first(B, b + k * columns, count)
        s = k * k_stride
        c0 = c0 + v * at(A, a + s)
        c1 = c1 + v * at(A, a1 + s)
        c2 = c2 + v * at(A, a2 + s)
        c3 = c3 + v * at(A, a3 + s)
        c4 = c4 + v * at(A, a4 + s)
        c5 = c5 + v * at(A, a5 + s)
    _put_edge(C, c, c0, count, add, full > 0)
    if rows > 1:
        _put_edge(C, c + columns, c1, count, add, full > 1)
    if rows > 2:
        _put_edge(C, c + 2 * columns, c2, count, add, full > 2)
    if rows > 3:
        _put_edge(C, c + 3 * columns, c3, count, add, full > 3)
    if rows > 4:
        _put_edge(C, c + 4 * columns, c4, count, add, full > 4)
    if rows > 5:
        _put_edge(C, c + 5 * columns, c5, count, add, full > 5)


@inner
def _put_edge(C, c, v, count, add, full):
    if full:
        store(C, c, v + load(C, c) if add else v)
    else:
        store_first(C, c, v + load_first(C, c, count) if add else v, count)


@inner
def transpose(A, rows, columns, B):
    """Set B (columns, rows) to A (rows, columns) transposed."""
    for r in range(rows):
        for j in range(columns):
            put(B, j * rows + r, at(A, r * columns + j))
