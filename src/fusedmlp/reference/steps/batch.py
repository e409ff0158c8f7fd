"""The mini-batch of a training step."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusedmlp.plan.codes import Reduction
from fusedmlp.plan.plan import Plan
from fusedmlp.plan.state import State
from fusedmlp.reference.activations import Array
from fusedmlp.reference.random_numbers import row_order
from fusedmlp.reference.steps.row_sampling import draw_rows_of, uses_sampler


@dataclass
class Batch:
    """The rows of a mini-batch, their targets and weights, and their positions in the epoch."""

    X: Array  # (rows, n_in)
    y: Array  # (rows, n_out)
    row_weights: Array  # (rows,)
    total_weight: float  # the divisor of a mean over the rows
    rows: NDArray[np.int64]  # their indices in the training data
    epoch: int
    places: slice  # positions in the epoch's order

    def scale(self, plan: Plan) -> float:
        """Return the scale of the delta of a row of weight 1; for a mean, 1 / total_weight."""
        if plan.reduction == Reduction.SUM:
            return 1.0
        return 1 / self.total_weight if self.total_weight > 0 else 0.0


def all_rows(X: Array, y: Array, row_weights: Array | None) -> Batch:
    """Return the batch of all rows, in their order."""
    weights = np.ones(len(y), X.dtype) if row_weights is None else row_weights
    total = float(weights.sum(dtype=np.float64))
    return Batch(X, y, weights, total, np.arange(len(X)), 0, slice(0, len(X)))


def shuffle_rows(plan: Plan, state: State, epoch: int) -> None:
    """Set the order in which an epoch visits the rows; AW-SGD draws rows instead."""
    if plan.shuffle and not plan.given_orders and not uses_sampler(plan):
        row_order(plan.seed, epoch, state.row_order)


def next_batch(plan: Plan, X: Array, y: Array, state: State, epoch: int, places: slice) -> Batch:
    """Return the rows at these positions of the epoch's order; AW-SGD draws them."""
    if uses_sampler(plan):
        row_weights, total = draw_rows_of(plan, state, epoch, places)
    orders = state.row_order.reshape(-1, len(X))  # one, or as many as are given
    rows = np.arange(places.start, places.stop)
    if plan.shuffle:
        rows = orders[epoch % len(orders)][places]
    if not uses_sampler(plan):
        row_weights = np.ones(len(rows), X.dtype)
        if plan.extras.weighted:
            row_weights = state.row_weights[rows]
        total = float(row_weights.sum(dtype=np.float64))
    which = rows if plan.shuffle else places  # a slice takes no copy
    return Batch(X[which], y[which], row_weights, total, rows, epoch, places)
