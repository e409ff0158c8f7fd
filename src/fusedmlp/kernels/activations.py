"""Activation functions and their slopes, compiled."""

from fusedmlp.kernels.compiled import compiled, inner
from fusedmlp.kernels.exponential import exp_nonpositive, sigmoid, tanh
from fusedmlp.kernels.vectors import (
    address,
    at,
    at_least_zero,
    lane_count,
    load,
    load_first,
    put,
    select,
    shifted,
    store,
    store_first,
    total,
    zeros,
)
from fusedmlp.plan import Activation


@compiled
def activate(activation, z):
    """Replace z (rows, units) by its activation."""
    activate_at(activation, address(z), z.shape[0], z.shape[1])


@inner
def activate_at(activation, z, rows, units):
    """Activate the numbers at an address."""
    if activation == Activation.SOFTMAX:
        for b in range(rows):
            _softmax(shifted(z, b * units), units)
    elif activation != Activation.IDENTITY:
        size, lanes = rows * units, lane_count(z)
        full = size - size % lanes
        for k in range(0, full, lanes):
            store(z, k, activated(activation, load(z, k)))
        if full < size:
            v = activated(activation, load_first(z, full, size - full))
            store_first(z, full, v, size - full)


@inner
def activated(activation, z):
    """Return the activation of a vector of sums; softmax needs the whole row, and does nothing."""
    if activation == Activation.SIGMOID:
        return sigmoid(z)
    if activation == Activation.TANH:
        return tanh(z)
    if activation == Activation.RELU:
        return at_least_zero(z)
    return z


@inner
def _softmax(z, units):
    """Softmax of one row. Less than its largest, no number's exponential overflows."""
    largest = at(z, 0)
    for j in range(1, units):
        largest = max(largest, at(z, j))
    lanes = lane_count(z)
    sums = zeros(z)
    for j in range(0, units, lanes):
        e = exp_nonpositive(load_first(z, j, units - j) - largest)
        store_first(z, j, e, units - j)
        sums += load_first(z, j, units - j)
    scale = total(sums)
    for j in range(units):
        put(z, j, at(z, j) / scale)


@compiled
def error_weighted_derivative(activation, outputs, error, delta):
    """Set delta (rows, units) to error times the activation's slope, read off its outputs."""
    rows, units = outputs.shape
    derivative_at(activation, address(outputs), address(error), rows, units, address(delta))


@inner
def derivative_at(activation, outputs, error, rows, units, delta):
    """Set the delta at an address to error times slope."""
    if activation == Activation.SOFTMAX:
        for b in range(rows):
            k = b * units
            _softmax_derivative(shifted(outputs, k), shifted(error, k), units, shifted(delta, k))
    else:
        size, lanes = rows * units, lane_count(outputs)
        full = size - size % lanes
        for k in range(0, full, lanes):
            store(delta, k, sloped(activation, load(outputs, k), load(error, k)))
        if full < size:
            out, err = load_first(outputs, full, size - full), load_first(error, full, size - full)
            store_first(delta, full, sloped(activation, out, err), size - full)


@inner
def sloped(activation, out, error):
    """Return error times the activation's slope, read off its output."""
    if activation == Activation.SIGMOID:
        return error * (out * (1.0 - out))
    if activation == Activation.TANH:
        return error * (1.0 - out * out)
    if activation == Activation.RELU:
        return select(out > 0.0, error, 0.0)
    return error


@inner
def _softmax_derivative(outputs, error, units, delta):
    """Each unit moves all outputs of its row: delta_j = o_j (e_j - sum_k o_k e_k)."""
    mean = total(zeros(outputs))
    for j in range(units):
        mean += at(outputs, j) * at(error, j)
    for j in range(units):
        put(delta, j, at(outputs, j) * (at(error, j) - mean))
