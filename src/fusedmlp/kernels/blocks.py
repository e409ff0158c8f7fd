"""A block of rows through all layers and back.

Rows pass through the network in blocks, so that a block's activations stay in cache, a batch of any
size needs the same memory, and a run can stop and go on between any two blocks.
"""

from fusedmlp.kernels.compiled import inner
from fusedmlp.kernels.layers import backpropagate_at, forward_at, layer_gradient_at
from fusedmlp.kernels.network import units_and_widest
from fusedmlp.kernels.vectors import at, shifted
from fusedmlp.plan import BLOCK, Reduction


@inner
def divided(network, work):
    """Return the addresses within work of what a block needs.

    Its activations, two layers' deltas, transposed weights, gathered rows and their targets.
    """
    units, widest = units_and_widest(network)
    activations = work
    delta = shifted(activations, BLOCK * units)
    below = shifted(delta, BLOCK * widest)
    rows = shifted(below, BLOCK * widest)
    targets = shifted(rows, BLOCK * at(network.sizes, 0))
    transposed = shifted(targets, BLOCK * at(network.sizes, network.layers))
    return activations, delta, below, transposed, rows, targets


@inner
def share(reduction, rows, real):
    """Return what a row's gradient counts in a batch of so many rows."""
    if reduction == Reduction.MEAN:
        return real(1) / real(rows)
    return real(1)


@inner
def forward_block(network, params, inputs, rows, activations):
    """Run the rows at an address through all layers; return the address of the last's outputs.

    activations: for each layer BLOCK rows of outputs, layer after layer.
    """
    outputs = activations
    for layer in range(network.layers):
        n_in, n_out = at(network.sizes, layer), at(network.sizes, layer + 1)
        weights = shifted(params, at(network.weights, layer))
        biases = shifted(params, at(network.biases, layer))
        activation = at(network.activations, layer)
        forward_at(inputs, rows, n_in, weights, n_out, biases, network.bias, activation, outputs)
        inputs, outputs = outputs, shifted(outputs, BLOCK * n_out)
    return inputs


@inner
def backward_block(network, params, X, rows, work, gradient, add):
    """Set the gradient to the block's, or add it, from the last layer's delta on."""
    activations, delta, below, transposed, _, _ = work
    offset = 0  # of the outputs of the layer below
    for layer in range(network.layers - 1):
        offset += BLOCK * at(network.sizes, layer + 1)
    for layer in range(network.layers - 1, -1, -1):
        n_in, n_out = at(network.sizes, layer), at(network.sizes, layer + 1)
        start = at(network.weights, layer)
        inputs = X
        if layer > 0:
            offset -= BLOCK * n_in
            inputs = shifted(activations, offset)
            activation = at(network.activations, layer - 1)
            weights = shifted(params, start)
            backpropagate_at(
                delta, rows, n_out, weights, n_in, activation, inputs, below, transposed
            )
        weight_gradient = shifted(gradient, start)
        bias_gradient = shifted(gradient, at(network.biases, layer))
        layer_gradient_at(
            inputs, rows, n_in, delta, n_out, weight_gradient, bias_gradient, network.bias, add
        )
        delta, below = below, delta
