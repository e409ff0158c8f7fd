"""The training loop over blocks of rows, in one thread or several."""

import numpy as np

from fusedmlp.kernels.blocked.batch_gradient import add_partial_records, leaves_gradient
from fusedmlp.kernels.blocked.batch_norm import update_running_stats
from fusedmlp.kernels.blocked.dropout import apply_dropconnect, apply_dropconnect_to_gradient
from fusedmlp.kernels.blocked.fits import fit_fits
from fusedmlp.kernels.blocked.forward_backward import sum_partial_gradients, transpose_weights
from fusedmlp.kernels.blocked.parameter_update import (
    Step,
    apply_update,
    has_penalties_or_clips,
    learning_rate_at,
    penalize_and_clip,
)
from fusedmlp.kernels.blocked.partition import first_param
from fusedmlp.kernels.blocked.progress import (
    has_stalled_at,
    keep_progress,
    progress_of,
    progress_with,
)
from fusedmlp.kernels.blocked.row_sampling import draw_batch, update_sampler, uses_sampler
from fusedmlp.kernels.blocked.row_weights import batch_row_scale
from fusedmlp.kernels.blocked.run import NO_RECORD, Block, Part, run_of
from fusedmlp.kernels.compilation.door import behind_door
from fusedmlp.kernels.compilation.in_parallel import helped
from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.compilation.require_fit import REFUSED
from fusedmlp.kernels.random_numbers import row_order_at
from fusedmlp.kernels.threads.barrier import Team, barrier, leaves
from fusedmlp.kernels.updates import count_changes_at
from fusedmlp.kernels.vector import address, shifted
from fusedmlp.kernels.vector.copies import copy
from fusedmlp.kernels.vector.integers import smaller
from fusedmlp.kernels.vector.reductions import all_finite
from fusedmlp.kernels.vector.typed_constants import NO, ZERO
from fusedmlp.plan.signals import PATIENCE


@behind_door
@helped
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
    batch_start, ok, updated, begins = row - row % plan.batch_size, True, True, True
    recording, rate = epoch % plan.record_every == 0, np.float64(0)
    order = _order_of(run, epoch, rows)
    steps = (rows + plan.batch_size - 1) // plan.batch_size  # of an epoch
    progress = progress_of(state)  # of all threads the same
    while ok and not has_stalled_at(plan, progress) and epoch * rows + row < stop:
        if row == 0 or begins:
            begins = False
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
        whole = plan.partial_gradients == 1
        # Where threads share a part, others may still read the previous block's rows.
        waits = updated or whole or threads > plan.partial_gradients
        if waits and leaves(patient_team, updated or whole):
            row = row if whole else batch_start  # with partial gradients, a batch begins anew
            break
        patient_team = team

        scale = batch_row_scale(rare, run, order, plan.reduction, batch_start, batch_end, real)
        loss_scale = _loss_scale(rare, batch_end - batch_start, scale)
        count = smaller(plan.block_rows, batch_end - row)
        record = epoch // plan.record_every if recording else NO_RECORD
        block = Block(epoch, row, count, row - batch_start, scale, loss_scale, order, record)
        if leaves_gradient(extras, rare, run, block, part):
            row = row if whole else batch_start
            break
        row += count
        updated = row == batch_end
        # A block that was stopped left partial gradients that are not whole.
        ends = not updated and epoch * rows + row >= stop
        if ends and not whole and leaves(team, NO):
            row = batch_start
            break
        if updated:
            step = Step(rate, epoch * steps + batch_start // plan.batch_size + 1, scale, record)
            if _leaves_update(extras, rare, run, batch_start, row, part, step, real):
                row = batch_start
                break
            batch_start = row
        if row == rows:
            if recording:
                _keep_params(run, state.snapshots, epoch // plan.record_every, part)
            barrier(team)
            ok = all_finite(run.params, run.size)
            if recording:
                record = epoch // plan.record_every
                progress = progress_with(plan, run.records.losses, record, progress)
            epoch, row, batch_start = epoch + 1, 0, 0
    if thread == 0:
        state.position[0] = epoch * rows + row
        keep_progress(progress, state)
    return ok


@inner
def _keep_params(run, snapshots, record, part):
    """Copy the thread's own parameters, which it alone changes, to a recorded epoch's snapshot."""
    if snapshots.size > 0:
        start = record % snapshots.shape[0] * run.size + part.begin
        source, target = shifted(run.params, part.begin), shifted(address(snapshots), start)
        copy(source, part.end - part.begin, target)


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
        if step.record != NO_RECORD and part.team.thread == 0:
            add_partial_records(run, step.record)
    if rare is not None:
        if part.team.thread == 0:
            update_sampler(rare, run, batch_start, batch_end)
        apply_dropconnect_to_gradient(rare, run, begin, part.end)
    if extras is not None and has_penalties_or_clips(extras):
        penalize_and_clip(extras, run, part, step.scale)
    if run.track_directions:
        last_direction = shifted(run.last_direction, begin)
        count_changes_at(gradient, last_direction, shifted(run.direction_changes, begin), size)
    apply_update(extras, run, part, step, real)
    if rare is not None and part.team.thread == 0:
        update_running_stats(rare, run, batch_end - batch_start)
    return False
