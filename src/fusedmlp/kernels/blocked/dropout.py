"""Dropout and dropconnect, by masks of 0 and 1 / (share that is kept).

A mask is drawn from a counter: for each row and unit, or each batch and weight, whoever draws it.
"""

from typing import Any, NamedTuple

import numpy as np

from fusedmlp.kernels.blocked.partition import layer_weights_in
from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.random_numbers import keep_mask_at, mix_bits
from fusedmlp.kernels.vector import at, shifted
from fusedmlp.kernels.vector.copies import copy
from fusedmlp.kernels.vector.elementwise import combine_each

# Counters of an epoch's key that no row's place in the order reaches.
OF_LAYERS, OF_BATCHES = np.uint64(1 << 62), np.uint64(1 << 61)


class Dropout(NamedTuple):
    """What dropout needs to know of the rows that pass through the layers."""

    dropped: int  # of 65,536
    key: Any  # of the epoch
    row_order: Any
    shuffle: int
    first: int  # the rows are visited from the first-th on in their epoch
    masks: Any  # (block_rows, units) for each layer


@inner
def dropout_of(extras, run, epoch, first):
    """Return what dropout needs."""
    key = mix_bits(np.uint64(run.seed), np.uint64(epoch))
    return Dropout(
        extras.dropout, key, run.row_order, run.shuffle, first, run.workspace.dropout_masks
    )


@inner
def apply_dropout(dropout, layer, offset, shape, outputs):
    """Multiply outputs (rows, n_out) by their masks, which are kept from `offset` on."""
    key = mix_bits(dropout.key, OF_LAYERS + np.uint64(layer))
    units = shape.n_out
    stride = (units + 3) // 4 * 4
    for b in range(shape.rows):
        row = dropout.first + b
        if dropout.shuffle:
            row = at(dropout.row_order, row)
        mask = shifted(dropout.masks, offset + b * units)
        keep_mask_at(key, dropout.dropped, row * stride, mask, units)
    masks = shifted(dropout.masks, offset)
    multiply_each(shape.rows * units, outputs, masks, outputs)


@inner
def apply_dropout_to_delta(dropout, offset, size, delta):
    """Multiply a delta by the masks that are kept from `offset` on."""
    if dropout.dropped > 0:
        multiply_each(size, delta, shifted(dropout.masks, offset), delta)


@inner
def apply_dropconnect(extras, run, epoch, batch, begin, end):
    """Set begin..end of the parameters in use to those in training, masked."""
    if extras.dropconnect > 0:
        key = mix_bits(np.uint64(run.seed), np.uint64(epoch))
        key = mix_bits(mix_bits(key, OF_BATCHES), np.uint64(batch))
        copy(shifted(run.params, begin), end - begin, shifted(run.used_params, begin))
        for layer in range(run.network.layers):
            first, size = layer_weights_in(run.network, layer, begin, end)
            mask = shifted(run.workspace.weight_masks, first)
            keep_mask_at(key, extras.dropconnect, first, mask, size)
            used = shifted(run.used_params, first)
            multiply_each(size, used, mask, used)


@inner
def apply_dropconnect_to_gradient(extras, run, begin, end):
    """Multiply begin..end of the gradient by the weights' masks."""
    if extras.dropconnect > 0:
        for layer in range(run.network.layers):
            first, size = layer_weights_in(run.network, layer, begin, end)
            gradient = shifted(run.gradient, first)
            multiply_each(size, gradient, shifted(run.workspace.weight_masks, first), gradient)


@combine_each
@inner
def multiply_each(numbers, factors):
    """Return a vector times another."""
    return numbers * factors
