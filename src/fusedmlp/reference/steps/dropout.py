"""Dropout masks, and the weight mask of dropconnect."""

import math

import numpy as np

from fusedmlp.plan.plan import Plan
from fusedmlp.reference.activations import Array
from fusedmlp.reference.random_numbers import keep_mask, mix
from fusedmlp.reference.steps.batch import Batch
from fusedmlp.reference.steps.layers import layers_of

# Counters for masks; the draws of an epoch's row order use counters below the number of rows.
OF_LAYERS, OF_BATCHES = 1 << 62, 1 << 61


def draw_dropout_masks(plan: Plan, batch: Batch) -> list[Array]:
    """Return the dropout mask (rows, units) of each hidden layer.

    A row's mask depends on the epoch and the row, not on the row's position in the epoch's order.
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
    """Return the mask of the flat vector of parameters for a batch; it is 1 for biases."""
    flat = np.ones(size, plan.learning_rate.dtype)
    key = mix(mix(mix(plan.seed, batch.epoch), OF_BATCHES), batch.places.start // plan.batch_size)
    offsets = plan.weight_offsets.tolist()
    for (weights, _), offset in zip(layers_of(plan, flat), offsets, strict=True):
        keep_mask(key, plan.extras.dropconnect, offset, weights.reshape(-1))
    return flat
