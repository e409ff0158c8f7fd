"""A training run, block of rows after block of rows, by one thread or several."""

from typing import Any, NamedTuple

import numpy as np

from fusedmlp.kernels.blocks import (
    START,
    block_gradient,
    carry_back,
    divided,
    fill,
    forward_block,
    last_of,
    rows_begin,
    sum_parts,
    transpose_weights,
    weights_begin,
)
from fusedmlp.kernels.compiled import compiled, inner
from fusedmlp.kernels.drawn import draw_batch, draws, learn_from, note_squares
from fusedmlp.kernels.draws import row_order_at
from fusedmlp.kernels.losses import nearest_to_certain, output_delta_at
from fusedmlp.kernels.masks import disconnect, disconnect_gradient, dropping_of
from fusedmlp.kernels.meeting import meet
from fusedmlp.kernels.memories import memory_of
from fusedmlp.kernels.network import network_of
from fusedmlp.kernels.normalizing import normalizing_in
from fusedmlp.kernels.row_weights import record_rows, weigh, weighted_share
from fusedmlp.kernels.rows import copy
from fusedmlp.kernels.rules import bound, move, rate_of
from fusedmlp.kernels.updates import count_changes_at, finite_at
from fusedmlp.kernels.vectors import address, at, shifted


class Run(NamedTuple):
    """A plan, its data and a state: numbers and addresses alone."""

    network: Any
    room: Any
    inputs: Any  # (rows, n_in)
    targets: Any  # (rows, n_out)
    order: Any  # (rows,), this epoch's
    memory: Any  # what the extras remember, or None
    n_in: int
    n_out: int
    shuffle: int
    loss: int
    huber_delta: Any
    last: int  # activation
    size: int
    params: Any
    used: Any  # the parameters that rows pass through: masked with dropconnect
    gradient: Any
    velocity: Any
    uphill: Any
    changes: Any
    track_directions: int
    momentum: Any
    nesterov: int


@inner
def _run_of(plan, X, y, state):
    network = network_of(plan, plan.keeps_sums, plan.block)
    room = divided(network, state.params.size, address(state.work))
    return Run(
        network,
        room,
        address(X),
        address(y),
        address(state.order),
        memory_of(plan.extras, state, X.shape[0]),
        plan.sizes[0],
        plan.sizes[-1],
        plan.shuffle,
        plan.loss,
        plan.huber_delta,
        plan.activations[-1],
        state.params.size,
        address(state.params),
        room.used if network.connects else address(state.params),
        address(state.gradient),
        address(state.velocity),
        address(state.uphill),
        address(state.direction_changes),
        plan.track_directions,
        plan.momentum,
        plan.nesterov,
    )


@compiled
def fit_blocks(plan, extras, X, y, state, stop, meeting, thread, threads):
    """Do a thread's part of `fit`. All threads run through the same steps.

    Between two meetings, none changes what another reads. extras: the plan's; what Numba is to
    leave out where they are None has to be behind a branch on an argument.
    """
    run, rows, counter = _run_of(plan, X, y, state), X.shape[0], address(meeting)
    errors, losses, nearest = address(state.errors), address(state.losses), nearest_to_certain(X)
    begin = weights_begin(run.network, run.size, thread, threads)
    end = weights_begin(run.network, run.size, thread + 1, threads)

    epoch = state.position[0] // rows
    row = state.position[0] - epoch * rows
    batch_start, ok, updated = row - row % plan.batch_size, True, True
    recording, rate = epoch % plan.record_every == 0, np.float64(0)
    steps = (rows + plan.batch_size - 1) // plan.batch_size  # in an epoch
    while ok and epoch * rows + row < stop:
        if row == 0 or rate == 0:
            rate = rate_of(extras, run.memory, plan.learning_rate, epoch)
            recording = epoch % plan.record_every == 0
            shuffles = plan.shuffle and thread == 0
            if extras is not None:
                shuffles = shuffles and not draws(extras)
            if shuffles:
                row_order_at(plan.seed, epoch, run.order, rows)
        batch_end = min(batch_start + plan.batch_size, rows)
        if extras is not None and row == batch_start and thread == 0:
            draw_batch(extras, run, plan.seed, epoch, row, batch_end, X.dtype.type)
        if updated:
            if extras is not None:
                batch = batch_start // plan.batch_size
                disconnect(extras, run, plan.seed, epoch, batch, begin, end)
            transpose_weights(run.network, run.used, run.room, begin, end)
        if updated or plan.parts == 1:
            meet(counter, threads)

        count, add = min(plan.block, batch_end - row), row - batch_start
        scale = weighted_share(extras, run, plan.reduction, batch_start, batch_end, X.dtype.type)
        updated = False
        if plan.parts == 1:
            first = rows_begin(count, thread, threads)
            own = rows_begin(count, thread + 1, threads) - first
            if own > 0:
                _pass(extras, run, plan.seed, epoch, row, first, own, first, scale)
            meet(counter, threads)
            inputs = _block_of(run, row, run.inputs, run.n_in, run.room.rows)
            block_gradient(
                run.network, inputs, run.room, START, count, run.gradient, add, begin, end
            )
        else:
            _own_parts(
                extras,
                run,
                plan.parts,
                plan.seed,
                epoch,
                row,
                count,
                add,
                scale,
                thread,
                threads,
                recording,
            )
        if recording:
            meet(counter, threads)
            if thread == 0:
                out, record = last_of(run.network, run.room.outputs), epoch // plan.record_every
                targets = _block_of(run, row, run.targets, run.n_out, run.room.targets)
                record_rows(extras, run, row, count, out, targets, nearest, errors, losses, record)
            meet(counter, threads)
        row += count
        if row == batch_end:
            if plan.parts > 1:
                meet(counter, threads)
                sum_parts(run.room.gradients, plan.parts, run.size, begin, end, run.gradient)
            if extras is not None:
                if thread == 0:
                    learn_from(extras, run, batch_start, row)
                disconnect_gradient(extras, run, begin, end)
                bound(extras, run, begin, end, counter, threads)
            if run.track_directions:
                uphill, changes = shifted(run.uphill, begin), shifted(run.changes, begin)
                count_changes_at(shifted(run.gradient, begin), uphill, changes, end - begin)
            step = epoch * steps + batch_start // plan.batch_size + 1
            move(extras, run, begin, end, rate, step, X.dtype.type)
            batch_start, updated = row, True
        if row == rows:
            meet(counter, threads)
            ok = finite_at(run.params, run.size)
            epoch, row, batch_start = epoch + 1, 0, 0
    if thread == 0:
        state.position[0] = epoch * rows + row
    return ok


