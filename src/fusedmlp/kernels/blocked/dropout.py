"""Dropout masks and weight masks (dropconnect): 0, or 1 / (share that is kept).

Masks are counter-based random numbers of the row and the unit, or of the batch and the weight: they
are the same for any number of threads.
"""

from typing import Any, NamedTuple

import numpy as np

from fusedmlp.kernels.blocked.partition import layer_weights_in
from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.random_numbers import keep_mask_at, mix_bits
from fusedmlp.kernels.vector import at, shifted
from fusedmlp.kernels.vector.copies import copy
from fusedmlp.kernels.vector.elementwise import combine_each

# Counters for masks; the draws of an epoch's row order use counters below the number of rows.
OF_LAYERS, OF_BATCHES = np.uint64(1 << 62), np.uint64(1 << 61)


class Dropout(NamedTuple):
    """The settings of dropout for a block of rows."""

    dropped: int  # units that are dropped, of 65,536
    key: Any  # of the epoch
    row_order: Any
    shuffle: int
    first: int  # position of the first row in the epoch's order
    masks: Any  # (block_rows, units) for each layer


@inner
def dropout_of(rare, run, epoch, first):
    """Return the settings of dropout for the rows from `first` on."""
    key = mix_bits(np.uint64(run.seed), np.uint64(epoch))
    return Dropout(
        rare.dropout, key, run.row_order, run.shuffle, first, run.workspace.dropout_masks
    )


@inner
def apply_dropout(dropout, layer, offset, shape, outputs):
    """Multiply outputs (rows, n_out) by new masks, which are stored from `offset` on."""
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
    """Multiply a delta by the masks that are stored from `offset` on."""
    if dropout.dropped > 0:
        multiply_each(size, delta, shifted(dropout.masks, offset), delta)


@inner
def apply_dropconnect(rare, run, epoch, batch, begin, end):
    """Set begin..end of the used parameters to the masked parameters."""
    if rare.dropconnect > 0:
        key = mix_bits(np.uint64(run.seed), np.uint64(epoch))
        key = mix_bits(mix_bits(key, OF_BATCHES), np.uint64(batch))
        copy(shifted(run.params, begin), end - begin, shifted(run.used_params, begin))
        for layer in range(run.network.layers):
            first, size = layer_weights_in(run.network, layer, begin, end)
            mask = shifted(run.workspace.weight_masks, first)
            keep_mask_at(key, rare.dropconnect, first, mask, size)
            used = shifted(run.used_params, first)
            multiply_each(size, used, mask, used)


@inner
def apply_dropconnect_to_gradient(rare, run, begin, end):
    """Multiply begin..end of the gradient by the weight masks."""
    if rare.dropconnect > 0:
        for layer in range(run.network.layers):
            first, size = layer_weights_in(run.network, layer, begin, end)
            gradient = shifted(run.gradient, first)
            multiply_each(size, gradient, shifted(run.workspace.weight_masks, first), gradient)


@combine_each
@inner
def multiply_each(numbers, factors):
    """Return the product of two vectors."""
    return numbers * factors
