"""Rows that count more or less than others, in gradient and records. Off, it is nothing."""

import numpy as np

from fusedmlp.codes import Reduction
from fusedmlp.kernels.blocks import share
from fusedmlp.kernels.compiled import inner
from fusedmlp.kernels.drawn import draws
from fusedmlp.kernels.losses import absolute_error_at, loss_at, record_at, weighted_loss_at
from fusedmlp.kernels.penalties import scale_at
from fusedmlp.kernels.vectors import address, at, put, shifted


@inner
def _weight(extras, run, row):
    """Return what the row counts that this epoch visits as the row-th."""
    if draws(extras):
        return at(run.memory.sampler.weights, row)
    return at(run.memory.row_weights, at(run.order, row) if run.shuffle else row)


@inner
def weighted_share(extras, run, reduction, begin, end, real):
    """Return what the gradient of a row of weight 1 counts in the batch of rows begin..end."""
    if extras is None:
        return share(reduction, end - begin, real)
    if not extras.weighted or reduction == Reduction.SUM:
        return share(reduction, end - begin, real)
    if draws(extras):  # to divide by the sum of the weights that were drawn would be a bias
        return real(1.0 / ((end - begin) * at(run.memory.sampler.mean_weight, 0)))
    sums = 0.0
    for row in range(begin, end):
        sums += np.float64(_weight(extras, run, row))
    return real(1.0 / sums) if sums > 0.0 else real(0.0)


@inner
def weigh(extras, run, row, rows, delta):
    """Multiply the delta of rows, of which the first is visited as the row-th, by their weights."""
    if extras.weighted:
        for b in range(rows):
            scale_at(shifted(delta, b * run.n_out), run.n_out, _weight(extras, run, row + b))


@inner
def record_rows(extras, run, row, rows, out, targets, nearest, errors, losses, record):
    """Add the errors and losses of a block's rows to a record."""
    if extras is None or not extras.weighted:
        size = rows * run.n_out
        record_at(
            run.loss, run.last, out, targets, size, nearest, run.huber_delta, errors, losses, record
        )
    else:
        for b in range(rows):
            o, t = shifted(out, b * run.n_out), shifted(targets, b * run.n_out)
            weight = np.float64(_weight(extras, run, row + b))
            error = absolute_error_at(o, t, run.n_out)
            value = loss_at(run.loss, run.last, o, t, run.n_out, nearest, run.huber_delta)
            put(errors, record, at(errors, record) + weight * error)
            put(losses, record, at(losses, record) + weight * value)


# For a gradient by itself, whose rows are in their order; row_weights: an array, or None.


@inner
def share_of_total(reduction, rows, row_weights, real):
    """Return what the gradient of a row of weight 1 counts among all."""
    if row_weights is None or reduction == Reduction.SUM:
        return share(reduction, rows, real)
    sums = 0.0
    for row in range(rows):
        sums += np.float64(row_weights[row])
    return real(1.0 / sums)


@inner
def weigh_rows(row_weights, first, rows, units, delta):
    """Multiply the delta of so many rows from `first` on by their weights."""
    if row_weights is not None:
        weights = address(row_weights)
        for b in range(rows):
            scale_at(shifted(delta, b * units), units, at(weights, first + b))


@inner
def loss_of_rows(
    kind, activation, out, targets, rows, units, nearest, huber_delta, row_weights, first
):
    """Return the sum of the rows' losses, each times its weight."""
    if row_weights is None:
        return loss_at(kind, activation, out, targets, rows * units, nearest, huber_delta)
    weights = shifted(address(row_weights), first)
    return weighted_loss_at(
        kind, activation, out, targets, weights, rows, units, nearest, huber_delta
    )
