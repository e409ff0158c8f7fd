"""The training loop of many networks: all epochs of one group before the next group."""

import numpy as np
from numba import types
from numba.extending import overload

from fusedmlp.kernels.blocked.network import network_of
from fusedmlp.kernels.blocked.row_weights import row_scale
from fusedmlp.kernels.compilation.door import behind_door
from fusedmlp.kernels.compilation.in_parallel import helped
from fusedmlp.kernels.compilation.jit import INNER, allocates, inner
from fusedmlp.kernels.many.forward_backward import backward, forward, output_delta
from fusedmlp.kernels.many.group import (
    begin_run,
    draw_orders,
    end_diverged,
    gather_block,
    load_group,
    set_places,
    store_group,
)
from fusedmlp.kernels.many.lanes import network_count
from fusedmlp.kernels.many.layout import block_rows_of, workspace_of, workspace_size
from fusedmlp.kernels.many.numbers import set_constants, set_rates
from fusedmlp.kernels.many.records import add_records
from fusedmlp.kernels.many.run import place_of, run_of
from fusedmlp.kernels.many.training_of_shape import training_of
from fusedmlp.kernels.many.update import may_not_be_finite, sgd, update_with_extras
from fusedmlp.kernels.threads.barrier import stop_requested
from fusedmlp.kernels.vector import LINE, address, first_line, put, shifted
from fusedmlp.kernels.vector.integers import smaller
from fusedmlp.plan.signals import STOP


@behind_door
@helped
@allocates
def train_networks(plan, shape, X, y, networks, active, begin, end, signals):
    """Train the active networks, whose arguments are checked, as `fit_networks` does."""
    lanes, size = network_count(address(networks.params)), networks.params.shape[1]
    network, groups = network_of(plan, 0, 0, address(signals)), groups_at_once(shape)
    block_rows = block_rows_of(network, plan.batch_size, lanes, X.itemsize)
    numbers = workspace_size(network, size, block_rows, lanes)
    memory = np.zeros(groups * numbers + LINE, X.dtype)
    sums, places = np.zeros(groups * lanes), np.empty(groups * lanes, np.int64)
    lane_rows = np.empty(block_rows * lanes, np.int64)
    rows = networks.rows.shape[1] if networks.rows.size > 0 else len(X)
    orders = np.empty(lanes * rows if plan.shuffle else 0, np.int64)
    first, last = first_line(memory), (groups - 1) * lanes
    work = workspace_of(first, network, size, block_rows, lanes)
    run = run_of(plan, network, work, X, y, networks, orders, sums, places, lane_rows)
    work = workspace_of(shifted(first, (groups - 1) * numbers), network, size, block_rows, lanes)
    other = run_of(
        plan, network, work, X, y, networks, orders, sums[last:], places[last:], lane_rows
    )
    # An array lives as long as a call that it is an argument of.
    arrays = memory, orders, sums, places, lane_rows, signals
    return train_groups(plan.extras, shape, run, other, active, X, begin, end, arrays)


def groups_at_once(shape):  # noqa: ARG001
    """Return how many groups take turns in each epoch."""
    return 1


@overload(groups_at_once, jit_options=INNER, inline="always")
def _groups_at_once(shape):
    groups = 1 if isinstance(shape, types.NoneType) else 2
    return lambda shape: groups  # noqa: ARG005


def train_groups(extras, shape, run, other, active, X, begin, end, arrays):  # noqa: ARG001
    """Train one group of the active networks after the other, from epoch `begin` to `end`."""
    return _train_groups(extras, run, active, X, begin, end, arrays)


@overload(train_groups, jit_options=INNER, inline="always")
def _groups_for_type(extras, shape, run, other, active, X, begin, end, arrays):  # noqa: ARG001
    if isinstance(shape, types.NoneType):
        return lambda extras, shape, run, other, active, X, begin, end, arrays: _train_groups(  # noqa: ARG005
            extras, run, active, X, begin, end, arrays
        )
    train = training_of(shape.sizes, isinstance(extras, types.NoneType))
    return lambda extras, shape, run, other, active, X, begin, end, arrays: train(  # noqa: ARG005
        extras, run, other, active, X, begin, end, arrays
    )


