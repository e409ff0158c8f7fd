"""A block of rows through all layers and back.

Rows pass through the network in blocks, so that all that a block's rows become stays in cache, a
batch of any size needs the same memory, and a run can stop and go on between any two blocks.

Threads share a step in one of two ways, whichever moves fewer numbers from core to core. Where rows
are many, a block has parts, each with a gradient of its own: a thread takes some of the parts, and
then sums all gradients for some of the weights. Where weights are many, a thread takes some of the
rows on the way forward and back, and some of the weights in the gradient, which sums over all rows.
Neither the parts nor the order of any sum depend on who did what: the bits are the same for any
number of threads.
"""

from typing import Any, NamedTuple

import numpy as np

from fusedmlp.codes import Reduction
from fusedmlp.kernels.activations import activate_at
from fusedmlp.kernels.compiled import inner
from fusedmlp.kernels.layers import (
    backpropagate_at,
    layer_gradient_at,
    sums_at,
    turned_stride,
)
from fusedmlp.kernels.masks import drop, drop_delta
from fusedmlp.kernels.network import units_of
from fusedmlp.kernels.normalizing import has_bias, normalize_delta, normalize_layer
from fusedmlp.kernels.rare import slope_of_sums
from fusedmlp.kernels.rows import copy, transpose
from fusedmlp.kernels.tile_sums import ROWS
from fusedmlp.kernels.vectors import at, lane_count, load_first, put, shifted, store_first

# For block_gradient's arguments: a literal 0 is a type of its own for Numba, and compiles again.
START = np.intp(0)


class Room(NamedTuple):
    """Where a block and what becomes of it is kept: addresses."""

    rows: Any  # (block, n_in), where the rows have to be gathered
    targets: Any  # (block, n_out)
    outputs: Any  # of each layer (block, units), layer after layer
    deltas: Any  # the same
    sums: Any  # the same, where the network keeps them: what slopes are read off
    masks: Any  # the same, with dropout
    used: Any  # with dropconnect, the parameters that are used, and the weights' masks
    connections: Any
    normalized: Any  # sums (block, units) with batch normalisation, then means and variances
    transposed: Any  # weights (n_out, n_in), each layer's at its place in the flat vector
    gradients: Any  # (parts, size) where a block has parts
    turned: Any  # where it has none, each layer's inputs, transposed


@inner
def divided(network, size, work):
    """Return the rooms of a work space, for so many parameters."""
    units = units_of(network)
    targets = shifted(work, network.block * at(network.sizes, 0))
    outputs = shifted(targets, network.block * at(network.sizes, network.layers))
    deltas = shifted(outputs, network.block * units)
    sums = shifted(deltas, network.block * units)
    masks = shifted(sums, network.block * units * network.keeps_sums)
    used = shifted(masks, network.block * units * network.drops)
    connections = shifted(used, size * network.connects)
    normalized = shifted(connections, size * network.connects)
    transposed = shifted(normalized, (network.block + 2) * units * network.normalizes)
    gradients = shifted(transposed, size)
    return Room(
        work, targets, outputs, deltas, sums, masks, used, connections, normalized, transposed,
        gradients, gradients,
    )  # fmt: skip


@inner
def share(reduction, rows, real):
    """Return what a row's gradient counts in a batch of so many rows."""
    if reduction == Reduction.MEAN:
        return real(1) / real(rows)
    return real(1)


