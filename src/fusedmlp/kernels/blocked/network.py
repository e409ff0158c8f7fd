"""A plan's network as numbers and addresses.

Where Numba counts references to arrays, as in kernels that make some, passing one to a function is
an atomic operation. A plan and a state hold a dozen arrays, and sixty such operations in each epoch
took half of a small network's time.
"""

from typing import Any, NamedTuple

from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.vector import address, at
from fusedmlp.plan.codes import Loss


class Network(NamedTuple):
    """The sizes, offsets and options of a network; arrays are addresses."""

    layers: int
    sizes: Any
    weight_offsets: Any
    bias_offsets: Any
    activations: Any
    bias: int  # 1 or 0
    block_rows: int
    partial_gradients: int
    save_for_backward: int  # 1: the workspace has `saved`, for the derivatives
    log_loss: int  # 1: the workspace has `sums`, from which the loss is computed
    all_activations: Any  # as in a plan
    signals: Any  # of the threads
    dropout: int  # 1 or 0
    dropconnect: int  # 1 or 0
    batch_norm: int  # 1 or 0


@inner
def network_of(plan, save_for_backward, block_rows, signals):
    """Return the plan's network; signals: their address."""
    return Network(
        plan.activations.size,
        address(plan.sizes),
        address(plan.weight_offsets),
        address(plan.bias_offsets),
        address(plan.activations),
        plan.bias,
        block_rows,
        plan.partial_gradients,
        save_for_backward,
        int(plan.loss == Loss.LOG_LOSS),
        plan.all_activations,
        signals,
        *_masks_and_norms(plan.extras),
    )


@inner
def network_of_layout(layout, signals):
    """Return the network of a prediction, which has no masks, and nothing for derivatives."""
    return Network(
        layout.activations.size,
        address(layout.sizes),
        address(layout.weight_offsets),
        address(layout.bias_offsets),
        address(layout.activations),
        layout.bias,
        layout.block_rows,
        1,
        0,
        0,
        layout.all_activations,
        signals,
        0,
        0,
        0,
    )


@inner
def _masks_and_norms(extras):
    """Return 1 or 0 for each of dropout, dropconnect and batch normalisation."""
    if extras is None:
        return 0, 0, 0
    return int(extras.dropout > 0), int(extras.dropconnect > 0), extras.batch_norm


@inner
def total_units(network):
    """Return the total number of units of all layers."""
    units = 0
    for layer in range(network.layers):
        units += at(network.sizes, layer + 1)
    return units


@inner
def has_bias(network, layer):
    """Return 1 if a layer adds biases, else 0: batch normalisation has a shift instead."""
    return network.bias if layer == network.layers - 1 or not network.batch_norm else 0
