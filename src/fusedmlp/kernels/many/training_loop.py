"""The training loop of many networks: all epochs of one group before the next group."""

import numpy as np

from fusedmlp.kernels.blocked.network import network_of
from fusedmlp.kernels.blocked.row_weights import row_scale
from fusedmlp.kernels.compilation.door import behind_door
from fusedmlp.kernels.compilation.in_parallel import helped
from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.many.forward_backward import forward, output_delta
from fusedmlp.kernels.many.group import draw_orders, gather_block, load_group, store_network
from fusedmlp.kernels.many.lanes import network_count
from fusedmlp.kernels.many.layout import block_rows_of, workspace_of, workspace_size
from fusedmlp.kernels.many.numbers import set_constants, set_moments, set_rates
from fusedmlp.kernels.many.records import add_records
from fusedmlp.kernels.many.run import place_of, run_of
from fusedmlp.kernels.many.small_passes import backward_pass, forward_pass
from fusedmlp.kernels.many.update import adaptive, decay, penalize_and_clip, sgd, sum_of_all
from fusedmlp.kernels.threads.barrier import stop_requested
from fusedmlp.kernels.vector import LINE, address, at, first_line, put, sum_lanes
from fusedmlp.kernels.vector.integers import smaller
from fusedmlp.plan.codes import Optimizer
from fusedmlp.plan.signals import STOP


@behind_door
@helped
def train_networks(plan, shape, X, y, networks, active, begin, end, signals):
    """Train the active networks, whose arguments are checked, as `fit_networks` does."""
    lanes, size = network_count(address(networks.params)), networks.params.shape[1]
    network = network_of(plan, 0, 0, address(signals))
    block_rows = block_rows_of(network, plan.batch_size, lanes, X.itemsize)
    memory = np.zeros(workspace_size(network, size, block_rows, lanes) + LINE, X.dtype)
    sums, places, lane_rows = np.zeros(lanes), np.empty(lanes, np.int64), np.empty(lanes, np.int64)
    rows = networks.rows.shape[1] if networks.rows.size > 0 else len(X)
    orders = np.empty(lanes * rows if plan.shuffle else 0, np.int64)
    work = workspace_of(first_line(memory), network, size, block_rows, lanes)
    run = run_of(plan, network, work, X, y, networks, orders, sums, places, lane_rows)
    # An array lives as long as a call that it is an argument of.
    arrays = memory, orders, sums, lane_rows, signals
    return _train_groups(plan.extras, shape, run, active, places, X, begin, end, arrays)


@inner
def _train_groups(extras, shape, run, active, places, X, begin, end, arrays):  # noqa: ARG001
    """Train one group of the active networks after the other, from epoch `begin` to `end`."""
    lanes, first = run.work.lanes, 0
    for lane in range(lanes):
        put(run.work.one, lane, 1.0)
    while first < active.size:
        count = smaller(lanes, active.size - first)
        for lane in range(lanes):
            places[lane] = active[first + smaller(lane, count - 1)]
        if not _train_group(extras, shape, run, X.dtype.type, count, begin, end):
            break
        first += count
    return first


@inner
def _train_group(extras, shape, run, real, count, epoch, end):
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
        _train_epoch(extras, shape, run, real, count, epoch, in_place)
        epoch += 1
        if sum_lanes(sum_of_all(run.work, run.arrays.size)) != 0.0:  # also NaN
            _end_diverged(run, count, epoch)
    for lane in range(count):
        if at(run.arrays.diverged, place_of(run, lane)) == 0:
            store_network(run, lane)
    return True


@inner
def _train_epoch(extras, shape, run, real, count, epoch, in_place):
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
            forward_pass(shape, run, rows)
            if record >= 0:
                add_records(run, count, rows, record)
            output_delta(run, rows, scale)
            backward_pass(shape, run, rows, first > start)
            first += rows
        _update(extras, run, epoch, step)
        start = end


@inner
def _update(extras, run, epoch, step):
    """Update the parameters."""
    if extras is not None:
        penalize_and_clip(run)
        if run.steps.optimizer != Optimizer.SGD:
            if run.steps.optimizer == Optimizer.ADAMW:
                decay(run)
            if run.steps.optimizer == Optimizer.ADAM or run.steps.optimizer == Optimizer.ADAMW:
                set_moments(run, epoch, step)
            adaptive(run)
            return
    sgd(run)


@inner
def _end_diverged(run, count, epoch):
    """Store the networks with a weight that is not finite; zeros go on in their lanes."""
    work, lanes = run.work, run.work.lanes
    for lane in range(lanes):
        finite = True
        for k in range(run.arrays.size):
            finite = finite and np.isfinite(at(work.params, k * lanes + lane))
        if not finite:
            place = place_of(run, lane)
            if lane < count and at(run.arrays.diverged, place) == 0:
                store_network(run, lane)
                put(run.arrays.diverged, place, epoch)
            for k in range(run.arrays.size):
                put(work.params, k * lanes + lane, 0.0)
                put(work.velocity, k * lanes + lane, 0.0)
                put(work.squares, k * lanes + lane, 0.0)


@behind_door
def measure_groups(plan, X, y, networks, active):
    """Measure the active networks, whose arguments are checked, as `measure_networks` does."""
    lanes, size = network_count(address(networks.params)), networks.params.shape[1]
    network = network_of(plan, 0, 0, address(networks.diverged))
    rows = networks.rows.shape[1] if networks.rows.size > 0 else len(X)
    block_rows = block_rows_of(network, rows, lanes, X.itemsize)
    memory = np.zeros(workspace_size(network, size, block_rows, lanes) + LINE, X.dtype)
    sums, places, lane_rows = np.zeros(lanes), np.empty(lanes, np.int64), np.empty(lanes, np.int64)
    work = workspace_of(first_line(memory), network, size, block_rows, lanes)
    run = run_of(plan, network, work, X, y, networks, networks.seeds, sums, places, lane_rows)
    _measure(run, active, places, (memory, sums, lane_rows))


@inner
def _measure(run, active, places, arrays):  # noqa: ARG001
    """Measure one group of networks after the other."""
    lanes = run.work.lanes
    for first in range(0, active.size, lanes):
        count, row = smaller(lanes, active.size - first), 0
        for lane in range(lanes):
            place = active[first + smaller(lane, count - 1)]
            places[lane] = place
            put(run.arrays.errors, place, 0.0)
            put(run.arrays.losses, place, 0.0)
        load_group(run)
        set_constants(run)
        while row < run.data.rows:
            rows = smaller(run.work.block_rows, run.data.rows - row)
            gather_block(run, row, rows)
            forward(run, rows)
            add_records(run, count, rows, 0)
            row += rows
