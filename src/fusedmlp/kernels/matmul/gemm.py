"""Matrix products (GEMM) in register tiles of 6, 12 or 4 rows of the result.

    C[r, j] = sum over k of A[r, k] B[k, j], set, added to C, or added to a bias for each j

A is read through two strides, so that one function computes A @ B and A.T @ B. Accumulators of a
tile stay in registers during the loop over k; each k loads a part of one row of B and, for each row
of the tile, one number of A. A wide tile has 6 rows of WIDE registers, a tall tile 12 rows of one;
low tiles, 4 rows of WIDE registers, compute the rows that are left. Each has at least 8
accumulators, since an addition has a latency of four cycles, and two can start in each cycle.
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

# A panel is the part of B for one column of tiles, packed so that its rows follow each other. In B,
# they are far apart and may fall into the same few sets of the cache.
PANEL_DEPTH = STACK_BYTES // (WIDE * REGISTER)


class Columns(NamedTuple):
    """The columns of C that one column of tiles computes."""

    width: int  # number of columns
    stride: int  # from a row of C to the next
    whole_rows: int  # the first rows, which can be stored in whole registers
    tall: bool  # tall tiles
    add: bool  # add to C instead of setting it


@inner
def gemm(A, B, C, rows, depth, columns, mode, biases):
    """Set C (rows, columns) to A @ B; A is a LeftMatrix, B and C are addresses.

    mode ADD adds to C instead; ON_BIAS adds biases (columns,). One of A's strides is 1. For a
    single column, tiles would leave all lanes but one empty: it is computed as dot products or,
    without support for ON_BIAS, as the sum of the rows of A.T, each times a number of B.

    The bits do not depend on how the rows of C are divided among calls: in every tile, an element
    is one chain of additions over k.
    """
    if columns == 1 and A.k_stride == 1:
        _dot_products(A, rows, depth, B, C, mode, biases)
    elif columns == 1:
        sum_weighted_rows(Rows(A.data, A.k_stride), depth, rows, Weights(B, UNIT_STRIDE), C, mode)
    lanes = lane_count(C)
    width = WIDE * lanes
    panel, start = stack_buffer(C), stack_buffer(C)
    worth_packing = rows >= 4 * ROWS and depth * columns * (REGISTER // lanes) > 2 * STACK_BYTES
    chunk = depth
    if depth > PANEL_DEPTH:  # in equal parts: a short last part needs as many stores as a long one
        chunks = (depth + PANEL_DEPTH - 1) // PANEL_DEPTH
        chunk = (depth + chunks - 1) // chunks
    j = columns if columns > 1 else 0
    while j > 0:
        # Tall tiles where wide ones would leave a register empty.
        rest = j % width
        tall = 0 < rest <= width - lanes and rows >= TALL
        span = lanes if tall else width
        count = (j - 1) % span + 1
        j -= count
        initial = load_first_wide(biases, j, count) if mode == ON_BIAS else zeros_wide(C)
        store(start, 0, initial)
        first = 0
        while first < depth:
            a, part_depth = shifted(A.data, first * A.k_stride), depth - first
            b, b_stride = shifted(B, first * columns + j), columns
            if worth_packing or count < span:
                part_depth = smaller(part_depth, chunk)
                _pack(b, columns, part_depth, count, panel)
                b, b_stride = panel, width
            add = mode == ADD or first > 0
            # A store of whole registers may write past the end of its row into the next rows, which
            # are stored later, but not past the last row. It replaces a masked store, which takes a
            # dozen cycles on AMD.
            whole_rows = rows if count == span else 0 if add else rows - (j + span - 1) // columns
            _column_of_tiles(
                LeftMatrix(a, A.row_stride, A.k_stride), Rows(b, b_stride), shifted(C, j), rows,
                part_depth, Columns(count, columns, whole_rows, tall, add), start,
            )  # fmt: skip
            first += part_depth


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
    """Pack a block of B into a panel, whose rows follow each other and are padded with zeros."""
    width = WIDE * lane_count(B)
    for k in range(depth):
        store(panel, k * width, load_first_wide(B, k * columns, count))


@inner
def _column_of_tiles(A, B, C, rows, depth, column, start):
    """Compute a column of tiles, or add to it.

    The last tile begins early enough to be full; the rows that it computes again get the same
    values. Rows that cannot be stored in whole registers, or to which the product would be added
    twice, are computed in a temporary tile and copied. start: one row of initial values of the
    accumulators, followed by memory for the temporary tile.
    """
    width, six_row_end = WIDE * lane_count(C), _rows_in_six_row_tiles(rows)
    add, tall, temporary = column.add, column.tall, shifted(start, width)
    done = 0
    while done < rows:
        six_rows = done < six_row_end
        height = TALL if tall else ROWS if six_rows else LOW
        r = larger(smaller(done, rows - height), 0)
        last = column.whole_rows
        if six_rows and not tall:
            last = smaller(last, six_row_end)
        n = last - r
        # Modulo a constant, not modulo height: a division by a variable takes longer.
        n -= n % TALL if tall else n % ROWS if six_rows else n % LOW
        c, c_stride = shifted(C, r * column.stride), column.stride
        use_temporary = n <= 0 or (add and r < done)
        if use_temporary:
            n, c, c_stride = smaller(rows, height), temporary, width
            for i in range(n if add else 0):
                old_row = load_first_wide(C, (r + i) * column.stride, column.width)
                store(temporary, i * width, old_row)
        old, old_stride = start, NO_STRIDE
        if add:
            old, old_stride = c, c_stride
        initial, result = Rows(old, old_stride), Rows(c, c_stride)
        a = LeftMatrix(shifted(A.data, r * A.row_stride), A.row_stride, A.k_stride)
        if tall:
            twelve_row_kernel(a, B, initial, result, n, depth)
        elif six_rows:
            six_row_kernel(a, B, initial, result, n, depth)
        else:
            four_row_kernel(a, B, initial, result, n, depth)
        if use_temporary:
            for i in range(done - r, n):
                row, whole = shifted(temporary, i * width), r + i < column.whole_rows
                _store_row(row, column.width, whole, C, (r + i) * column.stride)
        done = r + n


@inner
def _rows_in_six_row_tiles(rows):
    """Return how many of the first rows get six-row tiles, so that fewest are computed twice."""
    rest = rows % ROWS
    if rest == ROWS - 1:
        return rows
    # Seven or eight rows are two low tiles.
    return rows - rest - (ROWS if 0 < rest < 3 and rows > ROWS else 0)


@inner
def _store_row(row, count, whole, C, c):
    """Copy a row of `count` numbers to C; whole: numbers past its end may be overwritten."""
    lanes = lane_count(C)
    for j in range(0, count, lanes):
        v = load(row, j)
        if whole or count - j >= lanes:
            store(C, c + j, v)
        else:
            store_first(C, c + j, v, count - j)
