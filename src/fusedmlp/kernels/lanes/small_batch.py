"""A run on as few rows as a vector has lanes, all of them in each step: rows in the lanes.

Such an epoch is a chain of latencies: each of its numbers waits for the one before. With a unit's
rows in one vector (inputs, outputs, deltas: (units, lanes)), the chain is as short as can be, and
nothing is masked, gathered or transposed. `layout.py` says where the numbers lie, `specialized.py`
when the layout and the choices become constants.
"""

from typing import NamedTuple

from numba import config, njit

from fusedmlp.kernels.activations import activated, derived
from fusedmlp.kernels.blocked.row_weights import row_scale
from fusedmlp.kernels.compilation.jit import FLAGS, compiled, inner
from fusedmlp.kernels.functions.exponential import exp_nonpositive
from fusedmlp.kernels.lanes.layout import layer_of
from fusedmlp.kernels.losses import Objective, Records, precision_of, record_at
from fusedmlp.kernels.updates import count_changes_at
from fusedmlp.kernels.vector import (
    address,
    at,
    concatenate,
    dot_products,
    fma,
    lane_count,
    load,
    maximum,
    put,
    shifted,
    split,
    store,
    sum_lanes,
    zeros,
)
from fusedmlp.kernels.vector.integers import smaller
from fusedmlp.plan.codes import Activation, Loss


class Choices(NamedTuple):
    """What decides which steps an epoch has."""

    loss: int
    momentum: bool
    nesterov: int
    track_directions: int
    all_activations: int | None  # as in a plan


def choices_of(plan):
    """Return a plan's choices."""
    return Choices(
        plan.loss,
        bool(plan.momentum != 0),
        plan.nesterov,
        plan.track_directions,
        plan.all_activations,
    )


def _inlined(function):
    """Put a function's lines into its caller's before LLVM sees either.

    LLVM unrolls a loop over the layers while all that it calls is still a call: there the number of
    layers has to be a constant.
    """
    return function if config.DISABLE_JIT else njit(inline="always", **FLAGS)(function)


def _in_place(function):
    """Compile a function into its caller, however long: calls took 8% of an epoch."""
    return inner(function, forceinline=True)


@_inlined
def train_small_batch(layout, choices, workspace, plan, rows, state, stop):
    """Do what `fit` does, for a full batch of few rows that is in the workspace, as laid out."""
    work, layers = address(workspace), address(layout.layers)
    count, lanes, size = len(layout.layers), lane_count(work), layout.size
    last = layer_of(layers, count - 1)
    out, targets = shifted(work, last.outputs), shifted(work, layout.targets)
    row_scales, delta = shifted(work, layout.row_scales), shifted(work, last.delta)
    records = Records(address(state.errors), address(state.losses))
    all_activations = choices.all_activations
    objective = Objective(
        choices.loss, last.activation, plan.huber_delta, precision_of(workspace), all_activations
    )
    for r in range(rows):
        put(row_scales, r, row_scale(plan.reduction, rows, workspace.dtype.type))

    epoch, ok = state.position[0] // rows, True
    record = (epoch + plan.record_every - 1) // plan.record_every  # the next
    while ok and epoch * rows < stop:
        for number in range(count):
            _forward(work, layer_of(layers, number), all_activations)
        if epoch == record * plan.record_every:
            for j in range(last.n_out):
                o, t = shifted(out, j * lanes), shifted(targets, j * lanes)
                record_at(objective, o, t, rows, records, record)
            record += 1
        _output_delta(choices, last.activation, out, targets, row_scales, last.n_out, delta)
        for number in range(count - 1, -1, -1):
            layer = layer_of(layers, number)
            if number > 0:
                _backpropagate(work, layer, layer_of(layers, number - 1), all_activations)
            _update(work, layer, size, choices, plan.learning_rate, plan.momentum)
        if choices.track_directions:
            gradient, places = address(state.gradient), address(layout.params)
            for k in range(state.params.size):
                put(gradient, k, at(work, 2 * size + at(places, k)))
            directions, changes = address(state.last_direction), address(state.direction_changes)
            count_changes_at(gradient, directions, changes, state.params.size)
        ok = _finite(work, size)
        epoch += 1
    state.position[0] = epoch * rows
    return ok


@compiled
def fit_small_batch(layout, choices, workspace, plan, rows, state, stop):
    """Train a network of any layout."""
    return train_small_batch(layout, choices, workspace, plan, rows, state, stop)


