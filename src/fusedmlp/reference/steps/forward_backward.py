"""Forward pass, backward pass and gradient of all layers."""

from typing import NamedTuple

import numpy as np

from fusedmlp.plan.codes import NEEDS_PREACTIVATION, Activation
from fusedmlp.plan.plan import Plan
from fusedmlp.reference.activations import Array, activate
from fusedmlp.reference.layers import backpropagate, forward, layer_gradient
from fusedmlp.reference.losses import output_delta
from fusedmlp.reference.normalization import normalize, normalize_backward
from fusedmlp.reference.steps.batch import Batch
from fusedmlp.reference.steps.layers import layers_of
from fusedmlp.reference.steps.network import Network


class Forward(NamedTuple):
    """The results of a forward pass."""

    outputs: list[Array]  # X and each layer's outputs (rows, units)
    saved: list[Array]  # what derivatives are computed from: outputs or pre-activations of each
    sums: Array  # the last layer's pre-activations (rows, n_out)


def forward_all(plan: Plan, network: Network, X: Array) -> Forward:
    """Run the forward pass for X (rows, n_in)."""
    outputs, saved = [X], [X]
    for layer, (weights, biases) in enumerate(network.layers):
        activation = int(plan.activations[layer])
        out = np.empty((len(X), weights.shape[1]), X.dtype)
        if layer < len(network.norms):
            forward(outputs[-1], weights, biases[:0], Activation.IDENTITY, out)
            norm = network.norms[layer]
            norm.normalized = np.empty_like(out)
            normalize(out, norm.scale, biases, norm.normalized, norm.mean, norm.variance)
        else:
            forward(outputs[-1], weights, biases, Activation.IDENTITY, out)
        sums = out.copy()
        activate(activation, out)
        saved.append(sums if activation in NEEDS_PREACTIVATION else out)
        if layer < len(network.dropout_masks):
            out = out * network.dropout_masks[layer]
        outputs.append(out)
    return Forward(outputs, saved, sums)


def last_delta(plan: Plan, batch: Batch, outputs: Array) -> Array:
    """Return the delta of the last layer, each row times its weight."""
    delta, last = np.empty_like(outputs), int(plan.activations[-1])
    scale, huber_delta = batch.scale(plan), float(plan.huber_delta)
    output_delta(plan.loss, last, outputs, batch.y, scale, delta, huber_delta)
    delta *= batch.row_weights[:, None]
    return delta


def backpropagate_all(
    plan: Plan, network: Network, saved: list[Array], delta: Array
) -> list[Array]:
    """Propagate the last layer's delta back; return the delta (rows, units) of each layer."""
    deltas = [delta]
    for layer in reversed(range(1, len(network.layers))):
        weights, _ = network.layers[layer]
        below = np.empty((len(delta), len(weights)), delta.dtype)
        activation = int(plan.activations[layer - 1])
        backpropagate(deltas[0], weights, activation, saved[layer], below)
        if network.dropout_masks:
            below *= network.dropout_masks[layer - 1]
        if network.norms:
            norm = network.norms[layer - 1]
            normalize_backward(
                below,
                norm.normalized,
                norm.variance,
                norm.scale,
                norm.scale_gradient,
                norm.shift_gradient,
            )
        deltas.insert(0, below)
    return deltas


def gradient_of(
    plan: Plan, network: Network, outputs: list[Array], deltas: list[Array], result: Array
) -> None:
    """Set result to the gradient of all parameters, summed over the rows."""
    result[:] = 0
    gradients = layers_of(plan, result)
    for layer, (weight_gradient, bias_gradient) in enumerate(gradients):
        normalized = layer < len(network.norms)
        to_biases = bias_gradient[:0] if normalized else bias_gradient
        layer_gradient(outputs[layer], deltas[layer], weight_gradient, to_biases)
        if normalized:  # its bias is the shift
            bias_gradient[:] = network.norms[layer].shift_gradient
    if network.norms:
        scale_gradients = [norm.scale_gradient for norm in network.norms]
        result[plan.extras.scale_offset :] = np.concatenate(scale_gradients)
    if network.weight_mask is not None:
        result *= network.weight_mask
