"""Activation functions and their slopes, compiled."""

from fusedmlp.codes import Activation
from fusedmlp.kernels.compiled import compiled, inner
from fusedmlp.kernels.exponential import exp_nonpositive, sigmoid, tanh
from fusedmlp.kernels.vectors import (
    WIDE,
    address,
    at,
    at_least_zero,
    greatest,
    lane_count,
    larger,
    load,
    load_first,
    load_first_wide,
    load_wide,
    put,
    select,
    shifted,
    store,
    store_first,
    total,
    zeros,
)


@inner
def _at_least_zero(z):
    return at_least_zero(z)


@compiled
def activate(activation, z):
    """Replace z (rows, units) by its activation."""
    activate_at(activation, address(z), z.shape[0], z.shape[1])


@inner
def activate_at(activation, z, rows, units):
    """Activate the numbers at an address."""
    if activation == Activation.SIGMOID:
        _sigmoid_each(z, rows * units)
    elif activation == Activation.TANH:
        _tanh_each(z, rows * units)
    elif activation == Activation.RELU:
        _at_least_zero_each(z, rows * units)
    elif activation == Activation.SOFTMAX:
        for b in range(rows):
            _subtract_largest(shifted(z, b * units), units)
        _exp_each(z, rows * units)
        for b in range(rows):
            _divide_by_sum(shifted(z, b * units), units)


def _each(function):
    """Return a function that replaces all numbers at an address.

    One loop for each activation: a branch within costs a third of the speed. One call in it: what
    is called is compiled there. Wide vectors, whose registers need not wait for each other, take a
    seventh less than single ones.
    """

    @inner
    def replace(z, size):
        lanes, k = WIDE * lane_count(z), 0
        while k < size:
            whole = k + lanes <= size
            v = function(load_wide(z, k) if whole else load_first_wide(z, k, size - k))
            if whole:
                store(z, k, v)
            else:
                store_first(z, k, v, size - k)
            k += lanes

    return replace


_sigmoid_each, _tanh_each, _exp_each, _at_least_zero_each = (
    _each(function) for function in (sigmoid, tanh, exp_nonpositive, _at_least_zero)
)


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
def _subtract_largest(z, units):
    """Subtract a row's largest number, so that no exponential overflows.

    Rows of fewer units than a vector has lanes are left to scalars, here and in `_divide_by_sum`:
    what takes long is the exponential, and that fills its lanes with several rows.
    """
    lanes = lane_count(z)
    if units < lanes:
        largest = at(z, 0)
        for j in range(1, units):
            largest = max(largest, at(z, j))
        for j in range(units):
            put(z, j, at(z, j) - largest)
        return
    rest = load(z, units - lanes)  # overlaps the vector before it, so it is read first
    most, j = rest, 0
    while j < units - lanes:
        most = larger(most, load(z, j))
        j += lanes
    largest, j = greatest(most), 0
    while j < units - lanes:
        store(z, j, load(z, j) - largest)
        j += lanes
    store(z, units - lanes, rest - largest)


@inner
def _divide_by_sum(z, units):
    """Divide a row by its sum."""
    lanes = lane_count(z)
    if units < lanes:
        divisor = at(z, 0)
        for j in range(1, units):
            divisor += at(z, j)
        for j in range(units):
            put(z, j, at(z, j) / divisor)
        return
    last, j = units - lanes, lanes
    sums, rest = load(z, 0), load(z, last)
    while j <= last:
        sums = sums + load(z, j)
        j += lanes
    divisor = total(sums + load_first(z, j, units - j))
    j = 0
    while j < last:
        store(z, j, load(z, j) / divisor)
        j += lanes
    store(z, last, rest / divisor)


@compiled
def error_weighted_derivative(activation, outputs, error, delta):
    """Set delta (rows, units) to error times the activation's slope, read off its outputs."""
    rows, units = outputs.shape
    derivative_at(activation, address(outputs), address(error), rows, units, address(delta))


@inner
def derivative_at(activation, outputs, error, rows, units, delta):
    """Set the delta at an address to error times slope."""
    if activation == Activation.SIGMOID:
        _sigmoid_slopes(outputs, error, rows * units, delta)
    elif activation == Activation.TANH:
        _tanh_slopes(outputs, error, rows * units, delta)
    elif activation == Activation.RELU:
        _relu_slopes(outputs, error, rows * units, delta)
    elif activation == Activation.SOFTMAX:
        for b in range(rows):
            k = b * units
            _softmax_derivative(shifted(outputs, k), shifted(error, k), units, shifted(delta, k))
    else:
        _identity_slopes(outputs, error, rows * units, delta)


def _each_slope(function):
    """Return a function that sets all deltas at an address, in a loop of its own as above."""

    @inner
    def set_deltas(outputs, error, size, delta):
        lanes, k = WIDE * lane_count(outputs), 0
        while k < size:
            if k + lanes <= size:
                store(delta, k, function(load_wide(outputs, k), load_wide(error, k)))
            else:
                out = load_first_wide(outputs, k, size - k)
                v = function(out, load_first_wide(error, k, size - k))
                store_first(delta, k, v, size - k)
            k += lanes

    return set_deltas


@inner
def _sigmoid_slope(out, error):
    return error * (out * (1.0 - out))


@inner
def _tanh_slope(out, error):
    return error * (1.0 - out * out)


@inner
def _relu_slope(out, error):
    return select(out > 0.0, error, 0.0)


@inner
def _identity_slope(out, error):  # noqa: ARG001
    return error


_sigmoid_slopes, _tanh_slopes, _relu_slopes, _identity_slopes = (
    _each_slope(function)
    for function in (_sigmoid_slope, _tanh_slope, _relu_slope, _identity_slope)
)


@inner
def sloped(activation, out, error):
    """Return error times the activation's slope, read off its output."""
    if activation == Activation.SIGMOID:
        return _sigmoid_slope(out, error)
    if activation == Activation.TANH:
        return _tanh_slope(out, error)
    if activation == Activation.RELU:
        return _relu_slope(out, error)
    return error


@inner
def _softmax_derivative(outputs, error, units, delta):
    """Each unit moves all outputs of its row: delta_j = o_j (e_j - sum_k o_k e_k)."""
    mean = total(zeros(outputs))
    for j in range(units):
        mean += at(outputs, j) * at(error, j)
    for j in range(units):
        put(delta, j, at(outputs, j) * (at(error, j) - mean))
