"""A training run, block of rows after block of rows, by one thread or several."""

from typing import Any, NamedTuple

from fusedmlp.kernels.blocks import (
    block_gradient,
    carry_back,
    divided,
    fill,
    forward_block,
    last_of,
    rows_begin,
    share,
    sum_parts,
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
    room = divided(network, size, address(state.work))
    begin = weights_begin(network, size, thread, threads)
    end = weights_begin(network, size, thread + 1, threads)
    mine = _weights_of(state, begin, end)
    whole = plan.parts == 1
    first_part = 0 if whole else plan.parts * thread // threads
    end_part = 1 if whole else plan.parts * (thread + 1) // threads

    epoch = state.position[0] // rows
    row = state.position[0] - epoch * rows
    batch_start, ok, updated, meetings = row - row % plan.batch_size, True, True, 0
    recording = epoch % plan.record_every == 0
    while ok and epoch * rows + row < stop:
        if row == 0:
            recording = epoch % plan.record_every == 0
            if plan.shuffle and thread == 0:
                row_order_at(plan.seed, epoch, data.order, rows)
        if updated:
            transpose_weights(network, params, room, begin, end)
        if updated or whole:
            meetings = meet(counter, threads, meetings)
        updated = False

        batch_end = min(batch_start + plan.batch_size, rows)
        count, add = min(plan.block, batch_end - row), row - batch_start
        scale = share(plan.reduction, batch_end - batch_start, real)
        for part in range(first_part, end_part):
            first = rows_begin(count, part, plan.parts)
            own = rows_begin(count, part + 1, plan.parts) - first
            # A thread's parts take turns in one place, unless all outputs have to be recorded.
            place = first if recording else rows_begin(plan.block, first_part, plan.parts)
            if whole:
                first = place = rows_begin(count, thread, threads)
                own = rows_begin(count, thread + 1, threads) - first
            inputs, targets = shifted(room.rows, place * n_in), shifted(room.targets, place * n_out)
            if plan.shuffle:
                _gather(data.inputs, n_in, data.order, row + first, own, inputs)
                _gather(data.targets, n_out, data.order, row + first, own, targets)
            else:
                inputs = shifted(data.inputs, (row + first) * n_in)
                targets = shifted(data.targets, (row + first) * n_out)
            if own > 0:
                out = forward_block(network, params, inputs, room, place, own)
                delta = shifted(last_of(network, room.deltas), place * n_out)
                output_delta_at(plan.loss, last, out, targets, own, n_out, scale, delta)
                carry_back(network, room, place, own)
            if whole:
                meetings = meet(counter, threads, meetings)
                inputs = room.rows if plan.shuffle else shifted(data.inputs, row * n_in)
                block_gradient(network, inputs, room, 0, count, gradient, add, begin, end)
            elif own > 0:
                part_gradient = shifted(room.gradients, part * size)
                block_gradient(network, inputs, room, place, own, part_gradient, add, 0, size)
            elif add == 0:
                fill(shifted(room.gradients, part * size), size, real(0))
        if recording:
            meetings = meet(counter, threads, meetings)
            if thread == 0:
                out, record = last_of(network, room.outputs), epoch // plan.record_every
                targets = room.targets if plan.shuffle else shifted(data.targets, row * n_out)
                record_at(
                    plan.loss, last, out, targets, count * n_out, nearest, errors, losses, record
                )
            meetings = meet(counter, threads, meetings)
        row += count
        if row == batch_end:
            if not whole:
                meetings = meet(counter, threads, meetings)
                sum_parts(room.gradients, plan.parts, size, begin, end, gradient)
            if plan.track_directions:
                count_changes_at(mine.gradient, mine.uphill, mine.changes, mine.size)
            _update(mine, plan.learning_rate, plan.momentum, plan.nesterov)
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
