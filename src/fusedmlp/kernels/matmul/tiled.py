"""Matrix products in columns of tiles, whose part of B is packed where that pays."""

from typing import NamedTuple

from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.matmul.columns import column_of_tiles
from fusedmlp.kernels.matmul.tile_shapes import MOST_REGISTERS, NEXT_REGISTERS, PACKS, TILES
from fusedmlp.kernels.vector import (
    REGISTER,
    STACK_BYTES,
    lane_count,
    load_first,
    shifted,
    stack_buffer,
    store,
    zeros,
)
from fusedmlp.kernels.vector.integers import smaller
from fusedmlp.kernels.vector.matrices import LeftMatrix, Rows
from fusedmlp.kernels.vector.typed_constants import ADD, NO_STRIDE, ON_BIAS, SET

ROWS_WORTH_PACKING = 48
# Rows of B, and of A if it is transposed, that a column of tiles reads from one to the next: in a
# transposed A they may all be in the same few sets of the cache.
MOST_DEPTH = 256

HEIGHT, LOWER = TILES[MOST_REGISTERS].height, TILES[MOST_REGISTERS].lower
NEXT_HEIGHT, NEXT_LOWER = TILES[NEXT_REGISTERS].height, TILES[NEXT_REGISTERS].lower

_column_of_tiles = column_of_tiles()


class Columns(NamedTuple):
    """Columns of C that one column of tiles computes."""

    first: int
    size: int
    registers: int  # in a row of a tile


@inner
def multiply_in_tiles(A, B, C, rows, depth, columns, mode, biases):
    """Set C (rows, columns) to A @ B; A is a LeftMatrix, B and C are Rows. See `gemm`.

    The columns are computed from right to left, since a store of whole vectors may write past the
    end of its row.
    """
    lanes = lane_count(C.data)
    start = stack_buffer(C.data)
    panel = shifted(start, MOST_REGISTERS * lanes)
    panel_size = (STACK_BYTES // REGISTER - MOST_REGISTERS) * lanes
    many_rows = rows >= ROWS_WORTH_PACKING
    worth_packing = PACKS and many_rows and depth * columns > 2 * panel_size
    if mode == SET:
        for j in range(0, MOST_REGISTERS * lanes, lanes):
            store(start, j, zeros(start))
    end, widest = columns, _widest_tile(rows)
    while end > 0:
        part = _last_columns(end, lanes, widest)
        end, width = part.first, part.registers * lanes
        ragged = part.size < width
        if mode == ON_BIAS:
            _copy_padded(shifted(biases, end), part.size, start, width)
        chunk = depth
        pack = worth_packing or ragged
        most = MOST_DEPTH
        if pack:
            most = panel_size // width
        if depth > most and (pack or many_rows):
            chunk = _equal_parts(depth, most)
        first = 0
        while first < depth:
            part_depth = smaller(chunk, depth - first)
            left = LeftMatrix(shifted(A.data, first * A.k_stride), A.row_stride, A.k_stride)
            b = Rows(shifted(B.data, first * B.row_stride + end), B.row_stride)
            if pack:
                _pack(b, part_depth, part.size, panel, width)
                b = Rows(panel, width)
            c, add = Rows(shifted(C.data, end), C.row_stride), mode == ADD or first > 0
            initial = Rows(start, NO_STRIDE)
            if add:
                initial = c
            whole_rows = rows
            if ragged:
                whole_rows = _rows_in_whole_vectors(rows, end + width, C.row_stride, add)
            _column_of_tiles(
                part.registers, left, b, initial, c, rows, part_depth, part.size, whole_rows
            )
            first += part_depth


@inner
def _widest_tile(rows):
    """Return the registers of the widest tile: half of the most if that computes fewer rows.

    32 rows are five tiles of six rows and one of four, or four of eight: 2 to 7% less time on Zen
    4, a tenth for 20 rows, a fifth for 8.
    """
    spared = _computed_rows(rows, HEIGHT, LOWER) - _computed_rows(rows, NEXT_HEIGHT, NEXT_LOWER)
    return NEXT_REGISTERS if 20 * spared > rows else MOST_REGISTERS


@inner
def _computed_rows(rows, height, lower):
    """Return how many rows the tiles of these heights compute."""
    left = rows % height
    return rows - left + (left + lower - 1) // lower * lower


@inner
def _last_columns(end, lanes, widest):
    """Return the last of `end` columns: a tile's width that leaves a multiple of wider tiles."""
    registers = (end + lanes - 1) // lanes
    width = smaller(registers & -registers, widest)
    first = (registers - width) * lanes
    return Columns(first, end - first, width)


@inner
def _equal_parts(size, most):
    """Return the size of equal parts: a short last part needs as many stores as a long one."""
    parts = (size + most - 1) // most
    return (size + parts - 1) // parts


@inner
def _rows_in_whole_vectors(rows, end, stride, add):
    """Return how many of the first rows can be stored in whole vectors, which end past the columns.

    They write into the next rows, which are stored later, but must not past the last row, nor where
    the product is added to what is there. It saves masked stores, which take a dozen cycles on AMD.
    """
    return 0 if add else rows - (end - 1) // stride


@inner
def _pack(B, depth, count, panel, width):
    """Copy a part of B: in B, its rows are far apart, perhaps in the same few sets of the cache."""
    for k in range(depth):
        _copy_padded(shifted(B.data, k * B.row_stride), count, shifted(panel, k * width), width)


@inner
def _copy_padded(source, count, target, width):
    """Set target (width,) to the `count` numbers of source and zeros."""
    for j in range(0, width, lane_count(source)):
        store(target, j, load_first(source, j, count - j))
