"""The forward and the backward pass of few rows and one hidden layer, hidden units in the lanes.

Where the rows fill less than half of a vector, or the hidden units fill theirs, this takes less
time than a row in each lane (`fit_in_lanes.py` has the figures): the gradient of a vector of
weights is the sum over few rows of a number times a vector, without dot products. `unit_layout.py`
describes the workspace.
"""

from fusedmlp.kernels.activations import activated, derived
from fusedmlp.kernels.lanes.inlined import force_inlined, inlined_early
from fusedmlp.kernels.lanes.layout import layer_of
from fusedmlp.kernels.lanes.outputs import activate
from fusedmlp.kernels.lanes.vector_update import update_vector
from fusedmlp.kernels.vector import (
    address,
    at,
    concatenate,
    dot_products,
    fma,
    lane_count,
    load,
    split,
    store,
    zeros,
)
from fusedmlp.kernels.vector.integers import smaller


@inlined_early
def forward_units(layout, choices, work):
    """Compute both layers' outputs."""
    layers = address(layout.layers)
    hidden, last = layer_of(layers, 0), layer_of(layers, 1)
    _forward_hidden(layout, work, hidden, choices.all_activations)
    _forward_outputs(layout, work, last)
    activate(work, last, choices.all_activations, choices.log_loss)


@inlined_early
def backward_units(layout, choices, work, learning_rate, momentum):
    """Update both layers, given the last layer's delta."""
    layers = address(layout.layers)
    hidden, last = layer_of(layers, 0), layer_of(layers, 1)
    for group in range(layout.line // lane_count(work)):
        unit = group * lane_count(work)
        _backpropagate(layout, work, hidden, last, unit, choices.all_activations)
        _update_group(layout, work, hidden, last, unit, choices, learning_rate, momentum)
    if layout.biases >= 0:
        _update_biases(layout, work, last, choices, learning_rate, momentum)


@force_inlined
def sum_of_output(layout, work, unit):
    """Return an output's sum of each row."""
    return load(work, layout.sums + unit * lane_count(work))


@force_inlined
def _forward_hidden(layout, work, hidden, all_activations):
    """Compute the hidden outputs, of two rows at a time; padding is 0, whatever the activation."""
    for group in range(layout.line // lane_count(work)):
        unit = group * lane_count(work)
        is_unit = load(work, layout.is_unit + unit)
        for pair in range((layout.rows + 1) // 2):
            r, s = 2 * pair, smaller(2 * pair + 1, layout.rows - 1)  # s = r for an odd one out
            z = concatenate(_hidden_sum(work, hidden, r, unit), _hidden_sum(work, hidden, s, unit))
            low, high = split(activated(hidden.activation, z, all_activations))
            store(work, hidden.outputs + r * layout.line + unit, low * is_unit)
            store(work, hidden.outputs + s * layout.line + unit, high * is_unit)


@force_inlined
def _hidden_sum(work, hidden, row, unit):
    """Return the sums of a row's hidden units from `unit` on."""
    x, weight = hidden.inputs + row * hidden.n_in, hidden.weights + unit
    z = at(work, x) * load(work, weight)
    for i in range(1, hidden.n_in):
        z = fma(at(work, x + i), load(work, weight + i * hidden.by_input), z)
    return z


@force_inlined
def _forward_outputs(layout, work, last):
    """Compute the outputs' sums: one vector of partial sums for each row, then their totals."""
    lanes = lane_count(work)
    for j in range(last.n_out):
        weight = last.weights + j * layout.line
        for r in range(layout.rows):
            hidden = last.inputs + r * layout.line
            total = load(work, weight) * load(work, hidden)
            for group in range(1, layout.line // lanes):
                unit = group * lanes
                total = fma(load(work, weight + unit), load(work, hidden + unit), total)
            store(work, layout.totals + r * lanes, total)
        z = dot_products(zeros(work) + 1.0, work, layout.totals)
        if layout.biases >= 0:
            z = z + at(work, layout.biases + j)
        store(work, layout.sums + j * lanes, z)
        store(work, last.outputs + j * lanes, z)


@force_inlined
def _backpropagate(layout, work, hidden, last, unit, all_activations):
    """Set each row's deltas of the hidden units from `unit` on."""
    lanes = lane_count(work)
    for r in range(layout.rows):
        error = at(work, last.delta + r) * load(work, last.weights + unit)
        for j in range(1, last.n_out):
            weights = load(work, last.weights + j * layout.line + unit)
            error = fma(at(work, last.delta + j * lanes + r), weights, error)
        place = r * layout.line + unit
        out = load(work, hidden.outputs + place)
        delta = derived(hidden.activation, out, error, all_activations)
        store(work, hidden.delta + place, delta)


@force_inlined
def _update_group(layout, work, hidden, last, unit, choices, learning_rate, momentum):
    """Update the weights to and from the hidden units from `unit` on."""
    lanes, size = lane_count(work), layout.size
    for j in range(last.n_out):
        delta, out = last.delta + j * lanes, hidden.outputs + unit
        g = at(work, delta) * load(work, out)
        for r in range(1, layout.rows):
            g = fma(at(work, delta + r), load(work, out + r * layout.line), g)
        k = last.weights + j * layout.line + unit
        update_vector(work, k, size, choices, g, learning_rate, momentum)
    for i in range(hidden.n_in):
        x, delta = hidden.inputs + i, hidden.delta + unit
        g = at(work, x) * load(work, delta)
        for r in range(1, layout.rows):
            x_row = at(work, x + r * hidden.n_in)
            g = fma(x_row, load(work, delta + r * layout.line), g)
        k = hidden.weights + i * layout.line + unit
        update_vector(work, k, size, choices, g, learning_rate, momentum)


@force_inlined
def _update_biases(layout, work, last, choices, learning_rate, momentum):
    """Update the outputs' biases; deltas of lanes without a row are 0."""
    lanes = lane_count(work)
    for group in range((last.n_out + lanes - 1) // lanes):
        g = dot_products(zeros(work) + 1.0, work, last.delta + group * lanes * lanes)
        k = layout.biases + group * lanes
        update_vector(work, k, layout.size, choices, g, learning_rate, momentum)
