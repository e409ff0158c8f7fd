"""Sums, copies and transposes of rows of numbers in memory."""

import numpy as np

from fusedmlp.kernels.compiled import inner
from fusedmlp.kernels.vectors import (
    WIDE,
    at,
    lane_count,
    load,
    load_first_wide,
    put,
    room_on_stack,
    shifted,
    store,
    store_first,
    transpose_square,
    zeros_wide,
)

# For arguments here and of `tiles.multiply`: of one type for Numba, where each literal 0 or 1 is a
# type of its own and compiles everything again.
SET, ADD = np.intp(0), np.intp(1)
STILL, NEXT = np.intp(0), np.intp(1)


@inner
def transpose(A, rows, columns, row_stride, B, stride):
    """Set B (columns, stride) to A (rows, columns) transposed: in squares, then what is left."""
    lanes = lane_count(A)
    row_end, column_end = rows - rows % lanes, columns - columns % lanes
    for r in range(0, row_end, lanes):
        for j in range(0, column_end, lanes):
            source, target = shifted(A, r * row_stride + j), shifted(B, j * stride + r)
            transpose_square(source, row_stride, target, stride)
    for r in range(rows):
        for j in range(column_end if r < row_end else 0, columns):
            put(B, j * stride + r, at(A, r * row_stride + j))


@inner
def add_rows(A, rows, columns, c, mode):
    """Set c (columns,), or add to it, the sum of the rows of A (rows, columns)."""
    one = room_on_stack(c)
    put(one, 0, 1)
    weighted_rows(A, rows, columns, columns, one, STILL, c, mode)


@inner
def weighted_rows(A, rows, row_stride, columns, weights, step, c, mode):
    """Set c (columns,), or add to it, the sum of A's rows, each times the next of the weights."""
    width = WIDE * lane_count(c)
    for j in range(0, columns, width):
        count = columns - j
        even = load_first_wide(c, j, count) if mode == ADD else zeros_wide(c)
        odd = zeros_wide(c)
        for r in range(rows):
            k = r * row_stride + j
            # Two chains: an addition waits four cycles for the one before it.
            even, odd = odd, even + load_first_wide(A, k, count) * at(weights, r * step)
        store_first(c, j, even + odd, count)


@inner
def copy(source, size, target):
    """Set target (size,) to source."""
    lanes = lane_count(source)
    full = size - size % lanes
    for k in range(0, full, lanes):
        store(target, k, load(source, k))
    for k in range(full, size):
        put(target, k, at(source, k))
