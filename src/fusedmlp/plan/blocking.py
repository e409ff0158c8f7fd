"""How many rows pass through the layers together, and the workspace that they take."""

from collections.abc import Sequence
from itertools import pairwise

from fusedmlp.plan.threads import FLOPS_A_THREAD

# Rows that pass through the kernels' layers together: as many as stay in a core's own cache with
# all that becomes of them, but enough that a layer's weights are not read too often.
BLOCK_BYTES = 1 << 18
LEAST_BLOCK = 128

# Partial gradients of a block, which threads share; their rows begin where a tile of rows does.
PARTIAL_GRADIENTS = 8
TILE_ROWS = 6


def row_numbers(sizes: Sequence[int], more: int) -> int:
    """Count what a row becomes: itself, its targets, each layer's outputs, deltas, and more."""
    return sizes[0] + sizes[-1] + (2 + more) * sum(sizes[1:])


def partial_gradients_for(sizes: Sequence[int], batch_size: int, a_row: int) -> int:
    """Divide a gradient where the rows become many more numbers than there are weights.

    For 4-32-16-4 and 10,000 rows, two threads then take 615 instead of 722 us a step; one takes
    the same. For 64-100-10 and 200 rows they gain 5%, and one thread loses 8.
    """
    weights = sum(n_in * n_out for n_in, n_out in pairwise(sizes))
    enough = step_flops(sizes, batch_size) >= 2 * FLOPS_A_THREAD
    return PARTIAL_GRADIENTS if enough and batch_size * a_row >= 100 * weights else 1


def block_rows_for(a_row: int, batch_size: int, partial_gradients: int, itemsize: int) -> int:
    """Divide a batch into as few blocks as the cache allows, all of about the same size.

    The rows of each partial gradient have a core's cache to themselves.
    """
    most = partial_gradients * max(LEAST_BLOCK, BLOCK_BYTES // (a_row * itemsize))
    blocks = -(-batch_size // most)
    block_rows = -(-batch_size // blocks)
    if partial_gradients == 1:
        return block_rows
    tiles = partial_gradients * TILE_ROWS
    return -(-block_rows // tiles) * tiles


def workspace_size_for(
    sizes: Sequence[int], block_rows: int, partial_gradients: int, a_row: int, dropconnect: bool
) -> int:
    """Count the numbers of a workspace.

    It holds what a block becomes and copies of all parameters (weights transposed; masked, and
    their masks). With partial gradients it holds these, else each layer's inputs transposed, in
    rows that end with up to two empty vectors.
    """
    params = sum(n_in * n_out + n_out for n_in, n_out in pairwise(sizes))
    if partial_gradients > 1:
        rest = params * partial_gradients
    else:
        rest = sum(sizes[:-1]) * (block_rows + 2 * 16)
    params += 3 * sum(sizes[1:])  # scales, means and variances
    return block_rows * a_row + (3 if dropconnect else 1) * params + rest


def step_flops(sizes: Sequence[int], rows: int) -> int:
    """Additions and multiplications of a step: forward, the gradient, and the deltas below."""
    products = [n_in * n_out for n_in, n_out in pairwise(sizes)]
    return 2 * rows * (3 * sum(products) - products[0])
