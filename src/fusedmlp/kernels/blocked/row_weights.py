"""Row weights in the gradient, the loss and the records."""

from typing import Any, NamedTuple

import numpy as np

from fusedmlp.kernels.blocked.row_sampling import uses_sampler
from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.log_loss import log_loss_at
from fusedmlp.kernels.losses import (
    absolute_error_at,
    loss_at,
    loss_of_outputs_at,
    record_at,
    weighted_loss_at,
)
from fusedmlp.kernels.penalties import scale_at
from fusedmlp.kernels.vector import STACK_BYTES, address, at, put, shifted, stack_buffer
from fusedmlp.kernels.vector.integers import smaller
from fusedmlp.plan.codes import Reduction

# Weights that fit in a buffer on the stack, in either type.
MOST_WEIGHTS = STACK_BYTES // 8


@inner
def row_scale(reduction, rows, real):
    """Return the scale of a row's gradient in a batch of `rows` rows."""
    if reduction == Reduction.MEAN:
        return real(1) / real(rows)
    return real(1)


@inner
def batch_row_scale(rare, run, order, reduction, begin, end, real):
    """Return the scale of the gradient of a row of weight 1 in the batch begin..end."""
    if rare is None:
        return row_scale(reduction, end - begin, real)
    if not rare.weighted or reduction == Reduction.SUM:
        return row_scale(reduction, end - begin, real)
    if uses_sampler(rare):  # dividing by the sum of the drawn weights would make it biased
        return real(1.0 / ((end - begin) * at(run.optimizer_state.sampler.mean_row_weight, 0)))
    total = 0.0
    for row in range(begin, end):
        total += np.float64(_weight(rare, run, order, row))
    return real(1.0 / total) if total > 0.0 else real(0.0)


@inner
def _weight(rare, run, order, position):
    """Return the weight of the row at a position of the epoch's order, given its address."""
    if uses_sampler(rare):
        return at(run.optimizer_state.sampler.weights, position)
    return at(run.optimizer_state.row_weights, at(order, position) if run.shuffle else position)


@inner
def apply_row_weights(rare, run, order, row, rows, delta):
    """Multiply the delta of `rows` rows by their weights; row: the first one's position."""
    if rare.weighted:
        for b in range(rows):
            weight = _weight(rare, run, order, row + b)
            scale_at(shifted(delta, b * run.n_out), run.n_out, weight)


class Measured(NamedTuple):
    """Rows whose errors and losses are recorded."""

    first: int  # position of the first one in the epoch's order
    rows: int
    out: Any  # addresses
    sums: Any  # for log_loss
    targets: Any


@inner
def record_rows(rare, run, block, measured, records, record):
    """Add the errors and losses of a block's rows to a record."""
    if rare is None or not rare.weighted:
        rows, out, targets = measured.rows, measured.out, measured.targets
        error = absolute_error_at(out, targets, rows * run.n_out)
        value = loss_at(run.objective, out, measured.sums, targets, rows, run.n_out)
        record_at(records, record, error, value)
    else:
        _record_weighted(run.objective.log_loss, rare, run, block, measured, records, record)


@inner
def _record_weighted(log_loss, rare, run, block, measured, records, record):
    """Add the weighted errors and losses of a block's rows to a record.

    log_loss takes many rows at once, with their weights one after the other.
    """
    out, targets = measured.out, measured.targets
    objective, units, weights = run.objective, run.n_out, stack_buffer(out)
    for start in range(0, measured.rows, MOST_WEIGHTS):
        rows = smaller(MOST_WEIGHTS, measured.rows - start)
        for b in range(rows):
            o, t = shifted(out, (start + b) * units), shifted(targets, (start + b) * units)
            put(weights, b, _weight(rare, run, block.order, measured.first + start + b))
            weight, value = np.float64(at(weights, b)), 0.0
            if log_loss is None:
                value = loss_of_outputs_at(objective.loss, objective.huber_delta, o, t, units)
            error, value = weight * absolute_error_at(o, t, units), weight * value
            record_at(records, record, error, value * block.loss_scale)
        if log_loss is not None:
            z, t = shifted(measured.sums, start * units), shifted(targets, start * units)
            activation, cap = objective.activation, objective.log_loss_cap
            value = log_loss_at(activation, cap, z, t, rows, units, weights)
            record_at(records, record, 0.0, value * block.loss_scale)


# For the gradient of all rows outside of training; row_weights: an array, or None.


@inner
def total_row_scale(reduction, rows, row_weights, real):
    """Return the scale of the gradient of a row of weight 1 among `rows` rows."""
    if row_weights is None or reduction == Reduction.SUM:
        return row_scale(reduction, rows, real)
    total = 0.0
    for row in range(rows):
        total += np.float64(row_weights[row])
    return real(1.0 / total)


@inner
def multiply_by_row_weights(row_weights, first, rows, units, delta):
    """Multiply the delta of `rows` rows, from `first` on, by their weights."""
    if row_weights is not None:
        weights = address(row_weights)
        for b in range(rows):
            scale_at(shifted(delta, b * units), units, at(weights, first + b))


@inner
def loss_of_rows(objective, out, sums, targets, rows, units, row_weights, first):
    """Return the sum of the rows' losses, each times its weight."""
    if row_weights is None:
        return loss_at(objective, out, sums, targets, rows, units)
    weights = shifted(address(row_weights), first)
    return weighted_loss_at(objective, out, sums, targets, weights, rows, units)
