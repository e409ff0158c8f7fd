"""Training on a full batch of at most as many rows as a vector has lanes, one row in each lane.

The time of such an epoch is latency: each operation waits for the one before it. With a unit's rows
in one vector (inputs, outputs, deltas: (units, lanes)), this chain is shortest, and nothing is
masked, gathered or transposed. `layout.py` describes the workspace; `specialized.py` compiles
kernels in which the layout and the choices are constants.
"""

from typing import NamedTuple

from numba import config, njit

from fusedmlp.kernels.activations import activated, derived
from fusedmlp.kernels.blocked.fits import fit_fits
from fusedmlp.kernels.blocked.row_weights import row_scale
from fusedmlp.kernels.compilation.door import behind_door
from fusedmlp.kernels.compilation.jit import FLAGS, inner
from fusedmlp.kernels.compilation.require_fit import REFUSED
from fusedmlp.kernels.functions.exponential import exp_nonpositive
from fusedmlp.kernels.lanes.layout import layer_of
from fusedmlp.kernels.log_loss import (
    first_unit,
    no_losses,
    sigmoid_losses,
    softmax_losses,
    with_unit,
)
from fusedmlp.kernels.losses import Records, absolute_error_at, loss_of_outputs_at, record_at
from fusedmlp.kernels.updates import count_changes_at
from fusedmlp.kernels.vector import (
    address,
    at,
    concatenate,
    dot_products,
    fma,
    keep_first,
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
    """The options that choose which operations an epoch has."""

    loss: int
    log_loss: int | None  # as in a plan
    momentum: bool
    nesterov: int
    track_directions: int
    all_activations: int | None  # as in a plan


def choices_of(plan):
    """Return a plan's choices."""
    return Choices(
        plan.loss,
        plan.log_loss,
        bool(plan.momentum != 0),
        plan.nesterov,
        plan.track_directions,
        plan.all_activations,
    )


def _inlined(function):
    """Inline a function into its caller in Numba's IR, before LLVM sees either.

    LLVM unrolls loops before it inlines calls: for the loop over the layers to be unrolled, the
    number of layers has to be a constant by then.
    """
    return function if config.DISABLE_JIT else njit(inline="always", **FLAGS)(function)


def _force_inlined(function):
    """Force LLVM to inline a function of any length: calls took 8% of an epoch.

    By Numba's own pipeline, which optimises it first: inlined as it is, an epoch of 3-32-1 takes a
    tenth longer.
    """
    if config.DISABLE_JIT:
        return inner(function)
    return njit(forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True, **FLAGS)(function)


@_inlined
def train_small_batch(layout, choices, workspace, plan, rows, state, stop):
    """Train as `fit` does, on a full batch of few rows that is in the workspace."""
    work, layers = address(workspace), address(layout.layers)
    count, size = len(layout.layers), layout.size
    last = layer_of(layers, count - 1)
    out, targets = shifted(work, last.outputs), shifted(work, layout.targets)
    row_scales, delta = shifted(work, layout.row_scales), shifted(work, last.delta)
    records = Records(address(state.errors), address(state.losses))
    all_activations = choices.all_activations
    for r in range(rows):
        put(row_scales, r, row_scale(plan.reduction, rows, workspace.dtype.type))

    epoch, ok = state.position[0] // rows, True
    record = (epoch + plan.record_every - 1) // plan.record_every  # the next record
    while ok and epoch * rows < stop:
        for number in range(count):
            _forward(work, layer_of(layers, number), all_activations)
        if epoch == record * plan.record_every:
            _record(choices.log_loss, work, last, targets, rows, records, record)
            record += 1
        _output_delta(choices, last.activation, out, targets, row_scales, last.n_out, delta)
        for number in range(count - 1, -1, -1):
            layer = layer_of(layers, number)
            if number > 0:
                _backpropagate(work, layer, layer_of(layers, number - 1), all_activations)
            _update(work, layer, size, choices, plan.learning_rate, plan.momentum)
        if choices.track_directions:
            gradient, offsets = address(state.gradient), address(layout.params)
            for k in range(state.params.size):
                put(gradient, k, at(work, 2 * size + at(offsets, k)))
            directions, changes = address(state.last_direction), address(state.direction_changes)
            count_changes_at(gradient, directions, changes, state.params.size)
        ok = _finite(work, size)
        epoch += 1
    state.position[0] = epoch * rows
    return ok


@behind_door
def fit_small_batch(layout, choices, workspace, plan, X, y, state, stop):
    """Train a network of any layout; X and y, whose numbers are in the workspace, are checked."""
    if not fit_fits(plan, None, X, y, state, stop):
        raise ValueError(REFUSED)
    return train_small_batch(layout, choices, workspace, plan, X.shape[0], state, stop)


@_force_inlined
def _forward(work, layer, all_activations):
    """Compute a layer's outputs: all pre-activations, then the activations of two units at a time.

    An activation is a long chain of dependent instructions: two of them at a time hide each other's
    latency. The pre-activations are shorter chains: four at a time were slower in most networks.
    """
    lanes = lane_count(work)
    for j in range(layer.n_out):
        store(work, layer.outputs + j * lanes, _preactivation(work, layer, j))
    for pair in range((layer.n_out + 1) // 2):
        j, k = 2 * pair, smaller(2 * pair + 1, layer.n_out - 1)  # k = j for an odd one out
        first, second = layer.outputs + j * lanes, layer.outputs + k * lanes
        z = concatenate(load(work, first), load(work, second))
        low, high = split(activated(layer.activation, z, all_activations))
        store(work, first, low)
        store(work, second, high)
    if layer.activation == Activation.SOFTMAX:
        _softmax(shifted(work, layer.outputs), layer.n_out)


@_force_inlined
def _preactivation(work, layer, unit):
    """Return a unit's pre-activations."""
    lanes, weight = lane_count(work), layer.weights + unit * layer.by_output
    z = at(work, weight) * load(work, layer.inputs)
    for i in range(1, layer.n_in):
        z = fma(at(work, weight + i * layer.by_input), load(work, layer.inputs + i * lanes), z)
    return z


@inner
def _softmax(z, units):
    """Replace z (units, lanes) by the softmax over the units, for all rows at once."""
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


@_force_inlined
def _record(log_loss, work, last, targets, rows, records, record):
    """Add the error and the loss, log_loss or squared_error, to a record."""
    lanes, error, value = lane_count(work), 0.0, 0.0
    for j in range(last.n_out):
        out, target = shifted(work, last.outputs + j * lanes), shifted(targets, j * lanes)
        error += absolute_error_at(out, target, rows)
        if log_loss is None:
            value += loss_of_outputs_at(Loss.SQUARED_ERROR, 1.0, out, target, rows)
    if log_loss is not None:
        value = sum_lanes(keep_first(_log_losses(work, last, targets), rows))
    record_at(records, record, error, value)


@_force_inlined
def _log_losses(work, last, targets):
    """Return the log loss of each row.

    The activation has replaced the sums, from which it is computed: they are computed again, so
    that an epoch without a record has nothing to do for it. As a call it would take 15% of an epoch
    of 3-4-1 more.
    """
    lanes = lane_count(work)
    if last.activation == Activation.SOFTMAX:
        losses = first_unit(_preactivation(work, last, 0), load(targets, 0))
        for j in range(1, last.n_out):
            losses = with_unit(losses, _preactivation(work, last, j), load(targets, j * lanes))
        return softmax_losses(losses)
    value = no_losses(load(targets, 0))
    for j in range(last.n_out):
        value = value + sigmoid_losses(_preactivation(work, last, j), load(targets, j * lanes))
    return value


@_force_inlined
def _output_delta(choices, activation, out, targets, row_scales, units, delta):
    """Set the last layer's delta; row_scales: one for each lane, 0 for a lane without a row."""
    lanes = lane_count(out)
    mean_error = zeros(out)
    for j in range(units):
        o = load(out, j * lanes)
        error = load(row_scales, 0) * (o - load(targets, j * lanes))
        if choices.loss == Loss.SQUARED_ERROR:
            error = derived(activation, o, error, choices.all_activations)
        mean_error = fma(o, error, mean_error)
        store(delta, j * lanes, error)
    if choices.loss == Loss.SQUARED_ERROR and activation == Activation.SOFTMAX:
        for j in range(units):
            store(delta, j * lanes, load(out, j * lanes) * (load(delta, j * lanes) - mean_error))


@_force_inlined
def _backpropagate(work, layer, below, all_activations):
    """Set the delta of the layer below, whose outputs are the inputs of `layer`."""
    lanes = lane_count(work)
    for i in range(below.n_out):
        weight = layer.weights + i * layer.by_input
        error = at(work, weight) * load(work, layer.delta)
        for j in range(1, layer.n_out):
            delta = load(work, layer.delta + j * lanes)
            error = fma(at(work, weight + j * layer.by_output), delta, error)
        out = load(work, layer.inputs + i * lanes)
        store(work, below.delta + i * lanes, derived(below.activation, out, error, all_activations))


@_force_inlined
def _update(work, layer, size, choices, learning_rate, momentum):
    """Update a layer's weights line by line, one vector of weights at a time.

    A line's gradient is the dot products of its input's values over the rows with each output's
    delta, or the other way around (see `layout.py`).
    """
    lanes = lane_count(work)
    x_start, lines, y_start, columns = layer.inputs, layer.n_in, layer.delta, layer.n_out
    if layer.by_input == 1:
        x_start, lines, y_start, columns = layer.delta, layer.n_out, layer.inputs, layer.n_in
    negative_rate, k = -learning_rate, layer.weights
    for i in range(lines):
        x = load(work, x_start + i * lanes)
        for group in range((columns + lanes - 1) // lanes):
            g = dot_products(x, work, y_start + group * lanes * lanes)
            if choices.track_directions:
                store(work, k + 2 * size, g)
            if choices.momentum:
                v = fma(momentum, load(work, k + size), g)
                store(work, k + size, v)
                g = fma(momentum, v, g) if choices.nesterov else v
            store(work, k, fma(negative_rate, g, load(work, k)))
            k += lanes


@inner
def _finite(work, size):
    """Whether all weights are finite: 0 times infinity or NaN is NaN. Four independent sums."""
    a, b, c, d = zeros(work), zeros(work), zeros(work), zeros(work)
    lanes = lane_count(work)
    for k in range(size // (4 * lanes)):
        first = 4 * k * lanes
        a, b = fma(0.0, load(work, first), a), fma(0.0, load(work, first + lanes), b)
        c = fma(0.0, load(work, first + 2 * lanes), c)
        d = fma(0.0, load(work, first + 3 * lanes), d)
    return sum_lanes((a + b) + (c + d)) == 0
