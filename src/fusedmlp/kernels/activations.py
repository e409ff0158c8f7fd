"""Activation functions and their slopes, compiled."""

from fusedmlp.kernels.compiled import compiled, inner
from fusedmlp.kernels.exponential import exp, expm1_nonpositive, sigmoid, tanh
from fusedmlp.kernels.gates import GELU, SILU, gated
from fusedmlp.kernels.logarithm import softplus
from fusedmlp.kernels.slopes import slopes_at
from fusedmlp.kernels.softmax import divide_by_sum, softmax_derivative, subtract_largest
from fusedmlp.kernels.vectors import (
    WIDE,
    address,
    at_least_zero,
    lane_count,
    load_first_wide,
    load_wide,
    shifted,
    store,
    store_first,
)
from fusedmlp.plan import LEAK, Activation


@inner
def _at_least_zero(z):
    return at_least_zero(z)


@inner
def _leaky_relu(z):
    return at_least_zero(z) - LEAK * at_least_zero(0.0 - z)


@inner
def _elu(z):
    return at_least_zero(z) + expm1_nonpositive(0.0 - at_least_zero(0.0 - z))


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
            subtract_largest(shifted(z, b * units), units)
        _exp_each(z, rows * units)
        for b in range(rows):
            divide_by_sum(shifted(z, b * units), units)
    elif activation == Activation.LEAKY_RELU:
        _leaky_relu_each(z, rows * units)
    elif activation == Activation.ELU:
        _elu_each(z, rows * units)
    elif activation == Activation.SOFTPLUS:
        _softplus_each(z, rows * units)
    elif activation == Activation.SILU:
        _gated_each(z, rows * units, *SILU)
    elif activation == Activation.GELU:
        _gated_each(z, rows * units, *GELU)
    elif activation == Activation.EXP:
        _exp_each(z, rows * units)


def _each(function):
    """Return a function that replaces all numbers at an address.

    One loop for each activation: a branch within costs a third of the speed. One call in it: what
    is called is compiled there. Wide vectors, whose registers need not wait for each other, take a
    seventh less than single ones.
    """

    @inner
    def replace(z, size, *constants):
        lanes, k = WIDE * lane_count(z), 0
        while k < size:
            whole = k + lanes <= size
            v = load_wide(z, k) if whole else load_first_wide(z, k, size - k)
            v = function(v, *constants)
            if whole:
                store(z, k, v)
            else:
                store_first(z, k, v, size - k)
            k += lanes

    return replace


_sigmoid_each, _tanh_each, _exp_each, _at_least_zero_each = (
    _each(function) for function in (sigmoid, tanh, exp, _at_least_zero)
)
_leaky_relu_each, _elu_each, _softplus_each, _gated_each = (
    _each(function) for function in (_leaky_relu, _elu, softplus, gated)
)


@inner
def activated(activation, z):
    """Return the activation of a vector of sums; softmax needs the whole row, and does nothing.

    SiLU and GELU are not needed here.
    """
    if activation == Activation.SIGMOID:
        return sigmoid(z)
    if activation == Activation.TANH:
        return tanh(z)
    if activation == Activation.RELU:
        return at_least_zero(z)
    if activation == Activation.LEAKY_RELU:
        return _leaky_relu(z)
    if activation == Activation.ELU:
        return _elu(z)
    if activation == Activation.SOFTPLUS:
        return softplus(z)
    if activation == Activation.EXP:
        return exp(z)
    return z


@compiled
def error_weighted_derivative(activation, outputs, error, delta):
    """Set delta (rows, units) to error times the activation's slope.

    The slope is read off the layer's outputs; for silu and gelu, whose outputs do not tell it, off
    the sums z in their place.
    """
    rows, units = outputs.shape
    derivative_at(activation, address(outputs), address(error), rows, units, address(delta))


@inner
def derivative_at(activation, outputs, error, rows, units, delta):
    """Set the delta at an address to error times slope."""
    if activation == Activation.SOFTMAX:
        for b in range(rows):
            k = b * units
            softmax_derivative(shifted(outputs, k), shifted(error, k), units, shifted(delta, k))
    else:
        slopes_at(activation, outputs, error, rows * units, delta)
