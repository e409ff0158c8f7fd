"""How the rows and the weights of a step are divided among threads.

Threads share a step in one of two ways, whichever moves fewer numbers from core to core. Where rows
are many, a block has several partial gradients: a thread makes some of them, and then sums all of
them for some of the weights. Where weights are many, a thread takes some of the rows on the way
forward and back, and some of the weights in the gradient, which sums over all rows. Neither the
division nor the order of any sum depends on who did what: the bits are the same for any number of
threads.
"""

from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.matmul.micro_kernels import ROWS
from fusedmlp.kernels.vector import at
from fusedmlp.kernels.vector.integers import larger, smaller


@inner
def first_row(rows, thread, threads):
    """Return the first of a thread's rows; threads begin where a tile does."""
    if threads == 1:  # no division, which takes as long as a small tile
        return rows * thread
    tiles = (rows + ROWS - 1) // ROWS
    return smaller(rows, tiles * thread // threads * ROWS)


@inner
def first_param(network, size, thread, threads):
    """Return the first of a thread's parameters: where a tile of weights begins.

    A layer's biases go with the last of its weights.
    """
    wanted = size * thread // threads
    for layer in range(network.layers):
        weights, biases = at(network.weight_offsets, layer), at(network.bias_offsets, layer)
        if wanted <= biases:
            tile = ROWS * at(network.sizes, layer + 1)
            tiles = (larger(0, wanted - weights) + tile - 1) // tile
            return smaller(weights + tiles * tile, biases)
    return size


@inner
def layer_inputs_in(network, layer, begin, end):
    """Return the first and the end of a layer's inputs whose weights are in begin..end."""
    n_in, n_out = at(network.sizes, layer), at(network.sizes, layer + 1)
    start, first, last = at(network.weight_offsets, layer), 0, n_in
    if begin > start:
        first = smaller(n_in, (begin - start) // n_out)
    if end < start + n_in * n_out:
        last = larger(0, end - start) // n_out
    return first, last


@inner
def layer_weights_in(network, layer, begin, end):
    """Return the first of a layer's weights that are in begin..end, and how many there are."""
    start = at(network.weight_offsets, layer)
    stop = start + at(network.sizes, layer) * at(network.sizes, layer + 1)
    first = larger(begin, start)
    return first, larger(0, smaller(end, stop) - first)
