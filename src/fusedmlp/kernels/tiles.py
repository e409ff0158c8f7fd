"""Matrix products from registers: 6 rows of the result at a time.

    C[r, j] = sum over k of A[r, k] B[k, j], set, added to C, or on top of a bias for each j

A is read through two strides, so that one function serves A @ B and A.T @ B. A tile's sums stay in
registers while k runs; each k takes a part of one row of B and, for each of the 6 rows, one number
of A. At an edge, missing rows repeat the last one and are not stored: one loop instead of six.
"""

import numpy as np

from fusedmlp.kernels.compiled import inner
from fusedmlp.kernels.vectors import (
    REGISTER,
    STACK_ROOM,
    WIDE,
    at,
    lane_count,
    load,
    load_first,
    load_wide,
    put,
    room_on_stack,
    shifted,
    store,
    store_first,
    total,
    transpose_square,
    zeros,
    zeros_wide,
)

ROWS = 6

# For multiply's arguments: of one type for Numba, where each literal 0 or 1 is a type of its own
# and compiles the tiles again.
SET, ADD, ON_BIAS, NEXT = np.intp(0), np.intp(1), np.intp(2), np.intp(1)

# A panel is the part of B under one column of tiles, copied to where its rows follow each other:
# as they are, far apart, they fall on the same few lines of the cache.
PANEL_DEPTH = STACK_ROOM // (WIDE * REGISTER)


@inner
def multiply(A, row_stride, k_stride, rows, depth, B, columns, C, mode, biases):
    """Set C (rows, columns) to A @ B; A[r, k] is at r * row_stride + k * k_stride.

    mode ADD adds to C instead; ON_BIAS adds biases (columns,). One of the strides is 1. A single
    column would leave all lanes but one empty: it is made of dot products, or is the row of the
    transposed product.
    """
    # One call of _product: each is compiled anew, with all that is in it.
    if columns == 1 and k_stride == 1:
        _dots(A, rows, depth, B, C, mode, biases)
    else:
        if columns == 1:
            A, B, row_stride, k_stride, rows, columns = B, A, NEXT, NEXT, NEXT, rows
        _product(A, row_stride, k_stride, rows, depth, B, columns, C, mode, biases)


@inner
def _dots(A, rows, depth, b, c, mode, biases):
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
        result = total(sums)
        if mode == ADD:
            result += at(c, r)
        elif mode == ON_BIAS:
            result += at(biases, 0)
        put(c, r, result)


