"""The workspace: memory for a block's outputs and deltas, for masks and partial gradients."""

from typing import Any, NamedTuple

from fusedmlp.kernels.blocked.network import total_units
from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.vector import as_float64, at, shifted
from fusedmlp.plan.blocking import PART_RECORD


class Workspace(NamedTuple):
    """Addresses. Arrays of each layer follow each other, (block_rows, units) each."""

    partial_records: Any  # float64 (2, partial gradients): errors and losses, if there are several
    inputs: Any  # (block_rows, n_in), for gathered rows
    targets: Any  # (block_rows, n_out)
    outputs: Any  # of each layer
    deltas: Any  # of each layer
    sums: Any  # of the last layer, with log_loss
    saved: Any  # of each layer, for derivatives that are not computed from `outputs`
    dropout_masks: Any  # of each layer
    masked_params: Any  # with dropconnect, the used parameters
    weight_masks: Any  # with dropconnect
    normalized: Any  # of each layer with batch normalisation; then means and variances
    transposed_weights: Any  # (n_out, n_in), each layer's at its weight offset
    partial_gradients: Any  # (partial gradients, parameters), if there are several
    transposed_inputs: Any  # of each layer, if there is one gradient


@inner
def workspace_layout(network, size, memory):
    """Return the addresses of the workspace in memory; size: the number of parameters."""
    layers = network.block_rows * total_units(network)
    last_layer = network.block_rows * at(network.sizes, network.layers)
    parts = network.partial_gradients
    inputs = shifted(memory, parts * PART_RECORD if parts > 1 else 0)
    targets = shifted(inputs, network.block_rows * at(network.sizes, 0))
    outputs = shifted(targets, last_layer)
    deltas = shifted(outputs, layers)
    sums = shifted(deltas, layers)
    saved = shifted(sums, last_layer * network.log_loss)
    dropout_masks = shifted(saved, layers * network.save_for_backward)
    masked_params = shifted(dropout_masks, layers * network.dropout)
    weight_masks = shifted(masked_params, size * network.dropconnect)
    normalized = shifted(weight_masks, size * network.dropconnect)
    statistics = 2 * total_units(network)
    transposed_weights = shifted(normalized, (layers + statistics) * network.batch_norm)
    gradients = shifted(transposed_weights, size)
    return Workspace(
        as_float64(memory), inputs, targets, outputs, deltas, sums, saved, dropout_masks,
        masked_params, weight_masks, normalized, transposed_weights, gradients, gradients,
    )  # fmt: skip


@inner
def last_layer_of(network, layers):
    """Return the address of the last layer's part of an array of all layers."""
    units = total_units(network)
    return shifted(layers, network.block_rows * (units - at(network.sizes, network.layers)))
