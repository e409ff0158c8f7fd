"""The forward and the backward pass of few rows, one row in each lane.

With a unit's rows in one vector (inputs, outputs, deltas: (units, lanes)), the chain of latencies
is shortest, and nothing is masked, gathered or transposed.
"""

from fusedmlp.kernels.activations import derived
from fusedmlp.kernels.lanes.inlined import force_inlined, inlined_early
from fusedmlp.kernels.lanes.layout import layer_of
from fusedmlp.kernels.lanes.outputs import activate
from fusedmlp.kernels.lanes.vector_update import update_vector
from fusedmlp.kernels.vector import (
    address,
    at,
    dot_products,
    fma,
    lane_count,
    load,
    store,
)


@inlined_early
def forward_rows(layout, choices, work):
    """Compute all layers' outputs."""
    layers = address(layout.layers)
    for number in range(len(layout.layers)):
        _forward(work, layer_of(layers, number), choices.all_activations, choices.log_loss)


@inlined_early
def backward_rows(layout, choices, work, learning_rate, momentum):
    """Update all layers, given the last layer's delta."""
    layers = address(layout.layers)
    for number in range(len(layout.layers) - 1, -1, -1):
        layer = layer_of(layers, number)
        if number > 0:
            _backpropagate(work, layer, layer_of(layers, number - 1), choices.all_activations)
        _update(work, layer, layout.size, choices, learning_rate, momentum)


@force_inlined
def _forward(work, layer, all_activations, log_loss):
    """Compute a layer's outputs: all sums, then the activations."""
    lanes = lane_count(work)
    for j in range(layer.n_out):
        store(work, layer.outputs + j * lanes, sum_of_unit(work, layer, j))
    activate(work, layer, all_activations, log_loss)


@force_inlined
def sum_of_unit(work, layer, unit):
    """Return a unit's sum of each row."""
    lanes, weight = lane_count(work), layer.weights + unit * layer.by_output
    z = at(work, weight) * load(work, layer.inputs)
    for i in range(1, layer.n_in):
        z = fma(at(work, weight + i * layer.by_input), load(work, layer.inputs + i * lanes), z)
    return z


@force_inlined
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


@force_inlined
def _update(work, layer, size, choices, learning_rate, momentum):
    """Update a layer's weights line by line, one vector of weights at a time.

    A line's gradient is the dot products of its input's values over the rows with each output's
    delta, or the other way around (see `layout.py`).
    """
    lanes = lane_count(work)
    x_start, lines, y_start, columns = layer.inputs, layer.n_in, layer.delta, layer.n_out
    if layer.by_input == 1:
        x_start, lines, y_start, columns = layer.delta, layer.n_out, layer.inputs, layer.n_in
    k = layer.weights
    for i in range(lines):
        x = load(work, x_start + i * lanes)
        for group in range((columns + lanes - 1) // lanes):
            g = dot_products(x, work, y_start + group * lanes * lanes)
            update_vector(work, k, size, choices, g, learning_rate, momentum)
            k += lanes