@inner
def _product(A, row_stride, k_stride, rows, depth, B, columns, C, mode, biases):
    """Multiply in tiles, from the right edge to the left."""
    lanes = lane_count(C)
    width = WIDE * lanes
    wide_end = columns - columns % width
    # AMD's masked store takes a dozen cycles. Where nothing is added, a register that is too wide
    # may spill into the next rows, which are stored later, but not past the end of the last.
    last = columns - 1 - (columns - 1) % lanes
    spilling = 0 if mode == ADD else rows - (last + lanes - 1) // columns
    for j in range(last, wide_end - 1, -lanes):
        whole = rows if columns - j >= lanes else spilling
        for r in range(0, rows, ROWS):
            a, n = shifted(A, r * row_stride), min(ROWS, rows - r)
            _edge_tile(
                a, row_stride, k_stride, n, depth, B, r, j, columns, C, mode, biases, whole - r
            )

    packed = rows >= 4 * ROWS and depth * columns * (REGISTER // lanes) > 2 * STACK_ROOM
    panel, chunk = room_on_stack(C), PANEL_DEPTH if packed else depth
    for j in range(0, wide_end, width):
        for first in range(0, depth, chunk):
            deep, part, b_stride = (
                min(chunk, depth - first),
                shifted(B, first * columns + j),
                columns,
            )
            if packed:
                for k in range(deep):
                    store(panel, k * width, load_wide(part, k * columns))
                part, b_stride = panel, width
            part_mode = mode if first == 0 else ADD
            for r in range(0, rows, ROWS):
                a, n = shifted(A, first * k_stride + r * row_stride), min(ROWS, rows - r)
                _wide_tile(
                    a, row_stride, k_stride, n, deep, part, b_stride, r, j, columns, C, part_mode,
                    biases,
                )  # fmt: skip


@inner
def _wide_tile(A, row_stride, k_stride, rows, depth, B, b_stride, r, j, columns, C, mode, biases):
    """A tile as wide as the registers allow."""
    a1 = min(1, rows - 1) * row_stride
    a2 = min(2, rows - 1) * row_stride
    a3 = min(3, rows - 1) * row_stride
    a4 = min(4, rows - 1) * row_stride
    a5 = min(5, rows - 1) * row_stride
    start = load_wide(biases, j) if mode == ON_BIAS else zeros_wide(C)
    c0 = c1 = c2 = c3 = c4 = c5 = start
    for k in range(depth):
        v = load_wide(B, k * b_stride)
        s = k * k_stride
        c0 = c0 + v * at(A, s)
        c1 = c1 + v * at(A, a1 + s)
        c2 = c2 + v * at(A, a2 + s)
        c3 = c3 + v * at(A, a3 + s)
        c4 = c4 + v * at(A, a4 + s)
        c5 = c5 + v * at(A, a5 + s)
    c = r * columns + j
    _put_wide(C, c, c0, mode)
    if rows > 1:
        _put_wide(C, c + columns, c1, mode)
    if rows > 2:
        _put_wide(C, c + 2 * columns, c2, mode)
    if rows > 3:
        _put_wide(C, c + 3 * columns, c3, mode)
    if rows > 4:
        _put_wide(C, c + 4 * columns, c4, mode)
    if rows > 5:
        _put_wide(C, c + 5 * columns, c5, mode)


@inner
def _put_wide(C, c, v, mode):
    store(C, c, v + load_wide(C, c) if mode == ADD else v)


@inner
def _edge_tile(A, row_stride, k_stride, rows, depth, B, r, j, columns, C, mode, biases, full):
    """A tile of one register's width, or of what is left of it at the right edge.

    Of its rows, the first `full` are stored whole.
    """
    count = columns - j
    a1 = min(1, rows - 1) * row_stride
    a2 = min(2, rows - 1) * row_stride
    a3 = min(3, rows - 1) * row_stride
    a4 = min(4, rows - 1) * row_stride
    a5 = min(5, rows - 1) * row_stride
    start = load_first(biases, j, count) if mode == ON_BIAS else zeros(C)
    c0 = c1 = c2 = c3 = c4 = c5 = start
    for k in range(depth):
        v = load_first(B, j + k * columns, count)
        s = k * k_stride
        c0 = c0 + v * at(A, s)
        c1 = c1 + v * at(A, a1 + s)
        c2 = c2 + v * at(A, a2 + s)
        c3 = c3 + v * at(A, a3 + s)
        c4 = c4 + v * at(A, a4 + s)
        c5 = c5 + v * at(A, a5 + s)
    c = r * columns + j
    _put_edge(C, c, c0, count, mode, full > 0)
    if rows > 1:
        _put_edge(C, c + columns, c1, count, mode, full > 1)
    if rows > 2:
        _put_edge(C, c + 2 * columns, c2, count, mode, full > 2)
    if rows > 3:
        _put_edge(C, c + 3 * columns, c3, count, mode, full > 3)
    if rows > 4:
        _put_edge(C, c + 4 * columns, c4, count, mode, full > 4)
    if rows > 5:
        _put_edge(C, c + 5 * columns, c5, count, mode, full > 5)


@inner
def _put_edge(C, c, v, count, mode, full):
    if full:
        store(C, c, v + load(C, c) if mode == ADD else v)
    else:
        store_first(C, c, v + load_first(C, c, count) if mode == ADD else v, count)


@inner
def transpose(A, rows, columns, B, stride):
    """Set B (columns, stride) to A (rows, columns) transposed: in squares, then what is left."""
    lanes = lane_count(A)
    row_end, column_end = rows - rows % lanes, columns - columns % lanes
    for r in range(0, row_end, lanes):
        for j in range(0, column_end, lanes):
            source, target = shifted(A, r * columns + j), shifted(B, j * stride + r)
            transpose_square(source, columns, target, stride)
    for r in range(rows):
        for j in range(column_end if r < row_end else 0, columns):
            put(B, j * stride + r, at(A, r * columns + j))


@inner
def add_rows(A, rows, columns, c, mode):
    """Set c (columns,), or add to it, the sum of the rows of A (rows, columns)."""
    lanes = lane_count(A)
    for j in range(0, columns, lanes):
        count = columns - j
        sums = load_first(c, j, count) if mode == ADD else zeros(c)
        for r in range(rows):
            sums = sums + load_first(A, r * columns + j, count)
        store_first(c, j, sums, count)


@inner
def copy(source, size, target):
    """Set target (size,) to source."""
    lanes = lane_count(source)
    full = size - size % lanes
    for k in range(0, full, lanes):
        store(target, k, load(source, k))
    for k in range(full, size):
        put(target, k, at(source, k))
