"""The State: all arrays that a run changes."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fusedmlp.checks.fixed_memory import fixed_view
from fusedmlp.plan.codes import Optimizer
from fusedmlp.plan.parameters import aligned_zeros
from fusedmlp.plan.plan import Plan, record_count
from fusedmlp.plan.signals import new_signals


class State(NamedTuple):
    """All that a run keeps from step to step, so that it can stop and continue anywhere."""

    params: NDArray[np.floating[Any]]  # the flat vector of all parameters
    gradient: NDArray[np.floating[Any]]  # of the batch so far
    velocity: NDArray[np.floating[Any]]  # optimiser state: velocity, mean or last gradient
    squares: NDArray[np.floating[Any]]  # optimiser state: mean or sum of squares, Rprop's steps
    learning_rate_factor: NDArray[np.float64]  # [0]: factor of the learning rate (adaptive)
    running_stats: NDArray[np.floating[Any]]  # hidden units' means, then variances (batch_norm)
    position: NDArray[np.int64]  # [0]: rows visited, over all epochs
    row_order: NDArray[np.int64]  # of this epoch
    last_direction: NDArray[np.int8]  # of each weight: 1 up, 0 down, -1 no update yet
    direction_changes: NDArray[np.int64]
    errors: NDArray[np.float64]  # for each record: sum of |output - target|
    losses: NDArray[np.float64]  # for each record: sum of the rows' losses
    progress: NDArray[np.float64]  # the lowest recorded loss / loss_divisor; records since progress
    snapshots: NDArray[np.floating[Any]]  # (k, parameters), params after the last k recorded epochs
    row_weights: NDArray[np.floating[Any]]  # (rows,), or empty if all are 1
    mean_row_weight: NDArray[np.float64]  # [0]
    # AW-SGD's:
    sampler_tree: NDArray[np.float64]  # (2 * rows,), the rows' scores in a tree of sums
    sampler_mean: NDArray[np.float64]  # (2,), mean square of a weighted gradient: sum and count
    draw_weights: NDArray[np.floating[Any]]  # (rows,), the weight of each draw of this epoch
    draw_squares: NDArray[np.float64]  # (rows,), squared norms of their weighted gradients

    signals: NDArray[np.int64]  # signals[STOP] = 1 ends `fit` before its next update
    workspace: NDArray[np.floating[Any]]  # the kernels', for a block of rows


def make_state(
    plan: Plan,
    params: NDArray[np.floating[Any]],
    rows: int,
    row_weights: NDArray[np.floating[Any]] | None = None,
) -> State:
    """Return the state before the first step; `params` is not copied: training changes it."""
    tracked = params.size if plan.track_directions else 0
    records = record_count(plan.epochs, plan.record_every)
    drawn = rows if plan.extras.optimizer == Optimizer.AW_SGD else 0
    return State(
        params=params,
        gradient=aligned_zeros(params.size, params.dtype),
        velocity=aligned_zeros(params.size, params.dtype),
        squares=_first_squares(plan, params.size),
        learning_rate_factor=np.array([1.0]),
        running_stats=_fixed(_first_running_stats(plan, params.dtype)),
        position=np.zeros(1, np.int64),
        row_order=np.arange(rows if plan.shuffle else 0),
        last_direction=np.full(tracked, -1, np.int8) if tracked else np.empty(0, np.int8),
        direction_changes=_fixed(np.zeros(tracked, np.int64)),
        errors=np.zeros(records),
        losses=np.zeros(records),
        progress=np.array([np.inf, 0.0]),
        snapshots=np.empty((0, params.size), params.dtype),
        row_weights=np.empty(0, params.dtype) if row_weights is None else row_weights,
        mean_row_weight=np.array([1.0 if row_weights is None else row_weights.mean(dtype=float)]),
        sampler_tree=_first_sampler_tree(drawn),
        sampler_mean=np.zeros(2),
        draw_weights=aligned_zeros(drawn, params.dtype),
        draw_squares=aligned_zeros(drawn, np.float64),
        signals=new_signals(),
        workspace=aligned_zeros(plan.workspace_size, params.dtype),
    )


def has_stalled(plan: Plan, state: State) -> bool:
    """Whether more records than the plan's records_to_wait have been without progress."""
    return bool(0 < plan.records_to_wait < state.progress[1])


def _fixed(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array that views of a `Trained` may share: its caller could resize it."""
    return fixed_view(array) if array.size else array


def _first_sampler_tree(rows: int) -> NDArray[np.float64]:
    """Return AW-SGD's tree with score 1 for each row; node k is the sum of 2k and 2k + 1."""
    scores = np.ones(2 * rows) if rows else np.empty(0)
    scores[:1] = 0
    end = rows
    while end > 1:  # the children of nodes begin to end are set already
        begin = (end + 1) // 2
        scores[begin:end] = scores[2 * begin : 2 * end : 2] + scores[2 * begin + 1 : 2 * end : 2]
        end = begin
    return scores


def _first_squares(plan: Plan, size: int) -> NDArray[np.floating[Any]]:
    """Return the initial `squares`: zeros; for Rprop, steps that are the learning rate."""
    if plan.extras.optimizer in (Optimizer.SGD, Optimizer.AW_SGD):
        size = 0
    squares = aligned_zeros(size, plan.learning_rate.dtype)
    if plan.extras.optimizer == Optimizer.RPROP:
        squares[:] = plan.learning_rate
    return squares


def _first_running_stats(plan: Plan, dtype: DTypeLike) -> NDArray[np.floating[Any]]:
    """Return the initial running means and variances of the hidden units: 0 and 1."""
    if not plan.extras.batch_norm:
        return np.empty(0, dtype)
    hidden = int(plan.sizes[1:-1].sum())
    return np.concatenate([np.zeros(hidden, dtype), np.ones(hidden, dtype)])
