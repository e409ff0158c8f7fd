"""The whole gradient, prediction and a whole training run, for clarity and not for speed."""

import numpy as np

from fusedmlp.codes import Reduction
from fusedmlp.plan import Plan, State
from fusedmlp.reference.activations import Array
from fusedmlp.reference.draws import row_order
from fusedmlp.reference.losses import absolute_error, loss, weighted_loss
from fusedmlp.reference.masks import connections_of, masks_of
from fusedmlp.reference.network import (
    backward_all,
    follow_all,
    forward_all,
    layers_of,
    norms_of,
)
from fusedmlp.reference.penalties import penalty
from fusedmlp.reference.sampling import draw_batch, draws, learn_from, weight_of
from fusedmlp.reference.steps import penalize_all, take_step


def predict(plan: Plan, params: Array, X: Array, outputs: Array) -> None:
    """Set outputs (rows, n_out) to the network's outputs for X (rows, n_in)."""
    outputs[:] = forward_all(plan, layers_of(plan, params), X).outputs[-1]


def gradient(
    plan: Plan, params: Array, X: Array, y: Array, result: Array, row_weights: Array | None = None
) -> float:
    """Set result to the gradient of the loss of X (rows, n_in), y (rows, n_out); return the loss.

    Both are summed or averaged over the rows, as the plan's reduction says, each row counting as
    its weight says (rows,), and count the penalties on the weights.
    """
    weights = np.ones(len(y), X.dtype) if row_weights is None else row_weights
    total, squares = float(weights.sum(dtype=np.float64)), np.zeros(len(y))
    layers = layers_of(plan, params)
    passed = forward_all(plan, layers, X, [], norms_of(plan, params, result))
    result[:] = 0
    backward_all(plan, layers, passed, y, layers_of(plan, result), weights, total, squares)
    penalize_all(plan, params, result)

    out, last, huber_delta = passed.outputs[-1], plan.activations[-1], float(plan.huber_delta)
    if row_weights is None:
        value = loss(plan.loss, last, out, y, huber_delta)
    else:
        value = weighted_loss(plan.loss, last, out, y, row_weights, huber_delta)
    if plan.reduction == Reduction.MEAN:
        value /= total
    l1, l2 = plan.extras.l1, plan.extras.l2
    return value + sum(penalty(each, l1, l2) for each, _ in layers)


@np.errstate(over="ignore", invalid="ignore")
def fit(plan: Plan, X: Array, y: Array, state: State, stop: int) -> bool:
    """Train from state.position on until `stop` rows have been visited; return whether all is well.

    The state is changed in place. False means that a weight is no longer finite; the position is
    then the end of the epoch in which that happened. This twin stops between epochs only.
    """
    rows = len(X)
    while state.position[0] < stop:
        epoch = int(state.position[0]) // rows
        if plan.shuffle and not draws(plan):
            row_order(plan.seed, epoch, state.order)
        for start in range(0, rows, plan.batch_size):
            _train_on(plan, X, y, state, epoch, slice(start, min(start + plan.batch_size, rows)))
        state.position[0] += rows
        if not np.isfinite(state.params).all():
            return False
    return True


def _train_on(plan: Plan, X: Array, y: Array, state: State, epoch: int, batch: slice) -> None:
    """Take a step: forward, record, back, update. batch: its places in the epoch."""
    if draws(plan):
        draw_batch(plan, state, epoch, batch)
    order = state.order if plan.shuffle else np.arange(len(X))
    X_batch, y_batch = (X[order[batch]], y[order[batch]]) if plan.shuffle else (X[batch], y[batch])

    connections = connections_of(plan, epoch, batch.start, state.params)
    used = layers_of(plan, state.params * connections if connections.size else state.params)
    masks, norms = (
        masks_of(plan, epoch, order[batch]),
        norms_of(plan, state.params, state.gradient),
    )
    passed = forward_all(plan, used, X_batch, masks, norms)
    follow_all(norms, len(X_batch), state.running)

    row_weights, squares = _weights_of(plan, state, batch), np.zeros(len(X_batch))
    _record(plan, state, epoch, passed.outputs[-1], y_batch, row_weights)
    state.gradient[:] = 0
    total = weight_of(plan, state, row_weights)
    gradients = layers_of(plan, state.gradient)
    backward_all(plan, used, passed, y_batch, gradients, row_weights, total, squares)
    if connections.size:
        np.multiply(state.gradient, connections, out=state.gradient)
    if draws(plan):
        learn_from(plan, state, batch, squares)
    take_step(plan, state, epoch, batch.start, len(X))


def _weights_of(plan: Plan, state: State, batch: slice) -> Array:
    """Return what each row of the batch counts (rows,)."""
    if draws(plan):
        return state.draw_weights[batch]
    if not plan.extras.weighted:
        return np.ones(batch.stop - batch.start, state.params.dtype)
    return state.row_weights[state.order[batch]] if plan.shuffle else state.row_weights[batch]


def _record(
    plan: Plan, state: State, epoch: int, outputs: Array, y: Array, row_weights: Array
) -> None:
    """Note a batch's error and loss before its update, where the epoch is one to record."""
    if epoch % plan.record_every != 0:
        return
    record, last, huber_delta = epoch // plan.record_every, plan.activations[-1], plan.huber_delta
    if not plan.extras.weighted:
        state.errors[record] += absolute_error(outputs, y)
        state.losses[record] += loss(plan.loss, last, outputs, y, float(huber_delta))
        return
    errors = (absolute_error(out, target) for out, target in zip(outputs, y, strict=True))
    state.errors[record] += sum(
        weight * error for weight, error in zip(row_weights.tolist(), errors, strict=True)
    )
    state.losses[record] += weighted_loss(
        plan.loss, last, outputs, y, row_weights, float(huber_delta)
    )
