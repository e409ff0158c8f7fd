"""Prediction, the gradient of all rows, and training, compiled."""

from collections.abc import Callable
from typing import Any

import numpy as np

from fusedmlp.kernels.blocked.batch_norm import batch_norm_of
from fusedmlp.kernels.blocked.fits import gradient_fits, prediction_fits
from fusedmlp.kernels.blocked.forward_backward import (
    backward_block,
    forward_block,
    gradient_of_block,
    transpose_weights,
)
from fusedmlp.kernels.blocked.layout import Layout, layout_arguments
from fusedmlp.kernels.blocked.network import network_of, network_of_layout
from fusedmlp.kernels.blocked.optimizer_state import FIELDS_OF_EXTRAS
from fusedmlp.kernels.blocked.partition import layer_weights_in
from fusedmlp.kernels.blocked.row_claims import Claim, claim_rows
from fusedmlp.kernels.blocked.row_weights import (
    loss_of_rows,
    multiply_by_row_weights,
    total_row_scale,
)
from fusedmlp.kernels.blocked.run import objective_of
from fusedmlp.kernels.blocked.training_loop import fit_blocks
from fusedmlp.kernels.blocked.workspace import last_layer_of, workspace_layout
from fusedmlp.kernels.compilation.door import behind_door, run_operation, through_door
from fusedmlp.kernels.compilation.in_parallel import helped
from fusedmlp.kernels.compilation.jit import allocates, inner
from fusedmlp.kernels.compilation.require_fit import REFUSED
from fusedmlp.kernels.lanes.fit_in_lanes import fit_in_lanes, suits_lanes
from fusedmlp.kernels.losses import output_delta_at
from fusedmlp.kernels.penalties import penalize_at, penalty_at
from fusedmlp.kernels.threads.barrier import Team, stop_requested
from fusedmlp.kernels.threads.team import NO_SIGNALS, run_in_team
from fusedmlp.kernels.vector import LINE, address, first_line, put, shifted
from fusedmlp.kernels.vector.copies import copy
from fusedmlp.kernels.vector.integers import smaller
from fusedmlp.kernels.vector.reductions import all_finite
from fusedmlp.kernels.vector.typed_constants import NO, YES, ZERO
from fusedmlp.plan.codes import Optimizer
from fusedmlp.plan.operations.runs import check_fit, check_gradient, check_prediction
from fusedmlp.plan.plan import Plan
from fusedmlp.plan.signals import STOP

NO_EXTRAS = dict.fromkeys(FIELDS_OF_EXTRAS)


def predict(plan, params, X, outputs):
    """Set outputs (rows, n_out) to the network's outputs for X (rows, n_in).

    The outputs of a row with an input that is not finite are NaN.
    """
    through_door(_predict_in_team, check_prediction, plan, params, X, outputs)


def predictor(plan: Plan) -> Callable[[Any, Any, Any], None]:
    """Return `predict` for a plan, in one thread: a function (params, X, outputs) for many calls.

    A call takes 2 us less: the plan is not read again.
    """
    layout = layout_arguments(plan)
    kernel: Any = predict_part

    def predict_rows(params: Any, X: Any, outputs: Any) -> None:
        try:
            kernel(*layout, params, X, outputs, NO_SIGNALS, 0, 1)
        except Exception:  # refused, or not compiled yet
            predict(plan, params, X, outputs)

    return predict_rows


def _predict_in_team(plan, params, X, outputs):
    run_in_team(predict_part, (*layout_arguments(plan), params, X, outputs), plan.threads)


@behind_door
@helped
@allocates
def predict_part(
    sizes, weight_offsets, bias_offsets, activations, all_activations, numbers, params, X, outputs,
    signals, thread, threads,
):  # fmt: skip
    """Predict the rows of one thread."""
    layout = Layout(
        sizes, weight_offsets, bias_offsets, activations, all_activations, numbers[0], numbers[1],
        numbers[2], numbers[3],
    )  # fmt: skip
    if threads < 1 or not prediction_fits(layout, params, X, outputs):
        raise ValueError(REFUSED)
    memory = np.empty(layout.workspace_size + LINE, params.dtype)
    team = Team(address(signals), thread, threads, np.int64(0))
    _predict(layout, params, X, outputs, memory, team)


@inner
def _predict(layout, params, X, outputs, memory, team):
    network = network_of_layout(layout, team.signals)
    n_in, n_out = layout.sizes[0], layout.sizes[-1]
    workspace = workspace_layout(network, params.size, first_line(memory))
    claim = claim_rows(team, Claim(ZERO, ZERO), len(X), layout.block_rows)
    while claim.rows > 0:
        inputs = shifted(address(X), claim.first * n_in)
        block = forward_block(
            network, address(params), inputs, workspace, 0, claim.rows, NO, None, None
        )
        result = shifted(address(outputs), claim.first * n_out)
        copy(block, claim.rows * n_out, result)
        if not all_finite(inputs, claim.rows * n_in):
            _refuse_rows(inputs, claim.rows, n_in, result, n_out)
        claim = claim_rows(team, claim, len(X), layout.block_rows)


