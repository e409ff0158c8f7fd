"""A thread's share of a block: forward and backward pass, gradient, and what is recorded."""

from fusedmlp.kernels.blocked.batch_norm import batch_norm_of
from fusedmlp.kernels.blocked.dropout import dropout_of
from fusedmlp.kernels.blocked.forward_backward import (
    backward_block,
    forward_block,
    gradient_of_block,
)
from fusedmlp.kernels.blocked.parameter_update import recorded_penalty
from fusedmlp.kernels.blocked.partition import first_param, first_row, share_of_parts
from fusedmlp.kernels.blocked.row_sampling import store_gradient_squares
from fusedmlp.kernels.blocked.row_weights import Measured, apply_row_weights, record_rows
from fusedmlp.kernels.blocked.run import NO_RECORD, partial_records_of
from fusedmlp.kernels.blocked.workspace import last_layer_of
from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.losses import output_delta_at, record_at
from fusedmlp.kernels.threads.barrier import leaves, stop_requested
from fusedmlp.kernels.vector import at, put, shifted
from fusedmlp.kernels.vector.copies import copy, fill_with_zeros
from fusedmlp.kernels.vector.typed_constants import NO
from fusedmlp.plan.signals import NEVER, STOP


@inner
def leaves_gradient(extras, rare, run, block, part):
    """Compute a thread's share of a block's gradient, or of its partial gradients.

    Return whether the thread leaves the run instead.
    """
    team, parts = part.team, run.network.partial_gradients
    share = share_of_parts(parts, team.thread, team.threads)
    together = parts == 1 or team.threads > parts  # in all threads the same
    begin, end, gradient = part.begin, part.end, run.gradient
    if parts > 1:
        begin = first_param(run.network, run.size, share.member, share.members)
        end = first_param(run.network, run.size, share.member + 1, share.members)
    penalty = 0.0  # computed now: another thread may update its parameters before this one records
    records = block.record != NO_RECORD and block.add == 0 and team.thread == 0
    if extras is not None and records and extras.scale_penalties:
        penalty = recorded_penalty(extras, run, block)
    for k in range(share.first, share.end):
        first = first_row(block.rows, k, parts)
        rows = first_row(block.rows, k + 1, parts) - first
        # A thread's own parts take turns in the same rows of the workspace.
        place = first if together else first_row(run.network.block_rows, share.first, parts)
        own = first_row(rows, share.member, share.members)
        own_rows = first_row(rows, share.member + 1, share.members) - own
        if own_rows > 0:
            _forward_backward(rare, run, block, first + own, own_rows, place + own)
        if together and leaves(team, NO):
            return True
        if parts > 1:
            gradient = shifted(run.workspace.partial_gradients, k * run.size)
        if _stops_in_gradient(run, block, first, place, rows, gradient, begin, end, team):
            return True
        if block.record != NO_RECORD and share.member == 0:
            _record_part(rare, run, block, k, first, place, rows, penalty)
    return False


@inner
def _stops_in_gradient(run, block, first, place, rows, gradient, begin, end, team):
    """Set or add begin..end of the gradient of a part's rows; return whether the run stops here.

    first: the first of the part's rows in the block; place: in the workspace.
    """
    inputs = shifted(run.workspace.inputs, place * run.n_in)
    if not run.shuffle:
        inputs = shifted(run.inputs, (block.first + first) * run.n_in)
    # Without partial gradients, another thread of a team may already update its weights, and this
    # one has to do so too; and what is added to earlier blocks is added whole.
    signal = STOP
    if run.network.partial_gradients == 1 and (team.threads > 1 or block.add > 0):
        signal = NEVER
    if rows > 0:
        gradient_of_block(
            run.network, inputs, run.workspace, place, rows, gradient, block.add, begin, end, signal
        )
    elif block.add == 0:
        fill_with_zeros(shifted(gradient, begin), end - begin)
    # The threads of a team leave together, at the next barrier.
    return team.threads == 1 and stop_requested(team.signals, signal)


@inner
def _forward_backward(rare, run, block, first, rows, workspace_row):
    """Run forward and backward pass for `rows` rows of a block.

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
        run.network, run.used_params, inputs, workspace, workspace_row, rows,
        block.record != NO_RECORD, dropout, batch_norm,
    )  # fmt: skip
    delta = shifted(last_layer_of(run.network, workspace.deltas), workspace_row * run.n_out)
    output_delta_at(run.objective, out, targets, rows, run.n_out, block.scale, delta)
    if rare is not None:
        apply_row_weights(rare, run, block.order, row, rows, delta)
    backward_block(run.network, workspace, workspace_row, rows, dropout, batch_norm)
    if rare is not None:
        store_gradient_squares(rare, run, row, rows, workspace_row, inputs, block.scale)


@inner
def _gather(rows, width, order, first, count, target):
    """Copy the `count` rows from position `first` of this epoch's order to target."""
    for b in range(count):
        copy(shifted(rows, at(order, first + b) * width), width, shifted(target, b * width))


@inner
def _record_part(rare, run, block, k, first, place, rows, penalty):
    """Add the errors, losses and penalty of part k to its own sums, or of all rows to the record.

    first: the first of its rows in the block; place: in the workspace.
    """
    workspace, records, record = run.workspace, run.records, block.record
    if run.network.partial_gradients > 1:
        records, record = partial_records_of(run), k
        if block.add == 0:
            put(records.errors, k, 0.0)
            put(records.losses, k, 0.0)
    out = shifted(last_layer_of(run.network, workspace.outputs), place * run.n_out)
    sums = shifted(workspace.sums, place * run.n_out * run.network.log_loss)
    targets = shifted(workspace.targets, place * run.n_out)
    if not run.shuffle:
        targets = shifted(run.targets, (block.first + first) * run.n_out)
    measured = Measured(block.first + first, rows, out, sums, targets)
    record_rows(rare, run, block, measured, records, record)
    if k == 0:
        record_at(records, record, 0.0, penalty)


@inner
def add_partial_records(run, record):
    """Add the sums of a batch's parts to a record, in order."""
    parts = partial_records_of(run)
    for k in range(run.network.partial_gradients):
        record_at(run.records, record, at(parts.errors, k), at(parts.losses, k))