@inner
def rows_begin(rows, thread, threads):
    """Return the first of a thread's rows; threads begin where a tile does."""
    if threads == 1:  # no division, which takes as long as a small tile
        return rows * thread
    tiles = (rows + ROWS - 1) // ROWS
    return min(rows, tiles * thread // threads * ROWS)


@inner
def weights_begin(network, size, thread, threads):
    """Return where a thread's part of the flat vector begins: where a tile of weights does.

    A layer's biases go with the last of its weights.
    """
    wanted = size * thread // threads
    for layer in range(network.layers):
        weights, biases = at(network.weights, layer), at(network.biases, layer)
        if wanted <= biases:
            tile = ROWS * at(network.sizes, layer + 1)
            tiles = (max(0, wanted - weights) + tile - 1) // tile
            return min(weights + tiles * tile, biases)
    return size


@inner
def inputs_of(network, layer, begin, end):
    """Return the first and the end of a layer's inputs whose weights are in begin..end."""
    n_in, n_out = at(network.sizes, layer), at(network.sizes, layer + 1)
    start, first, last = at(network.weights, layer), 0, n_in
    if begin > start:
        first = min(n_in, (begin - start) // n_out)
    if end < start + n_in * n_out:
        last = max(0, end - start) // n_out
    return first, last


@inner
def forward_block(network, params, inputs, room, first, rows, dropping, normalizing):
    """Run rows from `first` on through all layers; return the address of the last's outputs.

    inputs: the address of these rows. dropping, normalizing: None where there is none of it.
    """
    outputs, sums, place = room.outputs, room.sums, 0
    for layer in range(network.layers):
        n_in, n_out = at(network.sizes, layer), at(network.sizes, layer + 1)
        weights = shifted(params, at(network.weights, layer))
        biases = shifted(params, at(network.biases, layer))
        activation = at(network.activations, layer)
        out = shifted(outputs, first * n_out)
        bias = has_bias(network, layer)
        sums_at(inputs, rows, n_in, weights, n_out, biases, bias, out)
        if normalizing is not None:
            normalize_layer(normalizing, network, room, layer, biases, out, rows)
        kept = shifted(sums, first * n_out)
        if network.keeps_sums:
            if slope_of_sums(activation):
                copy(out, rows * n_out, kept)
            sums = shifted(sums, network.block * n_out)
        activate_at(activation, out, rows, n_out, network.rare)
        if dropping is not None and dropping.dropped > 0 and layer < network.layers - 1:
            if not slope_of_sums(activation):
                copy(out, rows * n_out, kept)
            drop(dropping, layer, place + first * n_out, rows, n_out, out)
        place += network.block * n_out
        inputs, outputs = out, shifted(outputs, network.block * n_out)
    return inputs


@inner
def last_of(network, layers):
    """Return the address of the last layer's part in a room of all layers."""
    units = units_of(network)
    return shifted(layers, network.block * (units - at(network.sizes, network.layers)))


@inner
def carry_back(network, room, first, rows, dropping, normalizing):
    """Carry the last layer's delta of some rows back through all layers but the first."""
    units = units_of(network)
    offset = network.block * (units - at(network.sizes, network.layers))
    for layer in range(network.layers - 1, 0, -1):
        n_in, n_out = at(network.sizes, layer), at(network.sizes, layer + 1)
        delta = shifted(room.deltas, offset + first * n_out)
        offset -= network.block * n_in
        activation = at(network.activations, layer - 1)
        kept = room.outputs
        if slope_of_sums(activation):
            kept = room.sums
        if dropping is not None and dropping.dropped > 0:
            kept = room.sums
        inputs = shifted(kept, offset + first * n_in)
        below = shifted(room.deltas, offset + first * n_in)
        transposed = shifted(room.transposed, at(network.weights, layer))
        rare = network.rare
        backpropagate_at(delta, rows, n_out, transposed, n_in, activation, inputs, below, rare)
        if dropping is not None:
            drop_delta(dropping, offset + first * n_in, rows * n_in, below)
        if normalizing is not None:
            normalize_delta(normalizing, network, room, layer - 1, below, rows)


@inner
def block_gradient(network, inputs, room, first_row, rows, gradient, add, begin, end):
    """Set begin..end of the gradient to that of some rows, or add it; inputs: their address.

    Each input of each layer has its own room to be turned in: threads may be in different layers.
    """
    offset, turned, stride = 0, room.turned, turned_stride(rows, lane_count(gradient))
    for layer in range(network.layers):
        n_in, n_out = at(network.sizes, layer), at(network.sizes, layer + 1)
        start, biases = at(network.weights, layer), at(network.biases, layer)
        first, last = inputs_of(network, layer, begin, end)
        has_biases = has_bias(network, layer) if begin <= biases < end else 0
        layer_gradient_at(
            shifted(inputs, first),
            n_in,
            last - first,
            rows,
            shifted(room.deltas, offset + first_row * n_out),
            n_out,
            shifted(gradient, start + first * n_out),
            shifted(gradient, biases),
            has_biases,
            add,
            shifted(turned, first * stride),
            network.parts == 1,
        )
        inputs = shifted(room.outputs, offset + first_row * n_out)
        offset += network.block * n_out
        turned = shifted(turned, n_in * stride)


@inner
def transpose_weights(network, params, room, begin, end):
    """Transpose the weights in begin..end of all layers but the first."""
    for layer in range(1, network.layers):
        n_in, n_out = at(network.sizes, layer), at(network.sizes, layer + 1)
        start = at(network.weights, layer)
        first, last = inputs_of(network, layer, begin, end)
        weights = shifted(params, start + first * n_out)
        target = shifted(room.transposed, start + first)
        transpose(weights, last - first, n_out, n_out, target, n_in)


@inner
def sum_parts(gradients, parts, size, begin, end, gradient):
    """Set begin..end of the gradient to the sum of the parts', in order."""
    lanes, k = lane_count(gradient), begin
    while k < end:
        count = end - k
        sums = load_first(gradients, k, count)
        for part in range(1, parts):
            sums = sums + load_first(gradients, part * size + k, count)
        store_first(gradient, k, sums, count)
        k += lanes


@inner
def fill(memory, size):
    """Set so many numbers to zero."""
    for k in range(size):
        put(memory, k, 0)
