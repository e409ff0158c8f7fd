"""A run on as few rows as a vector has lanes, all of them in each step: rows in the lanes.

Such an epoch is a chain of latencies: each of its numbers waits for the one before. With a unit's
rows in one vector (inputs, outputs, deltas: (units, lanes)), the chain is as short as can be, and
nothing is masked, gathered or transposed.
"""

from fusedmlp.kernels.activations import activated, sloped
from fusedmlp.kernels.blocks import share
from fusedmlp.kernels.compiled import compiled, inner
from fusedmlp.kernels.exponential import exp_nonpositive
from fusedmlp.kernels.losses import nearest_to_certain, record_at
from fusedmlp.kernels.network import network_of, units_and_widest
from fusedmlp.kernels.updates import count_changes_at, finite_at, update_at
from fusedmlp.kernels.vectors import (
    address,
    at,
    lane_count,
    load,
    put,
    select,
    shifted,
    store,
    total,
    zeros,
)
from fusedmlp.plan import Activation, Loss


@compiled
def fit_few(plan, X, y, state, stop):
    """Do what `fit` does, for a full batch of few rows."""
    network, rows = network_of(plan), X.shape[0]
    n_in, n_out, last = plan.sizes[0], plan.sizes[-1], plan.activations[-1]
    params, gradient, velocity = (
        address(state.params),
        address(state.gradient),
        address(state.velocity),
    )
    uphill, changes = address(state.uphill), address(state.direction_changes)
    errors, losses, size = address(state.errors), address(state.losses), state.params.size
    scale, nearest = share(plan.reduction, rows, X.dtype.type), nearest_to_certain(X)

    lanes = lane_count(params)
    units, widest = units_and_widest(network)
    inputs = address(state.work)
    targets = shifted(inputs, n_in * lanes)
    present = shifted(targets, n_out * lanes)
    activations = shifted(present, lanes)
    delta = shifted(activations, units * lanes)
    below = shifted(delta, widest * lanes)
    _put_in_lanes(address(X), rows, n_in, inputs)
    _put_in_lanes(address(y), rows, n_out, targets)
    for r in range(lanes):
        put(present, r, scale if r < rows else 0)

    epoch, ok = state.position[0] // rows, True
    record = (epoch + plan.record_every - 1) // plan.record_every  # the next
    while ok and epoch * rows < stop:
        out = _forward(network, params, inputs, activations)
        if epoch == record * plan.record_every:
            for j in range(n_out):
                o, t = shifted(out, j * lanes), shifted(targets, j * lanes)
                record_at(plan.loss, last, o, t, rows, nearest, errors, losses, record)
            record += 1
        _output_delta(plan.loss, last, out, targets, present, n_out, delta)
        _backward(network, params, inputs, activations, units, delta, below, gradient)
        if plan.track_directions:
            count_changes_at(gradient, uphill, changes, size)
        update_at(
            params, gradient, velocity, size, plan.learning_rate, plan.momentum, plan.nesterov
        )
        ok = finite_at(params, size)
        epoch += 1
    state.position[0] = epoch * rows
    return ok


@inner
def _put_in_lanes(rows_first, rows, units, units_first):
    """Transpose (rows, units) to (units, lanes); lanes without a row repeat the last.

    They count nothing, but go through the network, and must not overflow where no row does.
    """
    lanes = lane_count(units_first)
    for j in range(units):
        for r in range(lanes):
            put(units_first, j * lanes + r, at(rows_first, min(r, rows - 1) * units + j))


@inner
def _forward(network, params, inputs, outputs):
    """Fill the outputs, layer after layer; return the address of the last layer's."""
    lanes = lane_count(params)
    for layer in range(network.layers):
        n_in, n_out = at(network.sizes, layer), at(network.sizes, layer + 1)
        activation = at(network.activations, layer)
        weights = shifted(params, at(network.weights, layer))
        biases = shifted(params, at(network.biases, layer))
        for j in range(n_out):
            z = zeros(params)
            if network.bias:
                z = z + at(biases, j)
            for i in range(n_in):
                z = z + at(weights, i * n_out + j) * load(inputs, i * lanes)
            store(outputs, j * lanes, activated(activation, z))
        if activation == Activation.SOFTMAX:
            _softmax(outputs, n_out)
        inputs, outputs = outputs, shifted(outputs, n_out * lanes)
    return inputs


@inner
def _softmax(z, units):
    """Softmax over the units, for all rows at once."""
    lanes = lane_count(z)
    largest, sums = load(z, 0), zeros(z)
    for j in range(1, units):
        v = load(z, j * lanes)
        largest = select(v > largest, v, largest)
    for j in range(units):
        e = exp_nonpositive(load(z, j * lanes) - largest)
        store(z, j * lanes, e)
        sums = sums + e
    for j in range(units):
        store(z, j * lanes, load(z, j * lanes) / sums)


@inner
def _output_delta(kind, activation, out, targets, present, units, delta):
    """Set the last layer's delta; present: a row's share in the gradient, 0 where there is none."""
    lanes = lane_count(out)
    mean = zeros(out)
    for j in range(units):
        o = load(out, j * lanes)
        error = load(present, 0) * (o - load(targets, j * lanes))
        if kind == Loss.SQUARED_ERROR:
            error = sloped(activation, o, error)
        mean = mean + o * error
        store(delta, j * lanes, error)
    if kind == Loss.SQUARED_ERROR and activation == Activation.SOFTMAX:
        for j in range(units):
            store(delta, j * lanes, load(out, j * lanes) * (load(delta, j * lanes) - mean))


@inner
def _backward(network, params, X, activations, units, delta, below, gradient):
    """Set the gradient, from the last layer's delta on."""
    lanes = lane_count(params)
    offset = units - at(network.sizes, network.layers)  # where the outputs of the layer below end
    for layer in range(network.layers - 1, -1, -1):
        n_in, n_out = at(network.sizes, layer), at(network.sizes, layer + 1)
        weights = shifted(params, at(network.weights, layer))
        weight_gradient = shifted(gradient, at(network.weights, layer))
        bias_gradient = shifted(gradient, at(network.biases, layer))
        inputs = X
        if layer > 0:
            offset -= n_in
            inputs = shifted(activations, offset * lanes)
            activation = at(network.activations, layer - 1)
            for i in range(n_in):
                error = zeros(params)
                for j in range(n_out):
                    error = error + at(weights, i * n_out + j) * load(delta, j * lanes)
                store(below, i * lanes, sloped(activation, load(inputs, i * lanes), error))
        for i in range(n_in):
            x = load(inputs, i * lanes)
            for j in range(n_out):
                put(weight_gradient, i * n_out + j, total(x * load(delta, j * lanes)))
        if network.bias:
            for j in range(n_out):
                put(bias_gradient, j, total(load(delta, j * lanes)))
        delta, below = below, delta
