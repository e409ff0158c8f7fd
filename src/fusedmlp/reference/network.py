"""All layers, forward and back, for clarity and not for speed."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fusedmlp.codes import SLOPES_OF_SUMS, Activation, Reduction
from fusedmlp.plan import Plan
from fusedmlp.reference.activations import Array, activate
from fusedmlp.reference.layers import backpropagate, forward, layer_gradient
from fusedmlp.reference.losses import output_delta
from fusedmlp.reference.normalization import follow, normalize, normalize_backward
from fusedmlp.reference.sampling import add_squares, draws

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


@dataclass
class Passed:
    """What rows became on their way forward."""

    outputs: list[Array]  # the inputs, then each layer's outputs (rows, units)
    kept: list[Array]  # beside each, what its slopes are read off
    masks: list[Array]  # what each hidden layer's outputs were multiplied by; [] for nothing
    norms: list[Norm]  # how their sums were normalised; [] for not at all


def forward_all(
    plan: Plan,
    layers: Layers,
    X: Array,
    masks: list[Array] | None = None,
    norms: list[Norm] | None = None,
) -> Passed:
    """Send X (rows, n_in) through all layers."""
    passed = Passed([X], [X], masks or [], norms or [])
    for layer, (weights, biases) in enumerate(layers):
        activation = int(plan.activations[layer])
        out = np.empty((len(X), weights.shape[1]), X.dtype)
        normalized = layer < len(passed.norms)
        forward(
            passed.outputs[-1],
            weights,
            biases[:0] if normalized else biases,
            Activation.IDENTITY,
            out,
        )
        if normalized:
            norm = passed.norms[layer]
            norm.normalized = np.empty_like(out)
            normalize(out, norm.scale, biases, norm.normalized, norm.mean, norm.variance)
        sums = out.copy() if activation in SLOPES_OF_SUMS else None
        activate(activation, out)
        passed.kept.append(out if sums is None else sums)
        passed.outputs.append(out * passed.masks[layer] if layer < len(passed.masks) else out)
    return passed


def backward_all(
    plan: Plan,
    layers: Layers,
    passed: Passed,
    y: Array,
    gradients: Layers,
    row_weights: Array,
    total: float,
    squares: NDArray[np.float64],
) -> None:
    """Add to the gradients, from the delta at the output back to the first layer.

    total: what a mean divides by. squares (rows,): where rows are drawn, the square of each row's
    own gradient is added to it.
    """
    scale = 1.0 if plan.reduction == Reduction.SUM else 1 / total if total > 0 else 0.0
    out, last = passed.outputs[-1], plan.activations[-1]
    delta = np.empty_like(out)
    output_delta(plan.loss, last, out, y, scale, delta, float(plan.huber_delta))
    delta *= row_weights[:, None]
    for layer in reversed(range(len(layers))):
        inputs = passed.outputs[layer]
        weight_gradient, bias_gradient = gradients[layer]
        if layer < len(passed.norms):  # the shift's gradient is there already
            bias_gradient = bias_gradient[:0]
        layer_gradient(inputs, delta, weight_gradient, bias_gradient)
        if draws(plan):
            add_squares(inputs, delta / scale, plan.bias, squares)
        if layer > 0:
            delta = _delta_below(plan, layers, passed, layer, delta, gradients[layer - 1][1])


def _delta_below(
    plan: Plan, layers: Layers, passed: Passed, layer: int, delta: Array, shift_gradient: Array
) -> Array:
    """Return the delta of the layer below, back through its mask and its normalisation."""
    below = np.empty_like(passed.outputs[layer])
    activation = plan.activations[layer - 1]
    backpropagate(delta, layers[layer][0], activation, passed.kept[layer], below)
    if passed.masks:
        below *= passed.masks[layer - 1]
    if passed.norms:
        norm = passed.norms[layer - 1]
        normalize_backward(
            below, norm.normalized, norm.variance, norm.scale, norm.scale_gradient, shift_gradient
        )
    return below


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
