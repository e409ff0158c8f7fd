"""Columns of tiles: all rows of a product, for as many columns as a tile is wide."""

from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.matmul.tile_shapes import TILES
from fusedmlp.kernels.matmul.tiles import make_tile
from fusedmlp.kernels.vector import REGISTER, lane_count, shifted
from fusedmlp.kernels.vector.integers import smaller
from fusedmlp.kernels.vector.matrices import LeftMatrix, Rows


def column_of_tiles(widths=tuple(TILES)):
    """Return a function that computes a column of tiles of one of these widths."""
    column = _column_of(TILES[widths[0]])
    if len(widths) == 1:
        return column
    width, others = widths[0], column_of_tiles(widths[1:])

    @inner
    def any_column(registers, A, B, initial, C, rows, depth, columns, whole_rows):
        """Set C (rows, columns) to `initial` + A @ B, in tiles of so many registers.

        The first `whole_rows` rows can be stored in whole vectors.
        """
        if registers == width:
            column(registers, A, B, initial, C, rows, depth, columns, whole_rows)
        else:
            others(registers, A, B, initial, C, rows, depth, columns, whole_rows)

    return any_column


def _column_of(shape):
    height, lower = shape.height, shape.lower
    tile, low_tile = make_tile(shape, height, False), make_tile(shape, lower, True)
    vector, columns_before = shape.vector_bytes // REGISTER, shape.vectors - 1

    @inner
    def column(registers, A, B, initial, C, rows, depth, columns, whole_rows):  # noqa: ARG001
        last = columns - columns_before * vector * lane_count(C.data)
        end = rows - rows % height
        for r in range(0, end, height):
            a, old, c = _from_row(A, r), _rows_from(initial, r), _rows_from(C, r)
            tile(a, B, old, c, depth, last, r + height <= whole_rows, height)
        for r in range(end, rows, lower):
            a, old, c = _from_row(A, r), _rows_from(initial, r), _rows_from(C, r)
            low_tile(a, B, old, c, depth, last, r + lower <= whole_rows, smaller(lower, rows - r))

    return column


@inner
def _from_row(A, r):
    return LeftMatrix(shifted(A.data, r * A.row_stride), A.row_stride, A.k_stride)


@inner
def _rows_from(matrix, r):
    return Rows(shifted(matrix.data, r * matrix.row_stride), matrix.row_stride)
