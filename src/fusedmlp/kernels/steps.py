"""A training run, block of rows after block of rows, by one thread or several."""

from typing import Any, NamedTuple

from fusedmlp.kernels.blocks import (
    block_gradient,
    carry_back,
    divided,
    forward_block,
    last_of,
    rows_begin,
    share,
    transpose_weights,
    weights_begin,
)
from fusedmlp.kernels.compiled import compiled, inner
from fusedmlp.kernels.draws import row_order_at
from fusedmlp.kernels.losses import nearest_to_certain, output_delta_at, record_at
from fusedmlp.kernels.meeting import meet
from fusedmlp.kernels.network import network_of
from fusedmlp.kernels.tiles import copy
from fusedmlp.kernels.updates import count_changes_at, finite_at, update_at
from fusedmlp.kernels.vectors import address, at, shifted


class Data(NamedTuple):
    """Where the rows are: addresses."""

    inputs: Any  # (rows, n_in)
    targets: Any  # (rows, n_out)
    order: Any  # (rows,), this epoch's


class Weights(NamedTuple):
    """Part of the flat vectors: addresses of its first weight's numbers."""

    params: Any
    gradient: Any
    velocity: Any
    uphill: Any
    changes: Any
    size: int


@compiled
def fit_blocks(plan, X, y, state, stop, meeting, thread, threads):
    """Do a thread's part of `fit`. All threads run through the same steps.

    Between two meetings, none changes what another reads: first each reads the weights, and changes
    its rows' part of the room; then each reads the room, and changes its part of the weights.
    """
    network, rows, size = network_of(plan), X.shape[0], state.params.size
    n_in, n_out, last = plan.sizes[0], plan.sizes[-1], plan.activations[-1]
    data = Data(address(X), address(y), address(state.order))
    params, gradient = address(state.params), address(state.gradient)
    errors, losses = address(state.errors), address(state.losses)
    real, nearest, counter = X.dtype.type, nearest_to_certain(X), address(meeting)
    room = divided(network, address(state.work))
    begin = weights_begin(network, size, thread, threads)
    end = weights_begin(network, size, thread + 1, threads)
    part = _weights_of(state, begin, end)

    epoch = state.position[0] // rows
    row = state.position[0] - epoch * rows
    batch_start, ok, updated, meetings = row - row % plan.batch_size, True, True, 0
    recording = epoch % plan.record_every == 0
    while ok and epoch * rows + row < stop:
        if updated:
            transpose_weights(network, params, room, begin, end)
            updated = False
        if row == 0:
            recording = epoch % plan.record_every == 0
            if plan.shuffle and thread == 0:
                row_order_at(plan.seed, epoch, data.order, rows)
        meetings = meet(counter, threads, meetings)

        batch_end = min(batch_start + plan.batch_size, rows)
        count = min(plan.block, batch_end - row)
        inputs, targets = shifted(data.inputs, row * n_in), shifted(data.targets, row * n_out)
        if plan.shuffle:
            inputs, targets = room.rows, room.targets
        first = rows_begin(count, thread, threads)
        own = rows_begin(count, thread + 1, threads) - first
        if own > 0:
            own_inputs, own_targets = shifted(inputs, first * n_in), shifted(targets, first * n_out)
            if plan.shuffle:
                _gather(data.inputs, n_in, data.order, row + first, own, own_inputs)
                _gather(data.targets, n_out, data.order, row + first, own, own_targets)
            out = forward_block(network, params, own_inputs, room, first, own)
            scale = share(plan.reduction, batch_end - batch_start, real)
            delta = shifted(last_of(network, room.deltas), first * n_out)
            output_delta_at(plan.loss, last, out, own_targets, own, n_out, scale, delta)
            carry_back(network, room, first, own)
        meetings = meet(counter, threads, meetings)

        if thread == 0 and recording:
            out, record = last_of(network, room.outputs), epoch // plan.record_every
            record_at(plan.loss, last, out, targets, count * n_out, nearest, errors, losses, record)
        block_gradient(network, inputs, room, count, gradient, row - batch_start, begin, end)
        row += count
        if row == batch_end:
            if plan.track_directions:
                count_changes_at(part.gradient, part.uphill, part.changes, part.size)
            _update(part, plan.learning_rate, plan.momentum, plan.nesterov)
            batch_start, updated = row, True
        if row == rows:
            meetings = meet(counter, threads, meetings)
            ok = finite_at(params, size)
            epoch, row, batch_start = epoch + 1, 0, 0
    if thread == 0:
        state.position[0] = epoch * rows + row
    return ok


@inner
def _weights_of(state, begin, end):
    """Return the part begin..end of a state's flat vectors."""
    return Weights(
        shifted(address(state.params), begin),
        shifted(address(state.gradient), begin),
        shifted(address(state.velocity), begin),
        shifted(address(state.uphill), begin),
        shifted(address(state.direction_changes), begin),
        end - begin,
    )


@inner
def _update(part, learning_rate, momentum, nesterov):
    update_at(
        part.params, part.gradient, part.velocity, part.size, learning_rate, momentum, nesterov
    )


@inner
def _gather(rows, width, order, first, count, block):
    """Copy the rows that are next in this epoch's order."""
    for b in range(count):
        copy(shifted(rows, at(order, first + b) * width), width, shifted(block, b * width))
