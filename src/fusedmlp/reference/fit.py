"""The whole gradient, prediction and a whole training run, for clarity and not for speed."""

import math
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fusedmlp.codes import SLOPES_OF_SUMS, Activation, Optimizer, Reduction
from fusedmlp.plan import Plan, State
from fusedmlp.reference.activations import Array, activate
from fusedmlp.reference.draws import keep_mask, mix, row_order
from fusedmlp.reference.layers import backpropagate, forward, layer_gradient
from fusedmlp.reference.losses import absolute_error, loss, output_delta, weighted_loss
from fusedmlp.reference.normalization import follow, normalize, normalize_backward
from fusedmlp.reference.optimizers import adam, rmsprop, rprop
from fusedmlp.reference.penalties import clip_norm, clip_values, penalize, penalty
from fusedmlp.reference.sampling import add_squares, draw_batch, draws, learn_from, weight_of
from fusedmlp.reference.updates import count_direction_changes, update

Layers = list[tuple[Array, Array]]


@dataclass
class Norm:
    """A hidden layer's normalisation: views of its scales and their gradient, and what it found."""

    scale: Array  # (units,), as all but the last
    scale_gradient: Array
    mean: Array
    variance: Array
    normalized: Array = field(default_factory=lambda: np.empty((0, 0)))  # (rows, units)


# Counters of an epoch's key that no row's place in the order reaches.
OF_LAYERS, OF_BATCHES = 1 << 62, 1 << 61


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


