"""All layers, forward and back, for clarity and not for speed."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from fusedmlp.codes import SLOPES_OF_SUMS, Activation, Reduction
from fusedmlp.plan import Plan
from fusedmlp.reference.activations import Array, activate
from fusedmlp.reference.layers import backpropagate, forward, layer_gradient
from fusedmlp.reference.losses import output_delta
from fusedmlp.reference.normalization import follow, normalize, normalize_backward

Layers = list[tuple[Array, Array]]


@dataclass
class Norm:
    """A hidden layer's normalisation: views of its scales and their gradient, and what it found."""

    scale: Array  # (units,), as all but the last
    scale_gradient: Array
    mean: Array
    variance: Array
    normalized: Array = field(default_factory=lambda: np.empty((0, 0)))  # (rows, units)


def layers_of(plan: Plan, flat: Array) -> Layers:
    """Return each layer's weights (n_in, n_out) and biases (n_out,), views of the flat vector."""
    layers = []
    for layer, (n_in, n_out) in enumerate(pairwise(plan.sizes)):
        weights, biases = plan.weight_offsets[layer], plan.bias_offsets[layer]
        layers.append(
            (
                flat[weights : weights + n_in * n_out].reshape(n_in, n_out),
                flat[biases : biases + n_out * plan.bias],
            )
        )
    return layers


def forward_all(
    plan: Plan,
    layers: Layers,
    X: Array,
    masks: list[Array] | None = None,
    norms: list[Norm] | None = None,
) -> tuple[list[Array], list[Array]]:
    """Return X and the outputs of each layer; and beside each what its slopes are read off.

    masks: what each hidden layer's outputs (rows, units) are multiplied by. norms: how their sums
    are normalised.
    """
    outputs, kept = [X], [X]
    for layer, (weights, biases) in enumerate(layers):
        activation = int(plan.activations[layer])
        out = np.empty((len(X), weights.shape[1]), X.dtype)
        if norms and layer < len(norms):
            forward(outputs[-1], weights, biases[:0], Activation.IDENTITY, out)
            norm = norms[layer]
            norm.normalized = np.empty_like(out)
            normalize(out, norm.scale, biases, norm.normalized, norm.mean, norm.variance)
            kept.append(out.copy())
            activate(activation, out)
            if activation not in SLOPES_OF_SUMS:
                kept[-1] = out
        elif activation in SLOPES_OF_SUMS:
            forward(outputs[-1], weights, biases, Activation.IDENTITY, out)
            kept.append(out.copy())
            activate(activation, out)
        else:
            forward(outputs[-1], weights, biases, activation, out)
            kept.append(out)
        if masks and layer < len(masks):
            out = out * masks[layer]
        outputs.append(out)
    return outputs, kept


def backward_all(
    plan: Plan,
    layers: Layers,
    outputs: list[Array],
    kept: list[Array],
    y: Array,
    gradients: Layers,
    row_weights: Array,
    masks: list[Array] | None = None,
    norms: list[Norm] | None = None,
) -> None:
    """Add to the gradients, from the delta at the output back to the first layer."""
    total = float(row_weights.sum(dtype=np.float64))
    scale = 1.0 if plan.reduction == Reduction.SUM else 1 / total if total > 0 else 0.0
    delta, last = np.empty_like(outputs[-1]), plan.activations[-1]
    output_delta(plan.loss, last, outputs[-1], y, scale, delta, float(plan.huber_delta))
    delta *= row_weights[:, None]
    for layer in reversed(range(len(layers))):
        inputs = outputs[layer]
        weight_gradient, bias_gradient = gradients[layer]
        if norms and layer < len(norms):  # the shift's gradient is there already
            bias_gradient = bias_gradient[:0]
        layer_gradient(inputs, delta, weight_gradient, bias_gradient)
        if layer > 0:
            delta_below = np.empty_like(inputs)
            weights, activation = layers[layer][0], plan.activations[layer - 1]
            backpropagate(delta, weights, activation, kept[layer], delta_below)
            if masks:
                delta_below *= masks[layer - 1]
            if norms:
                norm, shift_gradient = norms[layer - 1], gradients[layer - 1][1]
                normalize_backward(
                    delta_below,
                    norm.normalized,
                    norm.variance,
                    norm.scale,
                    norm.scale_gradient,
                    shift_gradient,
                )
            delta = delta_below


def norms_of(plan: Plan, params: Array, gradient: Array) -> list[Norm]:
    """Return how each hidden layer's sums are normalised: not, without batch_norm."""
    norms, start = [], plan.extras.scales
    for units in plan.sizes[1:-1].tolist() if plan.extras.batch_norm else []:
        part = slice(start, start + units)
        mean, variance = np.empty((2, units), params.dtype)
        norms.append(Norm(params[part], gradient[part], mean, variance))
        start += units
    return norms


def follow_all(norms: list[Norm], rows: int, running: Array) -> None:
    """Let the running means and variances follow those of a batch."""
    means, variances = np.split(running, 2)
    begin = 0
    for norm in norms:
        part = slice(begin, begin + norm.mean.size)
        follow(norm.mean, norm.variance, rows, means[part], variances[part])
        begin += norm.mean.size
