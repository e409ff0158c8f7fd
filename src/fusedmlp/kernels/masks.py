"""Dropout and dropconnect: what is left out of a step, by masks of 0 and one over the rest's share.

A mask is drawn from a counter: for each row and unit, or each batch and weight, whoever draws it.
"""

from typing import Any, NamedTuple

import numpy as np

from fusedmlp.kernels.compiled import inner
from fusedmlp.kernels.draws import keep_mask_at, mix_bits
from fusedmlp.kernels.rows import copy
from fusedmlp.kernels.rules import weights_between
from fusedmlp.kernels.vectors import at, put, shifted

# Counters of an epoch's key that no row's place in the order reaches.
OF_LAYERS, OF_BATCHES = np.uint64(1 << 62), np.uint64(1 << 61)


class Dropping(NamedTuple):
    """What dropout needs to know of the rows that pass through the layers."""

    dropped: int  # of 65,536
    key: Any  # of the epoch
    order: Any
    shuffle: int
    row: int  # the first of the rows is visited as the row-th
    masks: Any  # (block, units) for each layer


@inner
def dropping_of(extras, run, seed, epoch, row):
    """Return what dropout needs."""
    key = mix_bits(np.uint64(seed), np.uint64(epoch))
    return Dropping(extras.dropout, key, run.order, run.shuffle, row, run.room.masks)


@inner
def drop(dropping, layer, place, rows, units, outputs):
    """Multiply outputs (rows, units) by their masks, which are kept at `place`."""
    key = mix_bits(dropping.key, OF_LAYERS + np.uint64(layer))
    stride = (units + 3) // 4 * 4
    for b in range(rows):
        row = dropping.row + b
        if dropping.shuffle:
            row = at(dropping.order, row)
        mask = shifted(dropping.masks, place + b * units)
        keep_mask_at(key, dropping.dropped, row * stride, mask, units)
    multiply_each(outputs, rows * units, shifted(dropping.masks, place))


@inner
def drop_delta(dropping, place, size, delta):
    """Multiply a delta by the masks that were kept at `place`."""
    if dropping.dropped > 0:
        multiply_each(delta, size, shifted(dropping.masks, place))


@inner
def disconnect(extras, run, seed, epoch, batch, begin, end):
    """Set begin..end of the parameters that are used to those that are trained, masked."""
    if extras.dropconnect > 0:
        key = mix_bits(np.uint64(seed), np.uint64(epoch))
        key = mix_bits(mix_bits(key, OF_BATCHES), np.uint64(batch))
        copy(shifted(run.params, begin), end - begin, shifted(run.used, begin))
        for layer in range(run.network.layers):
            first, size = weights_between(run.network, layer, begin, end)
            mask = shifted(run.room.connections, first)
            keep_mask_at(key, extras.dropconnect, first, mask, size)
            multiply_each(shifted(run.used, first), size, mask)


@inner
def disconnect_gradient(extras, run, begin, end):
    """Multiply begin..end of the gradient by the weights' masks."""
    if extras.dropconnect > 0:
        for layer in range(run.network.layers):
            first, size = weights_between(run.network, layer, begin, end)
            mask = shifted(run.room.connections, first)
            multiply_each(shifted(run.gradient, first), size, mask)


@inner
def multiply_each(numbers, size, factors):
    """Multiply each number at an address by its own factor."""
    for k in range(size):
        put(numbers, k, at(numbers, k) * at(factors, k))