@inner
def _train_groups(extras, run, active, X, begin, end, arrays):  # noqa: ARG001
    """Train one group of the active networks after the other, from epoch `begin` to `end`."""
    first = 0
    begin_run(run)
    while first < active.size:
        count = smaller(run.work.lanes, active.size - first)
        set_places(run, active, first, count)
        if not _train_group(extras, run, X.dtype.type, count, begin, end):
            break
        first += count
    return first


@inner
def _train_group(extras, run, real, count, epoch, end):
    """Train the networks of a group; return whether no signal stopped them before the end."""
    load_group(run)
    set_constants(run)
    set_rates(run, epoch)
    in_place = run.work.block_rows == run.data.rows and not run.data.shuffle
    if in_place:
        gather_block(run, 0, run.data.rows)
    while epoch < end:
        if stop_requested(run.network.signals, STOP):
            return False
        if run.steps.schedule_size > 1:
            set_rates(run, epoch)
        if run.data.shuffle:
            draw_orders(run, epoch)
        _train_epoch(extras, run, real, count, epoch, in_place)
        epoch += 1
        if may_not_be_finite(run.work, run.arrays.size):
            end_diverged(run, count, epoch)
    store_group(run, count)
    return True


@inner
def _train_epoch(extras, run, real, count, epoch, in_place):
    """Train one epoch."""
    record = epoch // run.steps.record_every if epoch % run.steps.record_every == 0 else -1
    step = epoch * ((run.data.rows + run.steps.batch_size - 1) // run.steps.batch_size)
    start = 0
    while start < run.data.rows:
        end, step = smaller(start + run.steps.batch_size, run.data.rows), step + 1
        scale, first = row_scale(run.steps.reduction, end - start, real), start
        while first < end:
            rows = smaller(run.work.block_rows, end - first)
            if not in_place:
                gather_block(run, first, rows)
            forward(run, rows)
            if record >= 0:
                add_records(run, count, rows, record)
            output_delta(run, rows, scale)
            backward(run, rows, first > start)
            first += rows
        if extras is None:
            sgd(run)
        else:
            update_with_extras(run, epoch, step)
        start = end


@behind_door
@allocates
def measure_groups(plan, X, y, networks, active):
    """Measure the active networks, whose arguments are checked, as `measure_networks` does."""
    lanes, size = network_count(address(networks.params)), networks.params.shape[1]
    network = network_of(plan, 0, 0, address(networks.diverged))
    rows = networks.rows.shape[1] if networks.rows.size > 0 else len(X)
    block_rows = block_rows_of(network, rows, lanes, X.itemsize)
    memory = np.zeros(workspace_size(network, size, block_rows, lanes) + LINE, X.dtype)
    sums, places = np.zeros(lanes), np.empty(lanes, np.int64)
    lane_rows = np.empty(block_rows * lanes, np.int64)
    work = workspace_of(first_line(memory), network, size, block_rows, lanes)
    run = run_of(plan, network, work, X, y, networks, networks.seeds, sums, places, lane_rows)
    _measure(run, active, (memory, sums, places, lane_rows))


@inner
def _measure(run, active, arrays):  # noqa: ARG001
    """Measure one group of networks after the other."""
    lanes = run.work.lanes
    for first in range(0, active.size, lanes):
        count, row = smaller(lanes, active.size - first), 0
        set_places(run, active, first, count)
        for lane in range(count):
            put(run.arrays.errors, place_of(run, lane), 0.0)
            put(run.arrays.losses, place_of(run, lane), 0.0)
        load_group(run)
        set_constants(run)
        while row < run.data.rows:
            rows = smaller(run.work.block_rows, run.data.rows - row)
            gather_block(run, row, rows)
            forward(run, rows)
            add_records(run, count, rows, 0)
            row += rows
