"""The training loop over blocks of rows, in one thread or several."""

import numpy as np

from fusedmlp.kernels.blocked.batch_norm import batch_norm_of, update_running_stats
from fusedmlp.kernels.blocked.dropout import (
    apply_dropconnect,
    apply_dropconnect_to_gradient,
    dropout_of,
)
from fusedmlp.kernels.blocked.fits import fit_fits
from fusedmlp.kernels.blocked.forward_backward import (
    backward_block,
    forward_block,
    gradient_of_block,
    sum_partial_gradients,
    transpose_weights,
)
from fusedmlp.kernels.blocked.parameter_update import (
    Step,
    apply_update,
    learning_rate_at,
    penalize_and_clip,
    record_penalties,
)
from fusedmlp.kernels.blocked.partition import first_param, first_row
from fusedmlp.kernels.blocked.row_sampling import (
    draw_batch,
    store_gradient_squares,
    update_sampler,
    uses_sampler,
)
from fusedmlp.kernels.blocked.row_weights import apply_row_weights, batch_row_scale, record_rows
from fusedmlp.kernels.blocked.run import Block, Part, run_of
from fusedmlp.kernels.blocked.workspace import last_layer_of
from fusedmlp.kernels.compilation.door import behind_door
from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.compilation.require_fit import REFUSED
from fusedmlp.kernels.losses import output_delta_at
from fusedmlp.kernels.random_numbers import row_order_at
from fusedmlp.kernels.threads.barrier import Team, barrier, leaves, stop_requested
from fusedmlp.kernels.updates import count_changes_at
from fusedmlp.kernels.vector import address, at, shifted
from fusedmlp.kernels.vector.copies import copy, fill_with_zeros
from fusedmlp.kernels.vector.integers import smaller
from fusedmlp.kernels.vector.reductions import all_finite
from fusedmlp.kernels.vector.typed_constants import NO, YES, ZERO
from fusedmlp.plan.signals import NEVER, PATIENCE, STOP


