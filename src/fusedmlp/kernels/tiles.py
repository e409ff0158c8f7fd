"""Matrix products from registers: 6 rows of the result at a time, or 12, or 4.

    C[r, j] = sum over k of A[r, k] B[k, j], set, added to C, or on top of a bias for each j

A is read through two strides, so that one function serves A @ B and A.T @ B. A tile's sums stay in
registers while k runs; each k takes a part of one row of B and, for each of the rows, one number
of A. A wide tile is 6 rows by all registers of a width, a tall one 12 by one, and what is left by
sixes comes in low ones, 4 by the width. They have at least 8 sums each, as a sum waits four cycles
for the one before it, and two can begin in each.
"""

import numpy as np

from fusedmlp.kernels.compiled import inner
from fusedmlp.kernels.rows import ADD, NEXT, STILL, weighted_rows
from fusedmlp.kernels.tile_sums import LOW, ROWS, TALL, low_tiles, tall_tiles, wide_tiles
from fusedmlp.kernels.vectors import (
    REGISTER,
    STACK_ROOM,
    WIDE,
    at,
    lane_count,
    load,
    load_first,
    load_first_wide,
    put,
    room_on_stack,
    shifted,
    store,
    store_first,
    total,
    zeros,
    zeros_wide,
)

# For multiply's arguments: of one type for Numba, see rows.py.
ON_BIAS = np.intp(2)

# A panel is the part of B under one column of tiles, copied to where its rows follow each other:
# as they are, far apart, they fall on the same few lines of the cache.
PANEL_DEPTH = STACK_ROOM // (WIDE * REGISTER)


@inner
def multiply(A, row_stride, k_stride, rows, depth, B, columns, C, mode, biases):
    """Set C (rows, columns) to A @ B; A[r, k] is at r * row_stride + k * k_stride.

    mode ADD adds to C instead; ON_BIAS adds biases (columns,). One of the strides is 1. A single
    column would leave all lanes but one empty: it is made of dot products, or is the sum of A.T's
    rows, each times a number of B, which knows no ON_BIAS.

    However the rows of C are divided among calls, the bits are the same: an element is one chain
    of sums over k, in every tile.
    """
    if columns == 1 and k_stride == 1:
        _dots(A, row_stride, rows, depth, B, C, mode, biases)
    elif columns == 1:
        weighted_rows(A, depth, k_stride, rows, B, NEXT, C, mode)
    lanes = lane_count(C)
    width = WIDE * lanes
    panel, start = room_on_stack(C), room_on_stack(C)
    crowded = rows >= 4 * ROWS and depth * columns * (REGISTER // lanes) > 2 * STACK_ROOM
    chunk = depth
    if depth > PANEL_DEPTH:  # in equal parts: a short last one costs as many stores as a long one
        chunks = (depth + PANEL_DEPTH - 1) // PANEL_DEPTH
        chunk = (depth + chunks - 1) // chunks
    j = columns if columns > 1 else 0
    while j > 0:
        # A block that would leave a register of the wide tiles empty is made of tall ones.
        rest = j % width
        tall = 0 < rest <= width - lanes and rows >= TALL
        span = lanes if tall else width
        count = (j - 1) % span + 1
        j -= count
        initial = load_first_wide(biases, j, count) if mode == ON_BIAS else zeros_wide(C)
        store(start, 0, initial)
        first = 0
        while first < depth:
            a, deep = shifted(A, first * k_stride), depth - first
            part, b_stride = shifted(B, first * columns + j), columns
            if crowded or count < span:
                deep = min(deep, chunk)
                _pack(part, columns, deep, count, panel)
                part, b_stride = panel, width
            add = mode == ADD or first > 0
            c = shifted(C, j)
            # Stores that are too wide may spill into the next rows, which are stored later, but
            # not past the end of the last: AMD's masked store takes a dozen cycles.
            whole = rows if count == span else 0 if add else rows - (j + span - 1) // columns
            _block(
                a, row_stride, k_stride, rows, deep, part, b_stride, count, c, columns, whole, tall,
                add, start,
            )  # fmt: skip
            first += deep


@inner
def _dots(A, row_stride, rows, depth, b, c, mode, biases):
    """Set c (rows,), or add to it, the dot product of each row of A (rows, depth) with b."""
    lanes = lane_count(A)
    full = depth - depth % lanes
    for r in range(rows):
        sums = zeros(A)
        for k in range(0, full, lanes):
            sums = sums + load(A, r * row_stride + k) * load(b, k)
        if full < depth:
            rest = depth - full
            sums = sums + load_first(A, r * row_stride + full, rest) * load_first(b, full, rest)
        result = total(sums)
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
def _block(
    A, row_stride, k_stride, rows, depth, B, b_stride, count, C, columns, whole, tall, add, start
):
    """Make a block of columns of C, or add to it.

    The first `whole` rows can be stored whole. The last tile begins early enough to be full: what
    it makes again is the same. Rows that cannot be stored whole, or that would be added twice, are
    made beside C and copied. start: one row, of what the sums start from.
    """
    width, sixes = WIDE * lane_count(C), _rows_in_sixes(rows)
    margin = shifted(start, width)
    done = 0
    while done < rows:
        six = done < sixes
        height = TALL if tall else ROWS if six else LOW
        r = max(min(done, rows - height), 0)
        n = (min(whole, sixes) if six and not tall else whole) - r
        # Not by height: a true division takes longer.
        n -= n % TALL if tall else n % ROWS if six else n % LOW
        c, c_stride = shifted(C, r * columns), columns
        beside = n <= 0 or (add and r < done)
        if beside:
            n, c, c_stride = min(rows, height), margin, width
            for i in range(n if add else 0):
                store(margin, i * width, load_first_wide(C, (r + i) * columns, count))
        a, old, old_stride = shifted(A, r * row_stride), start, STILL
        if add:
            old, old_stride = c, c_stride
        if tall:
            tall_tiles(a, row_stride, k_stride, n, depth, B, b_stride, old, old_stride, c, c_stride)
        elif six:
            wide_tiles(a, row_stride, k_stride, n, depth, B, b_stride, old, old_stride, c, c_stride)
        else:
            low_tiles(a, row_stride, k_stride, n, depth, B, b_stride, old, old_stride, c, c_stride)
        if beside:
            for i in range(done - r, n):
                _store_row(shifted(margin, i * width), count, r + i < whole, C, (r + i) * columns)
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
def _store_row(row, count, spill, C, c):
    lanes = lane_count(C)
    for j in range(0, count, lanes):
        v = load(row, j)
        if spill or count - j >= lanes:
            store(C, c + j, v)
        else:
            store_first(C, c + j, v, count - j)
