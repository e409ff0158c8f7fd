"""Activation functions and their slopes, compiled.

`rare` is None where a plan has none of the activations in `rare.py`: these are then not compiled.
"""

import numpy as np

from fusedmlp.codes import Activation
from fusedmlp.kernels.compiled import compiled, inner
from fusedmlp.kernels.each import each, each_slope
from fusedmlp.kernels.exponential import exp_nonpositive, sigmoid, tanh
from fusedmlp.kernels.rare import activate_rare, activated_rare, rare_slopes_at, sloped_rare
from fusedmlp.kernels.softmax import divide_by_sum, softmax_derivative, subtract_largest
from fusedmlp.kernels.vectors import address, at_least_zero, select, shifted

ANY = np.intp(1)  # for `rare`: all activations are wanted


@compiled
def activate(activation, z):
    """Replace z (rows, units) by its activation."""
    activate_at(activation, address(z), z.shape[0], z.shape[1], ANY)


@inner
def activate_at(activation, z, rows, units, rare):
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
    elif rare is not None:
        activate_rare(activation, z, rows * units)


@inner
def activated(activation, z, rare):
    """Return the activation of a vector of sums; softmax needs the whole row, and does nothing."""
    if activation == Activation.SIGMOID:
        return sigmoid(z)
    if activation == Activation.TANH:
        return tanh(z)
    if activation == Activation.RELU:
        return at_least_zero(z)
    if rare is not None:
        return activated_rare(activation, z)
    return z


@compiled
def error_weighted_derivative(activation, outputs, error, delta):
    """Set delta (rows, units) to error times the activation's slope.

    The slope is read off the layer's outputs; for silu and gelu, whose outputs do not tell it, off
    the sums z in their place.
    """
    rows, units = outputs.shape
    derivative_at(activation, address(outputs), address(error), rows, units, address(delta), ANY)


@inner
def derivative_at(activation, outputs, error, rows, units, delta, rare):
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
            softmax_derivative(shifted(outputs, k), shifted(error, k), units, shifted(delta, k))
    elif activation == Activation.IDENTITY:
        _identity_slopes(outputs, error, rows * units, delta)
    elif rare is not None:
        rare_slopes_at(activation, outputs, error, rows * units, delta)


@inner
def sloped(activation, out, error, rare):
    """Return error times the activation's slope, read off its output."""
    if activation == Activation.SIGMOID:
        return _sigmoid_slope(out, error)
    if activation == Activation.TANH:
        return _tanh_slope(out, error)
    if activation == Activation.RELU:
        return _relu_slope(out, error)
    if rare is not None:
        return sloped_rare(activation, out, error)
    return error


@inner
def _at_least_zero(z):
    return at_least_zero(z)


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


_sigmoid_each, _tanh_each, _exp_each, _at_least_zero_each = (
    each(function) for function in (sigmoid, tanh, exp_nonpositive, _at_least_zero)
)
_sigmoid_slopes, _tanh_slopes, _relu_slopes, _identity_slopes = (
    each_slope(function) for function in (_sigmoid_slope, _tanh_slope, _relu_slope, _identity_slope)
)
