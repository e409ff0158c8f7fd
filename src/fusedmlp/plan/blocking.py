"""Blocking: how many rows pass through the layers at once, and the size of the workspace."""

from collections.abc import Iterator, Sequence

from fusedmlp.plan.parameters import weight_count
from fusedmlp.plan.threads import FLOPS_PER_THREAD

# The kernels take the rows of a batch through the layers in blocks. The rows of a block and their
# intermediate results fit in a core's own cache (BLOCK_BYTES), but LEAST_BLOCK rows are allowed in
# any case, so that a layer's weights are not read too often.
BLOCK_BYTES = 1 << 18
LEAST_BLOCK = 128

# A block's gradient may be divided into partial gradients, one for each part of its rows, so that
# threads can share the work. A part is a whole number of tiles of rows.
PARTIAL_GRADIENTS, FEW_PARTIAL_GRADIENTS = 8, 2
TILE_ROWS = 4
PART_RECORD = 16  # numbers for an error and a loss of 8 bytes each: a cache line in float32

# A call of predict has at most these rows, and additions and multiplications (unless it has one row
# alone); between two calls, Python handles Ctrl-C.
SLICE_ROWS = 1 << 16
SLICE_FLOPS = 2_000_000_000


def numbers_per_row(sizes: Sequence[int], more: int) -> int:
    """Return how many numbers a row takes: inputs, targets, outputs, deltas and `more` a unit."""
    return sizes[0] + sizes[-1] + (2 + more) * sum(sizes[1:])


def partial_gradients_for(sizes: Sequence[int], batch_size: int, row_size: int) -> int:
    """Return the number of partial gradients: 1, unless weights are few and rows many.

    row_size: numbers of a row in the workspace. The gradient is divided where two threads have work
    and a batch's rows take at least twice as many numbers as there are weights, since threads then
    read the weights of each other's partial gradients instead of each other's rows: in two, or in
    eight from 100 times as many on. Microseconds a step of Adam in float64 with 1, 2, 4, 8 partial
    gradients, on Zen 4:

    network, rows      numbers / weights   one thread            two threads
    64-100-10, 200            8            148, 149, 153, 160    107, 91, 91, 95
    30-100-1, 200            15             70,  73,  67,  68     71, 53, 47, 51
    784-100-10, 200         2.6            1451, 1479, 1491, 1613   894, 787, 801, 906

    784-512-512-10 with 128 rows (0.6) is not divided. With two, one thread takes 1 to 2% longer.
    """
    weights = weight_count(sizes)
    enough = step_flops(sizes, batch_size) >= 2 * FLOPS_PER_THREAD
    if not enough:
        return 1
    if batch_size * row_size >= 100 * weights:
        return PARTIAL_GRADIENTS
    return FEW_PARTIAL_GRADIENTS if batch_size * row_size >= 2 * weights else 1


def block_rows_for(row_size: int, batch_size: int, partial_gradients: int, itemsize: int) -> int:
    """Return the rows of a block: as few blocks as the cache allows, all of about the same size.

    row_size: numbers of a row in the workspace. The rows of each partial gradient may fill the
    cache.
    """
    most = partial_gradients * max(LEAST_BLOCK, BLOCK_BYTES // (row_size * itemsize))
    blocks = -(-batch_size // most)
    block_rows = -(-batch_size // blocks)
    if partial_gradients == 1:
        return block_rows
    tiles = partial_gradients * TILE_ROWS
    return -(-block_rows // tiles) * tiles


def workspace_size_for(
    sizes: Sequence[int], block_rows: int, partial_gradients: int, row_size: int, dropconnect: bool
) -> int:
    """Return how many numbers the workspace holds.

    These are the numbers of a block's rows, row_size for each; the transposed weights and, with
    dropconnect, the masked weights and the masks, each with room for all parameters; and the
    partial gradients, each with room for its part's records, or, where there is one alone, each
    layer's inputs transposed, in rows padded by up to two vectors.
    """
    params = weight_count(sizes) + sum(sizes[1:])
    if partial_gradients > 1:
        rest = (params + PART_RECORD) * partial_gradients
    else:
        rest = sum(sizes[:-1]) * (block_rows + 2 * 16)
    params += 3 * sum(sizes[1:])  # scales, means and variances
    return block_rows * row_size + (3 if dropconnect else 1) * params + rest


def prediction_slices(rows: int, params: int) -> Iterator[slice]:
    """Yield the rows of each call of `predict`, for a network of so many parameters."""
    most = max(1, min(SLICE_ROWS, SLICE_FLOPS // (2 * params)))
    for first in range(0, rows, most):
        yield slice(first, first + most)


def step_flops(sizes: Sequence[int], rows: int) -> int:
    """Return the additions and multiplications of a step: forward, gradient and deltas."""
    return 2 * rows * (3 * weight_count(sizes) - sizes[0] * sizes[1])
