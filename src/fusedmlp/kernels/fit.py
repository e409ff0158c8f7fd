"""The whole gradient, prediction and a whole training run, compiled."""

import numpy as np

from fusedmlp.codes import Loss
from fusedmlp.kernels.blocks import (
    START,
    block_gradient,
    carry_back,
    divided,
    forward_block,
    last_of,
    rows_begin,
    transpose_weights,
)
from fusedmlp.kernels.compiled import compiled, inner
from fusedmlp.kernels.few_runs import run_few
from fusedmlp.kernels.losses import nearest_to_certain, output_delta_at
from fusedmlp.kernels.memories import OF_EXTRAS
from fusedmlp.kernels.network import network_of
from fusedmlp.kernels.normalizing import normalizing_of
from fusedmlp.kernels.penalties import penalize_at, penalty_at
from fusedmlp.kernels.row_weights import loss_of_rows, share_of_total, weigh_rows
from fusedmlp.kernels.rows import copy
from fusedmlp.kernels.rules import weights_between
from fusedmlp.kernels.steps import fit_blocks
from fusedmlp.kernels.team import together
from fusedmlp.kernels.vectors import REGISTER, address, shifted

FEW_WEIGHTS = 1024
NOTHING = dict.fromkeys(OF_EXTRAS)
FEW_LOSSES = (Loss.SQUARED_ERROR, Loss.LOG_LOSS)


def predict(plan, params, X, outputs):
    """Set outputs (rows, n_out) to the network's outputs for X (rows, n_in)."""
    plan = plan._replace(extras=None)  # of no use here, and ten numbers to unpack
    together(predict_part, (plan, params, X, outputs), plan.threads)


@compiled
def predict_part(plan, params, X, outputs, meeting, thread, threads):  # noqa: ARG001
    """Predict a thread's part of the rows."""
    _predict(plan, params, X, outputs, np.empty(plan.work_size, params.dtype), thread, threads)


@inner
def _predict(plan, params, X, outputs, work, thread, threads):
    network, n_in, n_out = network_of(plan, START, plan.block), plan.sizes[0], plan.sizes[-1]
    room = divided(network, params.size, address(work))
    begin = rows_begin(X.shape[0], thread, threads)
    end = rows_begin(X.shape[0], thread + 1, threads)
    for first in range(begin, end, plan.block):
        rows = min(plan.block, end - first)
        inputs = shifted(address(X), first * n_in)
        block = forward_block(network, address(params), inputs, room, 0, rows, None, None)
        copy(block, rows * n_out, shifted(address(outputs), first * n_out))


@compiled
def gradient(plan, params, X, y, result, row_weights=None):
    """Set result to the gradient of the loss of X (rows, n_in), y (rows, n_out); return the loss.

    Both are summed or averaged over the rows, as the plan's reduction says, each row counting as
    its weight says (rows,), and count the penalties on the weights.
    """
    block, size = plan.block, plan.work_size
    if plan.extras.batch_norm:  # over all rows: one block
        block, size = X.shape[0], size + (size // block + 1) * X.shape[0]
    work = np.empty(size, params.dtype)
    return _gradient(plan, params, X, y, result, row_weights, block, work)


@inner
def _gradient(plan, params, X, y, result, row_weights, block, work):
    network, last = network_of(plan, plan.keeps_sums, block), plan.activations[-1]
    weights, beyond = address(params), plan.huber_delta
    n_in, n_out = plan.sizes[0], plan.sizes[-1]
    room = divided(network, params.size, address(work))
    scale = share_of_total(plan.reduction, X.shape[0], row_weights, params.dtype.type)
    nearest, size, value = nearest_to_certain(params), params.size, 0.0
    transpose_weights(network, weights, room, 0, size)
    normalizing = normalizing_of(plan.extras, weights, address(result), weights, 0)
    for first in range(0, X.shape[0], block):
        rows = min(block, X.shape[0] - first)
        inputs, targets = shifted(address(X), first * n_in), shifted(address(y), first * n_out)
        out = forward_block(network, weights, inputs, room, 0, rows, None, normalizing)
        delta = last_of(network, room.deltas)
        output_delta_at(plan.loss, last, out, targets, rows, n_out, scale, delta, beyond, plan.rare)
        weigh_rows(row_weights, first, rows, n_out, delta)
        carry_back(network, room, 0, rows, None, normalizing)
        block_gradient(network, inputs, room, START, rows, address(result), first, START, size)
        value += loss_of_rows(
            plan.loss, last, out, targets, rows, n_out, nearest, beyond, row_weights, first
        )
    return value * np.float64(scale) + _penalized(plan, network, weights, address(result), size)


@inner
def _penalized(plan, network, weights, result, size):
    """Add the penalties' derivative to a gradient; return the penalties."""
    value = 0.0
    if plan.extras.l1 > 0 or plan.extras.l2 > 0:
        for layer in range(network.layers):
            first, count = weights_between(network, layer, 0, size)
            part = shifted(weights, first)
            penalize_at(part, shifted(result, first), count, plan.extras.l1, plan.extras.l2)
            value += penalty_at(part, count, plan.extras.l1, plan.extras.l2)
    return value


def fit(plan, X, y, state, stop):
    """Train from state.position on until `stop` rows have been visited; return whether all is well.

    The state is changed in place. False means that a weight is no longer finite; the position is
    then the end of the epoch in which that happened.
    """
    if _suits_few(plan, X, state):
        return run_few(plan, X, y, state, stop)
    if plan.plain:
        plan = plan._replace(extras=None)
        state = state._replace(**NOTHING)
    return together(fit_blocks, (plan, plan.extras, X, y, state, stop), plan.threads)


def _suits_few(plan, X, state):
    """Whether rows in the lanes are faster than blocks: half of the lanes filled, the layers small.

    3-4-1 takes 0.12 us an epoch instead of 0.28, 3-32-1 0.49 instead of 0.82; at 1,500 weights the
    two were even. Kept sums and the later losses are left to blocks.
    """
    if plan.keeps_sums or plan.loss not in FEW_LOSSES:
        return False
    lanes = REGISTER // X.itemsize
    filled = lanes // 2 <= len(X) <= lanes
    small = plan.batch_size == len(X) and state.params.size <= FEW_WEIGHTS
    return filled and small and plan.plain
