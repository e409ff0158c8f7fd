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
PARTIAL_GRADIENTS = 8
TILE_ROWS = 4

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
    and the rows of a batch take at least 100 times as many numbers as there are weights. For
    4-32-16-4 and 10,000 rows, two threads then take 615 instead of 722 us a step, and one thread
    takes the same. For 64-100-10 and 200 rows, two threads would gain 5%, but one would lose 8%.
    """
    weights = weight_count(sizes)
    enough = step_flops(sizes, batch_size) >= 2 * FLOPS_PER_THREAD
    return PARTIAL_GRADIENTS if enough and batch_size * row_size >= 100 * weights else 1


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
    partial gradients or, where there is one alone, each layer's inputs transposed, in rows padded
    by up to two vectors.
    """
    params = weight_count(sizes) + sum(sizes[1:])
    if partial_gradients > 1:
        rest = params * partial_gradients
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
