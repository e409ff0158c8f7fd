"""The activations that few networks have, and their slopes: compiled where a plan says so.

Compiled into every run, they would make each first call a second longer.
"""

from fusedmlp.codes import LEAK, Activation
from fusedmlp.kernels.compiled import inner
from fusedmlp.kernels.each import each, each_slope
from fusedmlp.kernels.exponential import exp, expm1_nonpositive
from fusedmlp.kernels.gates import GELU, SILU, gated, gated_slope
from fusedmlp.kernels.logarithm import softplus
from fusedmlp.kernels.vectors import at_least_zero, select

# Of outputs that are not above 0, the slope is a + b times the output.
BEND_OF_LEAKY_RELU = (LEAK, 0.0)
BEND_OF_ELU = (1.0, 1.0)


@inner
def slope_of_sums(activation):
    """Whether an activation's slope needs its sums: the outputs do not tell it."""
    return activation == Activation.SILU or activation == Activation.GELU


@inner
def activate_rare(activation, z, size):
    """Activate the numbers at an address."""
    if activation == Activation.LEAKY_RELU:
        _leaky_relu_each(z, size)
    elif activation == Activation.ELU:
        _elu_each(z, size)
    elif activation == Activation.SOFTPLUS:
        _softplus_each(z, size)
    elif activation == Activation.SILU:
        _gated_each(z, size, *SILU)
    elif activation == Activation.GELU:
        _gated_each(z, size, *GELU)
    elif activation == Activation.EXP:
        _exp_each(z, size)


@inner
def activated_rare(activation, z):
    """Return the activation of a vector of sums; silu and gelu are not needed so."""
    if activation == Activation.LEAKY_RELU:
        return _leaky_relu(z)
    if activation == Activation.ELU:
        return _elu(z)
    if activation == Activation.SOFTPLUS:
        return softplus(z)
    if activation == Activation.EXP:
        return exp(z)
    return z


@inner
def rare_slopes_at(activation, outputs, error, size, delta):
    """Set the deltas at an address to error times slope; silu's and gelu's outputs are the sums."""
    if activation == Activation.LEAKY_RELU:
        _bent_slopes(outputs, error, size, delta, *BEND_OF_LEAKY_RELU)
    elif activation == Activation.ELU:
        _bent_slopes(outputs, error, size, delta, *BEND_OF_ELU)
    elif activation == Activation.SOFTPLUS:
        _softplus_slopes(outputs, error, size, delta)
    elif activation == Activation.SILU:
        _gated_slopes(outputs, error, size, delta, *SILU)
    elif activation == Activation.GELU:
        _gated_slopes(outputs, error, size, delta, *GELU)
    elif activation == Activation.EXP:
        _exp_slopes(outputs, error, size, delta)


@inner
def sloped_rare(activation, out, error):
    """Return error times the activation's slope, read off its output; not silu's nor gelu's."""
    if activation == Activation.LEAKY_RELU:
        return _bent_slope(out, error, *BEND_OF_LEAKY_RELU)
    if activation == Activation.ELU:
        return _bent_slope(out, error, *BEND_OF_ELU)
    if activation == Activation.SOFTPLUS:
        return _softplus_slope(out, error)
    if activation == Activation.EXP:
        return _exp_slope(out, error)
    return error


@inner
def _leaky_relu(z):
    return at_least_zero(z) - LEAK * at_least_zero(0.0 - z)


@inner
def _elu(z):
    return at_least_zero(z) + expm1_nonpositive(0.0 - at_least_zero(0.0 - z))


@inner
def _bent_slope(out, error, a, b):
    return error * select(out > 0.0, 1.0, a + b * out)


@inner
def _softplus_slope(out, error):
    """1 - exp(-out), without losing the small ones to the 1."""
    return error * (0.0 - expm1_nonpositive(0.0 - out))


@inner
def _exp_slope(out, error):
    return error * out


_leaky_relu_each, _elu_each, _softplus_each, _gated_each, _exp_each = (
    each(function) for function in (_leaky_relu, _elu, softplus, gated, exp)
)
_bent_slopes, _softplus_slopes, _gated_slopes, _exp_slopes = (
    each_slope(function) for function in (_bent_slope, _softplus_slope, gated_slope, _exp_slope)
)
