"""Row weights in the gradient, the loss and the records."""

import numpy as np

from fusedmlp.kernels.blocked.row_sampling import uses_sampler
from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.losses import absolute_error_at, loss_at, record_at, weighted_loss_at
from fusedmlp.kernels.penalties import scale_at
from fusedmlp.kernels.vector import address, at, put, shifted
from fusedmlp.plan.codes import Reduction


@inner
def row_scale(reduction, rows, real):
    """Return the scale of a row's gradient in a batch of `rows` rows."""
    if reduction == Reduction.MEAN:
        return real(1) / real(rows)
    return real(1)


@inner
def batch_row_scale(extras, run, reduction, begin, end, real):
    """Return the scale of the gradient of a row of weight 1 in the batch begin..end."""
    if extras is None:
        return row_scale(reduction, end - begin, real)
    if not extras.weighted or reduction == Reduction.SUM:
        return row_scale(reduction, end - begin, real)
    if uses_sampler(extras):  # dividing by the sum of the drawn weights would make it biased
        return real(1.0 / ((end - begin) * at(run.optimizer_state.sampler.mean_row_weight, 0)))
    total = 0.0
    for row in range(begin, end):
        total += np.float64(_weight(extras, run, row))
    return real(1.0 / total) if total > 0.0 else real(0.0)


@inner
def _weight(extras, run, position):
    """Return the weight of the row at a position of the epoch's order."""
    if uses_sampler(extras):
        return at(run.optimizer_state.sampler.weights, position)
    return at(
        run.optimizer_state.row_weights, at(run.row_order, position) if run.shuffle else position
    )


@inner
def apply_row_weights(extras, run, row, rows, delta):
    """Multiply the delta of `rows` rows by their weights; row: the first one's position."""
    if extras.weighted:
        for b in range(rows):
            scale_at(shifted(delta, b * run.n_out), run.n_out, _weight(extras, run, row + b))


@inner
def record_rows(extras, run, block, out, targets, record):
    """Add the errors and losses of a block's rows to a record."""
    if extras is None or not extras.weighted:
        record_at(run.objective, out, targets, block.rows * run.n_out, run.records, record)
    else:
        errors, losses = run.records
        for b in range(block.rows):
            o, t = shifted(out, b * run.n_out), shifted(targets, b * run.n_out)
            weight = np.float64(_weight(extras, run, block.first + b))
            error = absolute_error_at(o, t, run.n_out)
            value = loss_at(run.objective, o, t, run.n_out)
            put(errors, record, at(errors, record) + weight * error)
            put(losses, record, at(losses, record) + weight * value)


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
def loss_of_rows(objective, out, targets, rows, units, row_weights, first):
    """Return the sum of the rows' losses, each times its weight."""
    if row_weights is None:
        return loss_at(objective, out, targets, rows * units)
    weights = shifted(address(row_weights), first)
    return weighted_loss_at(objective, out, targets, weights, rows, units)
