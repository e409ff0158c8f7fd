"""Training on a full batch of at most as many rows as a vector has lanes.

The time of such an epoch is latency: each operation waits for the one before it. Vectors hold the
rows of one unit, or the hidden units of one row; the layout of the workspace says which.
`specialized.py` compiles kernels in which the layout and the choices are constants.
"""

from typing import NamedTuple

from fusedmlp.kernels.blocked.fits import fit_fits
from fusedmlp.kernels.blocked.row_weights import row_scale
from fusedmlp.kernels.compilation.door import behind_door
from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.compilation.require_fit import REFUSED
from fusedmlp.kernels.lanes.inlined import force_inlined, inlined_early
from fusedmlp.kernels.lanes.layout import layer_of
from fusedmlp.kernels.lanes.outputs import output_delta
from fusedmlp.kernels.lanes.passes import backward, forward, output_sum
from fusedmlp.kernels.log_loss import (
    first_unit,
    no_losses,
    sigmoid_losses,
    softmax_losses,
    with_unit,
)
from fusedmlp.kernels.losses import Records, absolute_error_at, record_at, squared_error_at
from fusedmlp.kernels.updates import count_changes_at
from fusedmlp.kernels.vector import (
    address,
    at,
    fma,
    keep_first,
    lane_count,
    load,
    put,
    shifted,
    sum_lanes,
    zeros,
)
from fusedmlp.plan.codes import Activation


class Choices(NamedTuple):
    """The options that choose which operations an epoch has."""

    loss: int
    log_loss: int | None  # as in a plan
    momentum: bool
    nesterov: int
    track_directions: int
    all_activations: int | None  # as in a plan


def choices_of(plan):
    """Return a plan's choices."""
    return Choices(
        plan.loss,
        plan.log_loss,
        bool(plan.momentum != 0),
        plan.nesterov,
        plan.track_directions,
        plan.all_activations,
    )


@inlined_early
def train_small_batch(layout, choices, workspace, plan, rows, state, stop):
    """Train as `fit` does, on a full batch of few rows that is in the workspace."""
    work, layers = address(workspace), address(layout.layers)
    size, last = layout.size, layer_of(layers, len(layout.layers) - 1)
    out, targets = shifted(work, last.outputs), shifted(work, layout.targets)
    row_scales, delta = shifted(work, layout.row_scales), shifted(work, last.delta)
    records = Records(address(state.errors), address(state.losses))
    for r in range(rows):
        put(row_scales, r, row_scale(plan.reduction, rows, workspace.dtype.type))

    epoch, ok = state.position[0] // rows, True
    record = (epoch + plan.record_every - 1) // plan.record_every  # the next record
    while ok and epoch * rows < stop:
        forward(layout, choices, work)
        if epoch == record * plan.record_every:
            _record(layout, choices.log_loss, work, last, targets, rows, records, record)
            record += 1
        output_delta(choices, last.activation, out, targets, row_scales, last.n_out, delta)
        backward(layout, choices, work, plan.learning_rate, plan.momentum)
        if choices.track_directions:
            gradient, offsets = address(state.gradient), address(layout.params)
            for k in range(state.params.size):
                put(gradient, k, at(work, 2 * size + at(offsets, k)))
            directions, changes = address(state.last_direction), address(state.direction_changes)
            count_changes_at(gradient, directions, changes, state.params.size)
        ok = _finite(work, size)
        epoch += 1
    state.position[0] = epoch * rows
    return ok


@behind_door
def fit_small_batch(layout, choices, workspace, plan, X, y, state, stop):
    """Train a network of any layout; X and y, whose numbers are in the workspace, are checked."""
    if not fit_fits(plan, None, X, y, state, stop):
        raise ValueError(REFUSED)
    return train_small_batch(layout, choices, workspace, plan, X.shape[0], state, stop)


@force_inlined
def _record(layout, log_loss, work, last, targets, rows, records, record):
    """Add the error and the loss, log_loss or squared_error, to a record."""
    lanes, error, value = lane_count(work), 0.0, 0.0
    for j in range(last.n_out):
        out, target = shifted(work, last.outputs + j * lanes), shifted(targets, j * lanes)
        error += absolute_error_at(out, target, rows)
        if log_loss is None:
            value += squared_error_at(out, target, rows)
    if log_loss is not None:
        value = sum_lanes(keep_first(_log_losses(layout, work, last, targets), rows))
    record_at(records, record, error, value)


@force_inlined
def _log_losses(layout, work, last, targets):
    """Return the log loss of each row.

    As a call it would take 15% of an epoch of 3-4-1 more.
    """
    lanes = lane_count(work)
    if last.activation == Activation.SOFTMAX:
        losses = first_unit(output_sum(layout, work, last, 0), load(targets, 0))
        for j in range(1, last.n_out):
            losses = with_unit(losses, output_sum(layout, work, last, j), load(targets, j * lanes))
        return softmax_losses(losses)
    value = no_losses(load(targets, 0))
    for j in range(last.n_out):
        value = value + sigmoid_losses(output_sum(layout, work, last, j), load(targets, j * lanes))
    return value


@inner
def _finite(work, size):
    """Whether all weights are finite: 0 times infinity or NaN is NaN. Four independent sums."""
    a, b, c, d = zeros(work), zeros(work), zeros(work), zeros(work)
    lanes = lane_count(work)
    for k in range(size // (4 * lanes)):
        first = 4 * k * lanes
        a, b = fma(0.0, load(work, first), a), fma(0.0, load(work, first + lanes), b)
        c = fma(0.0, load(work, first + 2 * lanes), c)
        d = fma(0.0, load(work, first + 3 * lanes), d)
    return sum_lanes((a + b) + (c + d)) == 0
