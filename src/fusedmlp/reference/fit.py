"""The whole gradient, prediction and a whole training run, for clarity and not for speed."""

from itertools import pairwise

import numpy as np

from fusedmlp.plan import SLOPES_OF_SUMS, Activation, Plan, Reduction, State
from fusedmlp.reference.activations import Array, activate
from fusedmlp.reference.draws import row_order
from fusedmlp.reference.layers import backpropagate, forward, layer_gradient
from fusedmlp.reference.losses import absolute_error, loss, output_delta
from fusedmlp.reference.updates import count_direction_changes, update

Layers = list[tuple[Array, Array]]


def _layers(plan: Plan, flat: Array) -> Layers:
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


def _forward_all(plan: Plan, layers: Layers, X: Array) -> tuple[list[Array], list[Array]]:
    """Return X and the outputs of each layer; and beside each what its slopes are read off."""
    outputs, kept = [X], [X]
    for (weights, biases), activation in zip(layers, plan.activations.tolist(), strict=True):
        out = np.empty((len(X), weights.shape[1]), X.dtype)
        if activation in SLOPES_OF_SUMS:
            forward(outputs[-1], weights, biases, Activation.IDENTITY, out)
            kept.append(out.copy())
            activate(activation, out)
        else:
            forward(outputs[-1], weights, biases, activation, out)
            kept.append(out)
        outputs.append(out)
    return outputs, kept


def _backward_all(
    plan: Plan,
    layers: Layers,
    outputs: list[Array],
    kept: list[Array],
    y: Array,
    gradients: Layers,
) -> None:
    """Add to the gradients, from the delta at the output back to the first layer."""
    scale = 1 / len(y) if plan.reduction == Reduction.MEAN else 1.0
    delta, last = np.empty_like(outputs[-1]), plan.activations[-1]
    output_delta(plan.loss, last, outputs[-1], y, scale, delta, float(plan.huber_delta))
    for layer in reversed(range(len(layers))):
        inputs = outputs[layer]
        layer_gradient(inputs, delta, *gradients[layer])
        if layer > 0:
            delta_below = np.empty_like(inputs)
            weights, activation = layers[layer][0], plan.activations[layer - 1]
            backpropagate(delta, weights, activation, kept[layer], delta_below)
            delta = delta_below


def predict(plan: Plan, params: Array, X: Array, outputs: Array) -> None:
    """Set outputs (rows, n_out) to the network's outputs for X (rows, n_in)."""
    outputs[:] = _forward_all(plan, _layers(plan, params), X)[0][-1]


def gradient(plan: Plan, params: Array, X: Array, y: Array, result: Array) -> float:
    """Set result to the gradient of the loss of X (rows, n_in), y (rows, n_out); return the loss.

    Both are summed or averaged over the rows, as the plan's reduction says.
    """
    layers = _layers(plan, params)
    outputs, kept = _forward_all(plan, layers, X)
    result[:] = 0
    _backward_all(plan, layers, outputs, kept, y, _layers(plan, result))
    last, huber_delta = plan.activations[-1], float(plan.huber_delta)
    value = loss(plan.loss, last, outputs[-1], y, huber_delta)
    return value / len(y) if plan.reduction == Reduction.MEAN else value


@np.errstate(over="ignore", invalid="ignore")
def fit(plan: Plan, X: Array, y: Array, state: State, stop: int) -> bool:
    """Train from state.position on until `stop` rows have been visited; return whether all is well.

    The state is changed in place. False means that a weight is no longer finite; the position is
    then the end of the epoch in which that happened. This twin stops between epochs only.
    """
    layers, gradients = _layers(plan, state.params), _layers(plan, state.gradient)
    rows = len(X)
    while state.position[0] < stop:
        epoch = int(state.position[0]) // rows
        if plan.shuffle:
            row_order(plan.seed, epoch, state.order)
        for start in range(0, rows, plan.batch_size):
            batch = slice(start, start + plan.batch_size)
            if plan.shuffle:
                X_batch, y_batch = X[state.order[batch]], y[state.order[batch]]
            else:
                X_batch, y_batch = X[batch], y[batch]
            outputs, kept = _forward_all(plan, layers, X_batch)
            _record(plan, state, epoch, outputs[-1], y_batch)
            state.gradient[:] = 0
            _backward_all(plan, layers, outputs, kept, y_batch, gradients)
            _step(plan, state)
        state.position[0] += rows
        if not np.isfinite(state.params).all():
            return False
    return True


def _record(plan: Plan, state: State, epoch: int, outputs: Array, y: Array) -> None:
    """Note a batch's error and loss before its update, where the epoch is one to record."""
    if epoch % plan.record_every == 0:
        record = epoch // plan.record_every
        state.errors[record] += absolute_error(outputs, y)
        last, huber_delta = plan.activations[-1], float(plan.huber_delta)
        state.losses[record] += loss(plan.loss, last, outputs, y, huber_delta)


def _step(plan: Plan, state: State) -> None:
    """Move the parameters against the batch's gradient."""
    if plan.track_directions:
        count_direction_changes(state.gradient, state.uphill, state.direction_changes)
    update(
        state.params,
        state.gradient,
        state.velocity,
        plan.learning_rate,
        plan.momentum,
        plan.nesterov,
    )
