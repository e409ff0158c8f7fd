"""The whole gradient, prediction and a whole training run, compiled."""

import numpy as np

from fusedmlp.kernels.blocks import backward_block, divided, forward_block, share
from fusedmlp.kernels.compiled import compiled, inner
from fusedmlp.kernels.draws import row_order_at
from fusedmlp.kernels.few import fit_few
from fusedmlp.kernels.few_layout import layout_for, put_in_lanes, take_back
from fusedmlp.kernels.losses import loss_at, nearest_to_certain, output_delta_at, record_at
from fusedmlp.kernels.network import network_of
from fusedmlp.kernels.tiles import copy
from fusedmlp.kernels.updates import count_changes_at, finite_at, update_at
from fusedmlp.kernels.vectors import REGISTER, address, at, shifted
from fusedmlp.plan import BLOCK

FEW_WEIGHTS = 1024


@compiled
def predict(plan, params, X, outputs):
    """Set outputs (rows, n_out) to the network's outputs for X (rows, n_in)."""
    _predict(plan, params, X, outputs, np.empty(plan.work_size, params.dtype))


@inner
def _predict(plan, params, X, outputs, work):
    network, n_in, n_out = network_of(plan), plan.sizes[0], plan.sizes[-1]
    all_inputs, all_outputs = address(X), address(outputs)
    for first in range(0, X.shape[0], BLOCK):
        rows = min(BLOCK, X.shape[0] - first)
        inputs = shifted(all_inputs, first * n_in)
        block = forward_block(network, address(params), inputs, rows, address(work))
        copy(block, rows * n_out, shifted(all_outputs, first * n_out))


@compiled
def gradient(plan, params, X, y, result):
    """Set result to the gradient of the loss of X (rows, n_in), y (rows, n_out); return the loss.

    Both are summed or averaged over the rows, as the plan's reduction says.
    """
    return _gradient(plan, params, X, y, result, np.empty(plan.work_size, params.dtype))


@inner
def _gradient(plan, params, X, y, result, work):
    network, n_in, n_out, last = (
        network_of(plan),
        plan.sizes[0],
        plan.sizes[-1],
        plan.activations[-1],
    )
    parts = divided(network, address(work))
    scale, nearest = (
        share(plan.reduction, X.shape[0], params.dtype.type),
        nearest_to_certain(params),
    )
    value = 0.0
    for first in range(0, X.shape[0], BLOCK):
        rows = min(BLOCK, X.shape[0] - first)
        inputs, targets = shifted(address(X), first * n_in), shifted(address(y), first * n_out)
        out = forward_block(network, address(params), inputs, rows, parts[0])
        output_delta_at(plan.loss, last, out, targets, rows, n_out, scale, parts[1])
        backward_block(network, address(params), inputs, rows, parts, address(result), first)
        value += loss_at(plan.loss, last, out, targets, rows * n_out, nearest)
    return value * np.float64(scale)


def fit(plan, X, y, state, stop):
    """Train from state.position on until `stop` rows have been visited; return whether all is well.

    The state is changed in place. False means that a weight is no longer finite; the position is
    then the end of the epoch in which that happened.
    """
    if _suits_few(plan, X, state):
        layout = layout_for(plan, state)
        if layout.end <= state.work.size:
            put_in_lanes(layout, plan, X, y, state)
            finite = fit_few(layout, plan, len(X), state, stop)
            take_back(layout, state)
            return finite
    return fit_blocks(plan, X, y, state, stop)


def _suits_few(plan, X, state):
    """Whether rows in the lanes are faster than blocks: half of the lanes filled, the layers small.

    3-4-1 takes 0.12 us an epoch instead of 0.28, 3-32-1 0.49 instead of 0.82; at 1,500 weights the
    two were even.
    """
    lanes = REGISTER // X.itemsize
    filled = lanes // 2 <= len(X) <= lanes
    return filled and plan.batch_size == len(X) and state.params.size <= FEW_WEIGHTS


@compiled
def fit_blocks(plan, X, y, state, stop):
    """Do what `fit` does, block after block."""
    network, rows = network_of(plan), X.shape[0]
    n_in, n_out, last = plan.sizes[0], plan.sizes[-1], plan.activations[-1]
    all_inputs, all_targets, order = address(X), address(y), address(state.order)
    params, gradient, velocity = (
        address(state.params),
        address(state.gradient),
        address(state.velocity),
    )
    uphill, changes = address(state.uphill), address(state.direction_changes)
    errors, losses, size = address(state.errors), address(state.losses), state.params.size
    real, nearest = X.dtype.type, nearest_to_certain(X)
    parts = divided(network, address(state.work))
    activations, delta, _, _, X_block, y_block = parts

    epoch = state.position[0] // rows
    row = state.position[0] - epoch * rows
    batch_start, ok = row - row % plan.batch_size, True
    while ok and epoch * rows + row < stop:
        if plan.shuffle and row == 0:
            row_order_at(plan.seed, epoch, order, rows)
        batch_end = min(batch_start + plan.batch_size, rows)
        count = min(BLOCK, batch_end - row)
        inputs, targets = shifted(all_inputs, row * n_in), shifted(all_targets, row * n_out)
        if plan.shuffle:
            _gather(all_inputs, n_in, order, row, count, X_block)
            _gather(all_targets, n_out, order, row, count, y_block)
            inputs, targets = X_block, y_block
        scale = share(plan.reduction, batch_end - batch_start, real)
        out = forward_block(network, params, inputs, count, activations)
        output_delta_at(plan.loss, last, out, targets, count, n_out, scale, delta)
        if epoch % plan.record_every == 0:
            record = epoch // plan.record_every
            record_at(plan.loss, last, out, targets, count * n_out, nearest, errors, losses, record)
        backward_block(network, params, inputs, count, parts, gradient, row - batch_start)
        row += count
        if row == batch_end:
            if plan.track_directions:
                count_changes_at(gradient, uphill, changes, size)
            update_at(
                params, gradient, velocity, size, plan.learning_rate, plan.momentum, plan.nesterov
            )
            batch_start = row
        if row == rows:
            ok = finite_at(params, size)
            epoch, row, batch_start = epoch + 1, 0, 0
    state.position[0] = epoch * rows + row
    return ok


@inner
def _gather(rows, width, order, first, count, block):
    """Copy the rows that are next in this epoch's order."""
    for b in range(count):
        copy(shifted(rows, at(order, first + b) * width), width, shifted(block, b * width))