@inner
def _refuse_rows(inputs, rows, n_in, outputs, n_out):
    """Set the outputs of rows with inputs that are not finite to NaN."""
    for r in range(rows):
        if not all_finite(shifted(inputs, r * n_in), n_in):
            for j in range(n_out):
                put(outputs, r * n_out + j, np.nan)


@run_operation(check_gradient)
@helped
@allocates
def gradient(plan, params, X, y, result, row_weights=None, signals=None):
    """Set result to the gradient of the loss of X (rows, n_in), y (rows, n_out); return the loss.

    Both are summed or averaged over the rows, as the plan's reduction says. Each row is multiplied
    by its weight in row_weights (rows,). Both include the penalties on the weights. If another
    thread sets signals[STOP] to 1, this ends soon, and both are undefined.
    """
    if not gradient_fits(plan, params, X, y, result, row_weights, signals):
        raise ValueError(REFUSED)
    block_rows, size = plan.block_rows, plan.workspace_size
    if plan.extras.batch_norm:  # its statistics are over all rows: one block
        block_rows, size = len(X), size + (size // block_rows + 1) * len(X)
    memory = np.empty(size + LINE, params.dtype)
    requests = NO_SIGNALS if signals is None else signals
    return _gradient(plan, params, (X, y, row_weights), result, block_rows, memory, requests)


@inner
def _gradient(plan, params, data, result, block_rows, memory, signals):
    X, y, row_weights = data
    network = network_of(plan, plan.save_for_backward, block_rows, address(signals))
    objective = objective_of(plan)
    weights, size, n_in, n_out = address(params), params.size, plan.sizes[0], plan.sizes[-1]
    workspace = workspace_layout(network, size, first_line(memory))
    scale = total_row_scale(plan.reduction, len(X), row_weights, params.dtype.type)
    value, value_scale = 0.0, total_row_scale(plan.reduction, len(X), row_weights, np.float64)
    transpose_weights(network, weights, workspace, 0, size)
    batch_norm = batch_norm_of(plan.extras, weights, address(result))
    for first in range(0, len(X), block_rows):
        if stop_requested(network.signals, STOP):
            break
        rows = smaller(block_rows, len(X) - first)
        inputs, targets = shifted(address(X), first * n_in), shifted(address(y), first * n_out)
        out = forward_block(network, weights, inputs, workspace, 0, rows, YES, None, batch_norm)
        delta = last_layer_of(network, workspace.deltas)
        output_delta_at(objective, out, targets, rows, n_out, scale, delta)
        multiply_by_row_weights(row_weights, first, rows, n_out, delta)
        backward_block(network, workspace, 0, rows, None, batch_norm)
        gradient_of_block(
            network, inputs, workspace, ZERO, rows, address(result), first, ZERO, size, STOP
        )
        sums = workspace.sums
        value += loss_of_rows(objective, out, sums, targets, rows, n_out, row_weights, first)
    return value * value_scale + _penalize(plan, network, weights, address(result), size)


@inner
def _penalize(plan, network, weights, result, size):
    """Add the penalties' derivative to a gradient; return the sum of the penalties."""
    value, l1, l2 = 0.0, plan.extras.l1, plan.extras.l2
    if l1 > 0 or l2 > 0:
        for layer in range(network.layers):
            first, count = layer_weights_in(network, layer, 0, size)
            part = shifted(weights, first)
            penalize_at(part, shifted(result, first), count, l1, l2)
            value += penalty_at(part, count, l1, l2)
    return value


def fit(plan, X, y, state, stop):
    """Train until `stop` rows have been visited; return whether all weights are finite.

    Training starts at state.position; the state is changed in place. If a weight is no longer
    finite, training stops at the end of that epoch; so it does when more records than
    plan.records_to_wait have been without progress.
    """
    return through_door(_fit, check_fit, plan, X, y, state, stop)


def _fit(plan, X, y, state, stop):
    rare = plan.extras if _needs_rare(plan.extras) else None
    if plan.plain and (rare is not None or plan.extras.optimizer != Optimizer.SGD):
        raise ValueError(REFUSED)  # its extras would be ignored
    if suits_lanes(plan, X, state) and not state.snapshots.size:
        return fit_in_lanes(plan, X, y, state, stop)
    if plan.plain:
        plan = plan._replace(extras=None)
        state = state._replace(**NO_EXTRAS)
    arguments = plan, plan.extras, rare, X, y, state, stop
    return run_in_team(fit_blocks, arguments, plan.threads, state.signals)


def _needs_rare(extras):
    """Whether a plan needs what few do, and what a first call should not compile for all."""
    return extras.dropout or extras.dropconnect or extras.batch_norm or extras.weighted