@behind_door
def fit_blocks(plan, extras, rare, X, y, state, stop, signals, thread, threads):
    """Do one thread's part of `fit`. All threads of the team run the same steps.

    Between two barriers, no thread writes what another reads. extras and rare are both the plan's
    extras, or None: rare, if the plan has no masks, weighted rows, sampler or batch normalisation.
    They are arguments of their own, since only then does Numba leave out the branches that need
    them when they are None.
    """
    if not fit_fits(plan, extras, X, y, state, stop):
        raise ValueError(REFUSED)
    run, rows = run_of(plan, X, y, state), X.shape[0]
    team = Team(address(signals), thread, threads, signals[PATIENCE])
    # At the first barrier, threads wait for those that are still being started.
    patient_team, real = Team(team.signals, thread, threads, np.int64(0)), X.dtype.type
    begin = first_param(run.network, run.size, thread, threads)
    end = first_param(run.network, run.size, thread + 1, threads)
    part = Part(team, begin, end)

    epoch = state.position[0] // rows
    row = state.position[0] - epoch * rows
    batch_start, ok, updated = row - row % plan.batch_size, True, True
    recording, rate = epoch % plan.record_every == 0, np.float64(0)
    order = _order_of(run, epoch, rows)
    steps = (rows + plan.batch_size - 1) // plan.batch_size  # of an epoch
    while ok and epoch * rows + row < stop:
        if row == 0 or rate == 0:
            rate = learning_rate_at(extras, run.optimizer_state, plan.learning_rate, epoch)
            recording = epoch % plan.record_every == 0
            _shuffle_rows(rare, run, epoch, rows, team)
            order = _order_of(run, epoch, rows)
        batch_end = smaller(batch_start + plan.batch_size, rows)
        if rare is not None and row == batch_start and thread == 0:
            draw_batch(rare, run, epoch, row, batch_end, real)
        if updated:
            if rare is not None:
                apply_dropconnect(rare, run, epoch, batch_start // plan.batch_size, begin, end)
            transpose_weights(run.network, run.used_params, run.workspace, begin, end)
        if (updated or plan.partial_gradients == 1) and leaves(patient_team, YES):
            break
        patient_team = team

        scale = batch_row_scale(rare, run, order, plan.reduction, batch_start, batch_end, real)
        loss_scale = _loss_scale(rare, batch_end - batch_start, scale)
        count = smaller(plan.block_rows, batch_end - row)
        block = Block(epoch, row, count, row - batch_start, scale, loss_scale, order, recording)
        if plan.partial_gradients == 1:
            if _leaves_whole_gradient(rare, run, block, part):
                break
        else:
            _partial_gradients(rare, run, block, team)
        if recording:
            _record(extras, rare, run, block, epoch // plan.record_every, team)
        row += count
        updated = row == batch_end
        if updated:
            step = Step(rate, epoch * steps + batch_start // plan.batch_size + 1, scale)
            if _leaves_update(extras, rare, run, batch_start, row, part, step, real):
                row = batch_start
                break
            batch_start = row
        if row == rows:
            barrier(team)
            ok = all_finite(run.params, run.size)
            epoch, row, batch_start = epoch + 1, 0, 0
    if thread == 0:
        state.position[0] = epoch * rows + row
    return ok


@inner
def _order_of(run, epoch, rows):
    """Return the address of the order in which an epoch visits the rows."""
    if run.given_orders > 1:
        return shifted(run.row_order, epoch % run.given_orders * rows)
    return shifted(run.row_order, ZERO)


@inner
def _loss_scale(rare, rows, scale):
    """Return the scale of a batch's recorded losses: with scale_penalties, a mean times its rows.

    scale: of the gradient of a row of weight 1.
    """
    if rare is None:
        return 1.0
    return rows * np.float64(scale) if rare.scale_penalties and rare.weighted else 1.0


@inner
def _shuffle_rows(rare, run, epoch, rows, team):
    """Set the order in which an epoch visits the rows; AW-SGD draws rows instead."""
    shuffles = run.shuffle and run.given_orders == 0 and team.thread == 0
    if rare is not None:
        shuffles = shuffles and not uses_sampler(rare)
    if shuffles:
        row_order_at(run.seed, epoch, run.row_order, rows)


@inner
def _leaves_whole_gradient(rare, run, block, part):
    """Compute a thread's part of a block's gradient: deltas of its rows, then its weights.

    Return whether the thread leaves the run instead.
    """
    team = part.team
    first = first_row(block.rows, team.thread, team.threads)
    count = first_row(block.rows, team.thread + 1, team.threads) - first
    if count > 0:
        _forward_backward(rare, run, block, first, count, first)
    if leaves(team, NO):
        return True
    # In a team, another thread may already update its weights: this one has to do so too.
    signal = STOP if team.threads == 1 else NEVER
    inputs = _rows_of(run, block, run.inputs, run.n_in, run.workspace.inputs)
    gradient_of_block(
        run.network, inputs, run.workspace, ZERO, block.rows, run.gradient, block.add, part.begin,
        part.end, signal,
    )  # fmt: skip
    return stop_requested(team.signals, signal)


@inner
def _partial_gradients(rare, run, block, team):
    """Compute a thread's partial gradients of a block."""
    parts = run.network.partial_gradients
    first_part, end_part = (
        parts * team.thread // team.threads,
        parts * (team.thread + 1) // team.threads,
    )
    for part in range(first_part, end_part):
        first = first_row(block.rows, part, parts)
        count = first_row(block.rows, part + 1, parts) - first
        # A thread's parts reuse the same rows of the workspace, unless all outputs are recorded.
        workspace_row = first
        if not block.recorded:
            workspace_row = first_row(run.network.block_rows, first_part, parts)
        gradient = shifted(run.workspace.partial_gradients, part * run.size)
        if count > 0:
            inputs = _forward_backward(rare, run, block, first, count, workspace_row)
            gradient_of_block(
                run.network,
                inputs,
                run.workspace,
                workspace_row,
                count,
                gradient,
                block.add,
                ZERO,
                run.size,
                NEVER,
            )
        elif block.add == 0:
            fill_with_zeros(gradient, run.size)


@inner
def _forward_backward(rare, run, block, first, rows, workspace_row):
    """Run forward and backward pass for `rows` rows of a block; return their inputs' address.

    first: their first row in the block. workspace_row: their first row in the workspace.
    """
    row, workspace = block.first + first, run.workspace
    inputs = shifted(run.inputs, row * run.n_in)
    targets = shifted(run.targets, row * run.n_out)
    if run.shuffle:
        inputs = shifted(workspace.inputs, workspace_row * run.n_in)
        targets = shifted(workspace.targets, workspace_row * run.n_out)
        _gather(run.inputs, run.n_in, block.order, row, rows, inputs)
        _gather(run.targets, run.n_out, block.order, row, rows, targets)
    if rare is None:
        dropout, batch_norm = None, None
    else:
        dropout = dropout_of(rare, run, block.epoch, row)
        batch_norm = batch_norm_of(rare, run.params, run.gradient)
    out = forward_block(
        run.network, run.used_params, inputs, workspace, workspace_row, rows, block.recorded,
        dropout, batch_norm,
    )  # fmt: skip
    delta = shifted(last_layer_of(run.network, workspace.deltas), workspace_row * run.n_out)
    output_delta_at(run.objective, out, targets, rows, run.n_out, block.scale, delta)
    if rare is not None:
        apply_row_weights(rare, run, block.order, row, rows, delta)
    backward_block(run.network, workspace, workspace_row, rows, dropout, batch_norm)
    if rare is not None:
        store_gradient_squares(rare, run, row, rows, workspace_row, inputs, block.scale)
    return inputs


@inner
def _record(extras, rare, run, block, record, team):
    """Add a block's errors and losses to a record, once all threads have made their outputs."""
    barrier(team)
    if team.thread == 0:
        out = last_layer_of(run.network, run.workspace.outputs)
        targets = _rows_of(run, block, run.targets, run.n_out, run.workspace.targets)
        record_rows(rare, run, block, out, targets, record)
        if extras is not None:
            record_penalties(extras, run, block, record)
    barrier(team)


@inner
def _leaves_update(extras, rare, run, batch_start, batch_end, part, step, real):
    """Finish the gradient of a batch, and update the thread's own parameters.

    Return whether the thread leaves the run instead.
    """
    begin, size = part.begin, part.end - part.begin
    gradient, partial_gradients = shifted(run.gradient, begin), run.workspace.partial_gradients
    if run.network.partial_gradients > 1:
        if leaves(part.team, NO):
            return True
        partial = shifted(partial_gradients, begin)
        sum_partial_gradients(size, gradient, partial, run.network.partial_gradients, run.size)
    if rare is not None:
        if part.team.thread == 0:
            update_sampler(rare, run, batch_start, batch_end)
        apply_dropconnect_to_gradient(rare, run, begin, part.end)
    if extras is not None:
        penalize_and_clip(extras, run, part, step.scale)
    if run.track_directions:
        last_direction = shifted(run.last_direction, begin)
        count_changes_at(gradient, last_direction, shifted(run.direction_changes, begin), size)
    apply_update(extras, run, part, step, real)
    if rare is not None and part.team.thread == 0:
        update_running_stats(rare, run, batch_end - batch_start)
    return False


@inner
def _rows_of(run, block, all_rows, width, gathered):
    """Return the address of a block's rows: gathered in the workspace, or in the data."""
    return gathered if run.shuffle else shifted(all_rows, block.first * width)


@inner
def _gather(rows, width, order, first, count, target):
    """Copy the `count` rows from position `first` of this epoch's order to target."""
    for b in range(count):
        copy(shifted(rows, at(order, first + b) * width), width, shifted(target, b * width))