def _forward_all(
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


def _backward_all(
    plan: Plan,
    layers: Layers,
    outputs: list[Array],
    kept: list[Array],
    y: Array,
    gradients: Layers,
    row_weights: Array,
    total: float,
    squares: NDArray[np.float64],
    masks: list[Array] | None = None,
    norms: list[Norm] | None = None,
) -> None:
    """Add to the gradients, from the delta at the output back to the first layer.

    total: what a mean divides by. squares (rows,): where rows are drawn, each's is added to it.
    """
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
        if draws(plan):
            add_squares(inputs, delta / scale, plan.bias, squares)
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


def predict(plan: Plan, params: Array, X: Array, outputs: Array) -> None:
    """Set outputs (rows, n_out) to the network's outputs for X (rows, n_in)."""
    outputs[:] = _forward_all(plan, _layers(plan, params), X)[0][-1]


def gradient(plan: Plan, params: Array, X: Array, y: Array, result: Array) -> float:
    """Set result to the gradient of the loss of X (rows, n_in), y (rows, n_out); return the loss.

    Both are summed or averaged over the rows, as the plan's reduction says, and count the penalties
    on the weights.
    """
    layers = _layers(plan, params)
    norms = _norms(plan, params, result)
    outputs, kept = _forward_all(plan, layers, X, None, norms)
    result[:] = 0
    ones, squares = np.ones(len(y), X.dtype), np.zeros(len(y))
    _backward_all(
        plan, layers, outputs, kept, y, _layers(plan, result), ones, len(y), squares, None, norms
    )
    last, huber_delta = plan.activations[-1], float(plan.huber_delta)
    value = loss(plan.loss, last, outputs[-1], y, huber_delta)
    if plan.reduction == Reduction.MEAN:
        value /= len(y)
    _penalize_all(plan, params, result)
    return value + sum(penalty(weights, plan.extras.l1, plan.extras.l2) for weights, _ in layers)


@np.errstate(over="ignore", invalid="ignore")
def fit(plan: Plan, X: Array, y: Array, state: State, stop: int) -> bool:
    """Train from state.position on until `stop` rows have been visited; return whether all is well.

    The state is changed in place. False means that a weight is no longer finite; the position is
    then the end of the epoch in which that happened. This twin stops between epochs only.
    """
    gradients, rows = _layers(plan, state.gradient), len(X)
    while state.position[0] < stop:
        epoch = int(state.position[0]) // rows
        if plan.shuffle and not draws(plan):
            row_order(plan.seed, epoch, state.order)
        for start in range(0, rows, plan.batch_size):
            batch = slice(start, start + plan.batch_size)
            if draws(plan):
                draw_batch(plan, state, epoch, batch)
            if plan.shuffle:
                X_batch, y_batch = X[state.order[batch]], y[state.order[batch]]
            else:
                X_batch, y_batch = X[batch], y[batch]
            batch_rows = state.order[batch] if plan.shuffle else np.arange(rows)[batch]
            masks = _masks(plan, epoch, batch_rows)
            connections = _connections(plan, epoch, start, state.params)
            used = _layers(plan, state.params * connections if connections.size else state.params)
            norms = _norms(plan, state.params, state.gradient)
            outputs, kept = _forward_all(plan, used, X_batch, masks, norms)
            _follow_all(norms, len(X_batch), state.running)
            row_weights = _weights_of(plan, state, batch, len(X_batch))
            total, squares = weight_of(plan, state, row_weights), np.zeros(len(X_batch))
            _record(plan, state, epoch, outputs[-1], y_batch, row_weights)
            state.gradient[:] = 0
            _backward_all(
                plan,
                used,
                outputs,
                kept,
                y_batch,
                gradients,
                row_weights,
                total,
                squares,
                masks,
                norms,
            )
            if connections.size:
                np.multiply(state.gradient, connections, out=state.gradient)
            if draws(plan):
                learn_from(plan, state, batch, squares)
            _step(plan, state, epoch, start, rows)
        state.position[0] += rows
        if not np.isfinite(state.params).all():
            return False
    return True


def _norms(plan: Plan, params: Array, gradient: Array) -> list[Norm]:
    """Return how each hidden layer's sums are normalised: not, without batch_norm."""
    norms, start = [], plan.extras.scales
    for units in plan.sizes[1:-1].tolist() if plan.extras.batch_norm else []:
        part = slice(start, start + units)
        mean, variance = np.empty((2, units), params.dtype)
        norms.append(Norm(params[part], gradient[part], mean, variance))
        start += units
    return norms


def _follow_all(norms: list[Norm], rows: int, running: Array) -> None:
    """Let the running means and variances follow those of a batch."""
    means, variances = np.split(running, 2)
    begin = 0
    for norm in norms:
        part = slice(begin, begin + norm.mean.size)
        follow(norm.mean, norm.variance, rows, means[part], variances[part])
        begin += norm.mean.size


def _masks(plan: Plan, epoch: int, rows: NDArray[np.int64]) -> list[Array]:
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


def _connections(plan: Plan, epoch: int, start: int, params: Array) -> Array:
    """Return what each parameter counts in the batch from row `start` on, or nothing.

    Biases count 1.
    """
    if not plan.extras.dropconnect:
        return params[:0]
    connections = np.ones_like(params)
    key = mix(mix(mix(plan.seed, epoch), OF_BATCHES), start // plan.batch_size)
    offsets = plan.weight_offsets.tolist()
    for (weights, _), offset in zip(_layers(plan, connections), offsets, strict=True):
        keep_mask(key, plan.extras.dropconnect, offset, weights.reshape(-1))
    return connections


def _weights_of(plan: Plan, state: State, batch: slice, rows: int) -> Array:
    """Return what each row of the batch counts (rows,)."""
    if draws(plan):
        return state.draw_weights[batch]
    if not plan.extras.weighted:
        return np.ones(rows, state.params.dtype)
    return state.row_weights[state.order[batch]] if plan.shuffle else state.row_weights[batch]


def _record(
    plan: Plan, state: State, epoch: int, outputs: Array, y: Array, row_weights: Array
) -> None:
    """Note a batch's error and loss before its update, where the epoch is one to record."""
    if epoch % plan.record_every == 0:
        record = epoch // plan.record_every
        errors = (absolute_error(out, target) for out, target in zip(outputs, y, strict=True))
        pairs = zip(row_weights.tolist(), errors, strict=True)
        state.errors[record] += sum(weight * error for weight, error in pairs)
        state.losses[record] += weighted_loss(
            plan.loss, plan.activations[-1], outputs, y, row_weights, float(plan.huber_delta)
        )


def _step(plan: Plan, state: State, epoch: int, start: int, rows: int) -> None:
    """Move the parameters against the batch's gradient; start: the batch's first row."""
    _penalize_all(plan, state.params, state.gradient)
    clip_values(state.gradient, plan.extras.clip_value)
    clip_norm(state.gradient, plan.extras.clip_norm)
    if plan.track_directions:
        count_direction_changes(state.gradient, state.uphill, state.direction_changes)
    rates = plan.extras.rates
    rate = float(rates[min(epoch, len(rates) - 1)] * state.factor[0])
    step = epoch * math.ceil(rows / plan.batch_size) + start // plan.batch_size + 1
    _move(plan, state, rate, step)


def _penalize_all(plan: Plan, params: Array, gradient: Array) -> None:
    l1, l2 = plan.extras.l1, plan.extras.l2
    for (weights, _), (weight_gradient, _) in zip(
        _layers(plan, params), _layers(plan, gradient), strict=True
    ):
        penalize(weights, weight_gradient, l1, l2)


def _move(plan: Plan, state: State, rate: float, step: int) -> None:
    """Apply the optimiser's rule; step counts from 1."""
    extras = plan.extras
    memory = state.params, state.gradient, state.velocity, state.squares
    if extras.optimizer in (Optimizer.SGD, Optimizer.AW_SGD):
        update(*memory[:3], rate, plan.momentum, plan.nesterov)
    elif extras.optimizer == Optimizer.RMSPROP:
        keep = extras.rho
        rmsprop(*memory, rate, float(plan.momentum), keep, 1 - keep, extras.epsilon)
    elif extras.optimizer == Optimizer.ADAGRAD:
        rmsprop(*memory, rate, 0.0, 1.0, 1.0, extras.epsilon)
    elif extras.optimizer == Optimizer.RPROP:
        bounds = extras.least_step, extras.most_step
        rprop(*memory, extras.eta_minus, extras.eta_plus, *bounds)
    else:
        if extras.optimizer == Optimizer.ADAMW:  # beside the gradient, which l2 would join
            for weights, _ in _layers(plan, state.params):
                weights *= 1 - rate * extras.weight_decay
        adam(*memory, rate, extras.beta_1, extras.beta_2, extras.epsilon, step)