@_in_place
def _forward(work, layer, all_activations):
    """Fill a layer's outputs: the sums of all units, then their activations two by two.

    Side by side, two long chains of instructions do not wait for each other. The sums are too short
    for that: four at a time were slower in most networks.
    """
    lanes, inputs = lane_count(work), layer.inputs
    for j in range(layer.n_out):
        weight = layer.weights + j * layer.by_output
        z = at(work, weight) * load(work, inputs)
        for i in range(1, layer.n_in):
            z = fma(at(work, weight + i * layer.by_input), load(work, inputs + i * lanes), z)
        store(work, layer.outputs + j * lanes, z)
    for pair in range((layer.n_out + 1) // 2):
        j, k = 2 * pair, smaller(2 * pair + 1, layer.n_out - 1)  # the last of an odd number is both
        first, second = layer.outputs + j * lanes, layer.outputs + k * lanes
        z = concatenate(load(work, first), load(work, second))
        low, high = split(activated(layer.activation, z, all_activations))
        store(work, first, low)
        store(work, second, high)
    if layer.activation == Activation.SOFTMAX:
        _softmax(shifted(work, layer.outputs), layer.n_out)


@inner
def _softmax(z, units):
    """Softmax over the units, for all rows at once."""
    lanes = lane_count(z)
    largest, sums = load(z, 0), zeros(z)
    for j in range(1, units):
        largest = maximum(load(z, j * lanes), largest)
    for j in range(units):
        e = exp_nonpositive(load(z, j * lanes) - largest)
        store(z, j * lanes, e)
        sums = sums + e
    for j in range(units):
        store(z, j * lanes, load(z, j * lanes) / sums)


@_in_place
def _output_delta(choices, activation, out, targets, row_scales, units, delta):
    """Set the last layer's delta; row_scales: of the rows, 0 where a lane has none."""
    lanes = lane_count(out)
    mean = zeros(out)
    for j in range(units):
        o = load(out, j * lanes)
        error = load(row_scales, 0) * (o - load(targets, j * lanes))
        if choices.loss == Loss.SQUARED_ERROR:
            error = derived(activation, o, error, choices.all_activations)
        mean = fma(o, error, mean)
        store(delta, j * lanes, error)
    if choices.loss == Loss.SQUARED_ERROR and activation == Activation.SOFTMAX:
        for j in range(units):
            store(delta, j * lanes, load(out, j * lanes) * (load(delta, j * lanes) - mean))


@_in_place
def _backpropagate(work, layer, below, all_activations):
    """Set the delta of the layer below, whose outputs are this layer's inputs."""
    lanes = lane_count(work)
    for i in range(below.n_out):
        weight = layer.weights + i * layer.by_input
        error = at(work, weight) * load(work, layer.delta)
        for j in range(1, layer.n_out):
            delta = load(work, layer.delta + j * lanes)
            error = fma(at(work, weight + j * layer.by_output), delta, error)
        out = load(work, layer.inputs + i * lanes)
        store(work, below.delta + i * lanes, derived(below.activation, out, error, all_activations))


@_in_place
def _update(work, layer, size, choices, learning_rate, momentum):
    """Move a layer's weights against their gradient, line by line, as many at once as lanes."""
    lanes = lane_count(work)
    line, count, across, width = layer.inputs, layer.n_in, layer.delta, layer.n_out
    if layer.by_input == 1:
        line, count, across, width = layer.delta, layer.n_out, layer.inputs, layer.n_in
    downhill, k = -learning_rate, layer.weights
    for i in range(count):
        x = load(work, line + i * lanes)
        for group in range((width + lanes - 1) // lanes):
            g = dot_products(x, work, across + group * lanes * lanes)
            if choices.track_directions:
                store(work, k + 2 * size, g)
            if choices.momentum:
                v = fma(momentum, load(work, k + size), g)
                store(work, k + size, v)
                g = fma(momentum, v, g) if choices.nesterov else v
            store(work, k, fma(downhill, g, load(work, k)))
            k += lanes


@inner
def _finite(work, size):
    """Whether no weight is infinite or NaN: zero times any other is zero. Four chains at once."""
    a, b, c, d = zeros(work), zeros(work), zeros(work), zeros(work)
    lanes = lane_count(work)
    for k in range(size // (4 * lanes)):
        first = 4 * k * lanes
        a, b = fma(0.0, load(work, first), a), fma(0.0, load(work, first + lanes), b)
        c = fma(0.0, load(work, first + 2 * lanes), c)
        d = fma(0.0, load(work, first + 3 * lanes), d)
    return sum_lanes((a + b) + (c + d)) == 0
