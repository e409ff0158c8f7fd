"""The masks of dropout and dropconnect."""

import math

import numpy as np

from fusedmlp.plan import Plan
from fusedmlp.reference.activations import Array
from fusedmlp.reference.random_numbers import keep_mask, mix
from fusedmlp.reference.steps.batch import Batch
from fusedmlp.reference.steps.layers import layers_of

# Counters of an epoch's key that no row's place in the order reaches.
OF_LAYERS, OF_BATCHES = 1 << 62, 1 << 61


def draw_dropout_masks(plan: Plan, batch: Batch) -> list[Array]:
    """Return for each hidden layer the factors of its units (rows, units).

    A row has its own masks in each epoch, wherever in the epoch it comes.
    """
    epoch_key, masks = mix(plan.seed, batch.epoch), []
    for layer, units in enumerate(plan.sizes[1:-1].tolist()):
        key = mix(epoch_key, OF_LAYERS + layer)
        layer_masks = np.empty((len(batch.rows), units), plan.learning_rate.dtype)
        for row, mask in zip(batch.rows.tolist(), layer_masks, strict=True):
            keep_mask(key, plan.extras.dropout, row * (4 * math.ceil(units / 4)), mask)
        masks.append(layer_masks)
    return masks


def draw_weight_mask(plan: Plan, batch: Batch, size: int) -> Array:
    """Return the factor of each parameter in a batch, 1 for biases."""
    flat = np.ones(size, plan.learning_rate.dtype)
    key = mix(mix(mix(plan.seed, batch.epoch), OF_BATCHES), batch.places.start // plan.batch_size)
    offsets = plan.weight_offsets.tolist()
    for (weights, _), offset in zip(layers_of(plan, flat), offsets, strict=True):
        keep_mask(key, plan.extras.dropconnect, offset, weights.reshape(-1))
    return flat
