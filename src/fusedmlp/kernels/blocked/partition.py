"""How the rows and the weights of a step are divided among threads.

Threads share a step in one of two ways, whichever moves fewer numbers from core to core. With many
rows, a block has several partial gradients: a thread computes some of them, and then adds up all of
them for some of the weights. With many weights, a thread takes some of the rows in the forward and
backward pass, and some of the weights in the gradient, which is summed over all rows. Where there
are more threads than partial gradients, those that share one divide its work in this second way.
Neither the division nor the order of any sum depends on the number of threads: the bits are always
the same.
"""

from typing import NamedTuple

from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.vector import at
from fusedmlp.kernels.vector.integers import larger, smaller
from fusedmlp.plan.blocking import TILE_ROWS


@inner
def first_row(rows, thread, threads):
    """Return the first of a thread's rows; threads begin at a multiple of the tile height."""
    if threads == 1:  # saves an integer division, which takes as long as a small tile
        return rows * thread
    tiles = (rows + TILE_ROWS - 1) // TILE_ROWS
    return smaller(rows, tiles * thread // threads * TILE_ROWS)


class ShareOfParts(NamedTuple):
    """The parts of a block's rows that a thread works on: alone, or as one of several members."""

    first: int
    end: int
    member: int  # counted from 0
    members: int


@inner
def share_of_parts(parts, thread, threads):
    """Return a thread's share of the parts: several, or one together with other threads."""
    if threads == 1:
        return ShareOfParts(0, parts, 0, 1)
    if threads <= parts:
        return ShareOfParts(parts * thread // threads, parts * (thread + 1) // threads, 0, 1)
    part = parts * thread // threads
    first = (part * threads + parts - 1) // parts
    end = ((part + 1) * threads + parts - 1) // parts
    return ShareOfParts(part, part + 1, thread - first, end - first)


@inner
def first_param(network, size, thread, threads):
    """Return the first of a thread's parameters, which is the first weight of a tile.

    A layer's biases belong to the thread of its last weights.
    """
    wanted = size * thread // threads
    for layer in range(network.layers):
        weights, biases = at(network.weight_offsets, layer), at(network.bias_offsets, layer)
        if wanted <= biases:
            tile = TILE_ROWS * at(network.sizes, layer + 1)
            tiles = (larger(0, wanted - weights) + tile - 1) // tile
            return smaller(weights + tiles * tile, biases)
    return size


@inner
def layer_inputs_in(network, layer, begin, end):
    """Return the range (first, end) of a layer's inputs whose weights are in begin..end."""
    n_in, n_out = at(network.sizes, layer), at(network.sizes, layer + 1)
    start, first, last = at(network.weight_offsets, layer), 0, n_in
    if begin > start:
        first = smaller(n_in, (begin - start) // n_out)
    if end < start + n_in * n_out:
        last = larger(0, end - start) // n_out
    return first, last


@inner
def layer_weights_in(network, layer, begin, end):
    """Return the index and the number of a layer's weights that are in begin..end."""
    start = at(network.weight_offsets, layer)
    stop = start + at(network.sizes, layer) * at(network.sizes, layer + 1)
    first = larger(begin, start)
    return first, larger(0, smaller(end, stop) - first)
