"""A group of networks between their arrays and the lanes of the workspace."""

import numpy as np

from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.many.run import place_of
from fusedmlp.kernels.random_numbers import row_order_at
from fusedmlp.kernels.vector import at, lane_count, put, shifted, transpose_tile_of_rows
from fusedmlp.kernels.vector.integers import smaller


@inner
def begin_run(run):
    """Set what is the same for all groups."""
    for lane in range(run.work.lanes):
        put(run.work.one, lane, 1.0)


@inner
def set_places(run, active, first, count):
    """Set the networks in the lanes: `count` active ones from the first on, the last repeated."""
    for lane in range(run.work.lanes):
        put(run.arrays.places, lane, active[first + smaller(lane, count - 1)])


@inner
def load_group(run):
    """Load the parameters and the optimiser state of the networks in the lanes."""
    for lane in range(run.work.lanes):
        place = place_of(run, lane)
        _load(run.arrays.params, place, run.arrays.size, run.work.params, lane, run.work.lanes)
        _load(run.arrays.velocity, place, run.arrays.size, run.work.velocity, lane, run.work.lanes)
        _load(
            run.arrays.squares,
            place,
            run.arrays.squares_size,
            run.work.squares,
            lane,
            run.work.lanes,
        )


@inner
def store_group(run, count):
    """Store the first `count` networks in the lanes, but for those that have diverged."""
    for lane in range(count):
        if at(run.arrays.diverged, place_of(run, lane)) == 0:
            store_network(run, lane)


@inner
def end_diverged(run, count, epoch):
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


@inner
def store_network(run, lane):
    """Store the parameters and the optimiser state of the network in a lane."""
    place = place_of(run, lane)
    _store(run.work.params, lane, run.work.lanes, run.arrays.params, place, run.arrays.size)
    _store(run.work.velocity, lane, run.work.lanes, run.arrays.velocity, place, run.arrays.size)
    _store(
        run.work.squares, lane, run.work.lanes, run.arrays.squares, place, run.arrays.squares_size
    )


@inner
def _load(arrays, place, size, target, lane, lanes):
    source = shifted(arrays, place * size)
    for k in range(size):
        put(target, k * lanes + lane, at(source, k))


@inner
def _store(source, lane, lanes, arrays, place, size):
    target = shifted(arrays, place * size)
    for k in range(size):
        put(target, k, at(source, k * lanes + lane))


@inner
def draw_orders(run, epoch):
    """Draw each network's order of the rows in an epoch."""
    for lane in range(run.work.lanes):
        seed = at(run.data.seeds, place_of(run, lane))
        row_order_at(seed, epoch, shifted(run.data.orders, lane * run.data.rows), run.data.rows)


@inner
def gather_block(run, first, count):
    """Gather the inputs and targets of `count` rows, from a position in each network's order."""
    data, lanes = run.data, run.work.lanes
    _set_rows(run, first, count)
    for b in range(count):
        rows = shifted(run.arrays.rows, b * lanes)
        inputs = shifted(run.work.inputs, b * data.n_in * lanes)
        targets = shifted(run.work.targets, b * data.n_out * lanes)
        transpose_rows(data.X, data.n_in, rows, lanes, inputs)
        transpose_rows(data.y, data.n_out, rows, lanes, targets)


@inner
def _set_rows(run, first, count):
    """Set which rows of the data a block has, (count, lanes).

    One network after the other: the same place of all networks' orders, often a multiple of 4 KB
    apart, would take one place in the cache. With that, it was an eighth of a step of 8-16-2.
    """
    data, lanes = run.data, run.work.lanes
    for lane in range(lanes):
        order = shifted(data.orders, lane * data.rows + first)
        chosen = shifted(data.chosen, place_of(run, lane) * data.rows)
        for b in range(count):
            row = at(order, b) if data.shuffle else first + b
            put(run.arrays.rows, b * lanes + lane, at(chosen, row) if data.is_chosen else row)


@inner
def transpose_rows(data, columns, rows, lanes, target):
    """Set target (columns, lanes) to rows of the data: in square tiles, then number by number.

    The last tile overlaps the one before it. With scattered stores, of which LLVM would make one
    loop over all, gathering took a third of a step of 8-16-2, on Zen 4.
    """
    side = lane_count(data)
    if columns < side:
        for i in range(columns):
            for lane in range(lanes):
                put(target, i * lanes + lane, at(data, at(rows, lane) * columns + i))
        return
    for lane in range(0, lanes, side):
        of_lanes, i = shifted(rows, lane), 0
        while i < columns:
            i = smaller(i, columns - side)
            to = shifted(target, i * lanes + lane)
            transpose_tile_of_rows(shifted(data, i), columns, of_lanes, to, lanes)
            i += side
