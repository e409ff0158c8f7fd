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
from fusedmlp.reference.steps import penalize_all, take_step


def predict(plan: Plan, params: Array, X: Array, outputs: Array) -> None:
    """Set outputs (rows, n_out) to the network's outputs for X (rows, n_in)."""
    outputs[:] = forward_all(plan, layers_of(plan, params), X)[0][-1]


def gradient(
    plan: Plan, params: Array, X: Array, y: Array, result: Array, row_weights: Array | None = None
) -> float:
    """Set result to the gradient of the loss of X (rows, n_in), y (rows, n_out); return the loss.

    Both are summed or averaged over the rows, as the plan's reduction says, each row counting as
    its weight says (rows,), and count the penalties on the weights.
    """
    weights = np.ones(len(y), X.dtype) if row_weights is None else row_weights
    layers, norms = layers_of(plan, params), norms_of(plan, params, result)
    outputs, kept = forward_all(plan, layers, X, None, norms)
    result[:] = 0
    backward_all(plan, layers, outputs, kept, y, layers_of(plan, result), weights, None, norms)
    of_outputs, huber_delta = (plan.loss, plan.activations[-1], outputs[-1], y), plan.huber_delta
    if row_weights is None:
        value = loss(*of_outputs, float(huber_delta))
    else:
        value = weighted_loss(*of_outputs, row_weights, float(huber_delta))
    if plan.reduction == Reduction.MEAN:
        value /= float(weights.sum(dtype=np.float64))
    penalize_all(plan, params, result)
    return value + sum(penalty(weights, plan.extras.l1, plan.extras.l2) for weights, _ in layers)


@np.errstate(over="ignore", invalid="ignore")
def fit(plan: Plan, X: Array, y: Array, state: State, stop: int) -> bool:
    """Train from state.position on until `stop` rows have been visited; return whether all is well.

    The state is changed in place. False means that a weight is no longer finite; the position is
    then the end of the epoch in which that happened. This twin stops between epochs only.
    """
    gradients, rows = layers_of(plan, state.gradient), len(X)
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
            batch_rows = state.order[batch] if plan.shuffle else np.arange(rows)[batch]
            masks = masks_of(plan, epoch, batch_rows)
            connections = connections_of(plan, epoch, start, state.params)
            used = layers_of(plan, state.params * connections if connections.size else state.params)
            norms = norms_of(plan, state.params, state.gradient)
            outputs, kept = forward_all(plan, used, X_batch, masks, norms)
            follow_all(norms, len(X_batch), state.running)
            row_weights = _weights_of(plan, state, batch, len(X_batch))
            _record(plan, state, epoch, outputs[-1], y_batch, row_weights)
            state.gradient[:] = 0
            backward_all(plan, used, outputs, kept, y_batch, gradients, row_weights, masks, norms)
            if connections.size:
                np.multiply(state.gradient, connections, out=state.gradient)
            take_step(plan, state, epoch, start, rows)
        state.position[0] += rows
        if not np.isfinite(state.params).all():
            return False
    return True


def _weights_of(plan: Plan, state: State, batch: slice, rows: int) -> Array:
    """Return what each row of the batch counts (rows,)."""
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
