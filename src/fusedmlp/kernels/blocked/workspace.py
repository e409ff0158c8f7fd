"""The workspace of a block of rows: where all that becomes of them is kept."""

from typing import Any, NamedTuple

from fusedmlp.kernels.blocked.network import total_units
from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.vector import at, shifted


class Workspace(NamedTuple):
    """Addresses. What is there for each layer lies layer after layer, (block_rows, units) each."""

    inputs: Any  # (block_rows, n_in), where the rows have to be gathered
    targets: Any  # (block_rows, n_out)
    outputs: Any  # of each layer
    deltas: Any  # of each layer
    saved: Any  # of each layer, what its derivative is computed from, where that is not the output
    dropout_masks: Any  # of each layer
    masked_params: Any  # with dropconnect, the parameters in use, then the weights' masks
    weight_masks: Any
    normalized: Any  # of each layer with batch normalisation, then means and variances
    transposed_weights: Any  # (n_out, n_in), each layer's at its place in the flat vector
    partial_gradients: Any  # (partial gradients, parameters), where there are several
    transposed_inputs: Any  # of each layer, where there is one gradient


@inner
def workspace_layout(network, size, memory):
    """Divide memory among the parts of a workspace, for so many parameters."""
    layers = network.block_rows * total_units(network)
    targets = shifted(memory, network.block_rows * at(network.sizes, 0))
    outputs = shifted(targets, network.block_rows * at(network.sizes, network.layers))
    deltas = shifted(outputs, layers)
    saved = shifted(deltas, layers)
    dropout_masks = shifted(saved, layers * network.save_for_backward)
    masked_params = shifted(dropout_masks, layers * network.dropout)
    weight_masks = shifted(masked_params, size * network.dropconnect)
    normalized = shifted(weight_masks, size * network.dropconnect)
    statistics = 2 * total_units(network)
    transposed_weights = shifted(normalized, (layers + statistics) * network.batch_norm)
    gradients = shifted(transposed_weights, size)
    return Workspace(
        memory, targets, outputs, deltas, saved, dropout_masks, masked_params, weight_masks,
        normalized, transposed_weights, gradients, gradients,
    )  # fmt: skip


@inner
def last_layer_of(network, layers):
    """Return the address of the last layer's part of what there is for each layer."""
    units = total_units(network)
    return shifted(layers, network.block_rows * (units - at(network.sizes, network.layers)))
