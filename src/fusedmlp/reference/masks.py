"""What a step leaves out, for clarity and not for speed."""

import math

import numpy as np
from numpy.typing import NDArray

from fusedmlp.plan import Plan
from fusedmlp.reference.activations import Array
from fusedmlp.reference.draws import keep_mask, mix
from fusedmlp.reference.network import layers_of

# Counters of an epoch's key that no row's place in the order reaches.
OF_LAYERS, OF_BATCHES = 1 << 62, 1 << 61


def masks_of(plan: Plan, epoch: int, rows: NDArray[np.int64]) -> list[Array]:
    """Return for each hidden layer what its units (rows, units) count, without dropout nothing.

    A row has its own masks in each epoch, wherever in the epoch it comes.
    """
    if not plan.extras.dropout:
        return []
    epoch_key, masks = mix(plan.seed, epoch), []
    for layer, units in enumerate(plan.sizes[1:-1].tolist()):
        key = mix(epoch_key, OF_LAYERS + layer)
        layer_masks = np.empty((len(rows), units), plan.learning_rate.dtype)
        for row, mask in zip(rows.tolist(), layer_masks, strict=True):
            keep_mask(key, plan.extras.dropout, row * (4 * math.ceil(units / 4)), mask)
        masks.append(layer_masks)
    return masks


def connections_of(plan: Plan, epoch: int, start: int, params: Array) -> Array:
    """Return what each parameter counts in the batch from row `start` on, or nothing.

    Biases count 1.
    """
    if not plan.extras.dropconnect:
        return params[:0]
    connections = np.ones_like(params)
    key = mix(mix(mix(plan.seed, epoch), OF_BATCHES), start // plan.batch_size)
    offsets = plan.weight_offsets.tolist()
    for (weights, _), offset in zip(layers_of(plan, connections), offsets, strict=True):
        keep_mask(key, plan.extras.dropconnect, offset, weights.reshape(-1))
    return connections
