"""Copies and transposes in memory."""

from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.vector import at, lane_count, load, put, shifted, store, transpose_tile


@inner
def copy(source, size, target):
    """Set target (size,) to source.

    The remainder is copied number by number: most copies are of rows of a few numbers, and a masked
    store takes a dozen cycles on AMD's processors.
    """
    lanes = lane_count(source)
    full = size - size % lanes
    for k in range(0, full, lanes):
        store(target, k, load(source, k))
    for k in range(full, size):
        put(target, k, at(source, k))


@inner
def fill_with_zeros(memory, size):
    """Set `size` numbers to zero."""
    for k in range(size):
        put(memory, k, 0)


@inner
def transpose(A, rows, columns, row_stride, B, stride):
    """Set B (columns, stride) to A.T, A (rows, columns): in square tiles, then the remainder."""
    lanes = lane_count(A)
    row_end, column_end = rows - rows % lanes, columns - columns % lanes
    for r in range(0, row_end, lanes):
        for j in range(0, column_end, lanes):
            source, target = shifted(A, r * row_stride + j), shifted(B, j * stride + r)
            transpose_tile(source, row_stride, target, stride)
    for r in range(rows):
        for j in range(column_end if r < row_end else 0, columns):
            put(B, j * stride + r, at(A, r * row_stride + j))