@inner
def _block_of(run, row, all_rows, width, room):
    """Return the address of a block's rows: where they were gathered, or where they are."""
    return room if run.shuffle else shifted(all_rows, row * width)


@inner
def _pass(extras, run, seed, epoch, row, first, rows, place, scale):
    """Send rows of the block that begins at `row` forward and back; return where their inputs are.

    Their room is at `place`.
    """
    inputs = shifted(run.inputs, (row + first) * run.n_in)
    targets = shifted(run.targets, (row + first) * run.n_out)
    if run.shuffle:
        inputs = shifted(run.room.rows, place * run.n_in)
        targets = shifted(run.room.targets, place * run.n_out)
        _gather(run.inputs, run.n_in, run.order, row + first, rows, inputs)
        _gather(run.targets, run.n_out, run.order, row + first, rows, targets)
    if extras is None:
        dropping, normalizing = None, None
    else:
        dropping = dropping_of(extras, run, seed, epoch, row + first)
        normalizing = normalizing_in(extras, run)
    out = forward_block(run.network, run.used, inputs, run.room, place, rows, dropping, normalizing)
    delta = shifted(last_of(run.network, run.room.deltas), place * run.n_out)
    rare = run.network.rare
    output_delta_at(
        run.loss, run.last, out, targets, rows, run.n_out, scale, delta, run.huber_delta, rare
    )
    if extras is not None:
        weigh(extras, run, row + first, rows, delta)
    carry_back(run.network, run.room, place, rows, dropping, normalizing)
    if extras is not None:
        note_squares(extras, run, row + first, rows, place, inputs, scale)
    return inputs


@inner
def _own_parts(extras, run, parts, seed, epoch, row, rows, add, scale, thread, threads, recording):
    """Make the gradients of a thread's parts of a block."""
    first_part, end_part = parts * thread // threads, parts * (thread + 1) // threads
    for part in range(first_part, end_part):
        first = rows_begin(rows, part, parts)
        own = rows_begin(rows, part + 1, parts) - first
        # The parts take turns in one place, unless all outputs have to be recorded.
        place = first if recording else rows_begin(run.network.block, first_part, parts)
        gradient = shifted(run.room.gradients, part * run.size)
        if own > 0:
            inputs = _pass(extras, run, seed, epoch, row, first, own, place, scale)
            block_gradient(
                run.network, inputs, run.room, place, own, gradient, add, START, run.size
            )
        elif add == 0:
            fill(gradient, run.size)


@inner
def _gather(rows, width, order, first, count, block):
    """Copy the rows that are next in this epoch's order."""
    for b in range(count):
        copy(shifted(rows, at(order, first + b) * width), width, shifted(block, b * width))
