"""Prediction, the gradient of all rows, and training. Written for clarity, not for speed."""

import numpy as np
from numpy.typing import NDArray

from fusedmlp.plan.codes import Reduction
from fusedmlp.plan.plan import Plan
from fusedmlp.plan.signals import STOP
from fusedmlp.plan.state import State, has_stalled
from fusedmlp.reference.activations import Array
from fusedmlp.reference.steps.batch import all_rows, next_batch, shuffle_rows
from fusedmlp.reference.steps.batch_norm import update_running_stats
from fusedmlp.reference.steps.forward_backward import (
    backpropagate_all,
    forward_all,
    gradient_of,
    last_delta,
)
from fusedmlp.reference.steps.layers import layers_of
from fusedmlp.reference.steps.loss import loss_of
from fusedmlp.reference.steps.network import Network, network_in_training, network_of
from fusedmlp.reference.steps.parameter_update import (
    apply_update,
    penalize_all,
    penalize_and_clip,
    penalties_of,
)
from fusedmlp.reference.steps.records import follow_progress, keep_params, record
from fusedmlp.reference.steps.row_sampling import update_sampler


def predict(plan: Plan, params: Array, X: Array, outputs: Array) -> None:
    """Set outputs (rows, n_out) to the network's outputs for X (rows, n_in).

    The outputs of a row with an input that is not finite are NaN.
    """
    network = Network(layers_of(plan, params))  # Trained folds batch_norm into the weights
    finite = np.isfinite(X).all(axis=1)
    outputs[~finite] = np.nan
    outputs[finite] = forward_all(plan, network, X[finite]).outputs[-1]


def gradient(
    plan: Plan,
    params: Array,
    X: Array,
    y: Array,
    result: Array,
    row_weights: Array | None = None,
    signals: NDArray[np.int64] | None = None,  # noqa: ARG001
) -> float:
    """Set result to the gradient of the loss of X (rows, n_in), y (rows, n_out); return the loss.

    Both are summed or averaged over the rows, as the plan's reduction says. Each row is multiplied
    by its weight in row_weights (rows,). Both include the penalties on the weights. This twin does
    not look at signals: Python can interrupt it.
    """
    batch, network = all_rows(X, y, row_weights), network_of(plan, params)
    outputs, saved, sums = forward_all(plan, network, X)
    deltas = backpropagate_all(plan, network, saved, last_delta(plan, batch, outputs[-1]))
    gradient_of(plan, network, outputs, deltas, result)
    penalize_all(plan, params, result)

    value = loss_of(plan, outputs[-1], sums, y, row_weights)
    if plan.reduction == Reduction.MEAN:
        value /= batch.total_weight
    return value + penalties_of(plan, params)


@np.errstate(over="ignore", invalid="ignore")
def fit(plan: Plan, X: Array, y: Array, state: State, stop: int) -> bool:
    """Train until `stop` rows have been visited; return whether all weights are finite.

    Training starts at state.position; the state is changed in place. If a weight is no longer
    finite, training stops at the end of that epoch. If another thread sets signals[STOP], this ends
    before the next step. This twin ends at the end of an epoch otherwise. It also ends when more
    records than plan.records_to_wait have been without progress.
    """
    rows = len(X)
    while state.position[0] < stop and not has_stalled(plan, state):
        epoch, first = divmod(int(state.position[0]), rows)
        shuffle_rows(plan, state, epoch)
        for start in range(first, rows, plan.batch_size):
            if state.signals[STOP]:
                return True
            places = slice(start, min(start + plan.batch_size, rows))
            _take_step(plan, X, y, state, epoch, places)
            state.position[0] = epoch * rows + places.stop
        keep_params(plan, state, epoch)
        follow_progress(plan, state, epoch)
        if not np.isfinite(state.params).all():
            return False
    return True


def _take_step(plan: Plan, X: Array, y: Array, state: State, epoch: int, places: slice) -> None:
    """Train on one mini-batch: the rows at these positions of the epoch's order."""
    batch = next_batch(plan, X, y, state, epoch, places)
    network = network_in_training(plan, state, batch)

    outputs, saved, sums = forward_all(plan, network, batch.X)
    record(plan, state, batch, outputs[-1], sums)
    delta = last_delta(plan, batch, outputs[-1])
    deltas = backpropagate_all(plan, network, saved, delta)
    gradient_of(plan, network, outputs, deltas, state.gradient)
    penalize_and_clip(plan, state, batch.scale(plan))
    apply_update(plan, state, batch, len(X))

    update_running_stats(network.norms, len(batch.X), state.running_stats)
    update_sampler(plan, state, places, outputs, deltas, batch.scale(plan))
