"""Slopes of the activations that act on each number by itself."""

from fusedmlp.kernels.compiled import inner
from fusedmlp.kernels.exponential import expm1_nonpositive
from fusedmlp.kernels.gates import GELU, SILU, gated_slope
from fusedmlp.kernels.vectors import (
    WIDE,
    lane_count,
    load_first_wide,
    load_wide,
    select,
    store,
    store_first,
)
from fusedmlp.plan import LEAK, Activation

# Of outputs that are not above 0, the slope is a + b times the output.
LEAKY_RELU = (LEAK, 0.0)
ELU = (1.0, 1.0)


@inner
def slope_of_sums(activation):
    """Whether an activation's slope needs its sums: the outputs do not tell it."""
    return activation == Activation.SILU or activation == Activation.GELU


@inner
def slopes_at(activation, outputs, error, size, delta):
    """Set the deltas at an address to error times slope; outputs of silu and gelu are the sums."""
    if activation == Activation.SIGMOID:
        _sigmoid_slopes(outputs, error, size, delta)
    elif activation == Activation.TANH:
        _tanh_slopes(outputs, error, size, delta)
    elif activation == Activation.RELU:
        _relu_slopes(outputs, error, size, delta)
    elif activation == Activation.LEAKY_RELU:
        _bent_slopes(outputs, error, size, delta, *LEAKY_RELU)
    elif activation == Activation.ELU:
        _bent_slopes(outputs, error, size, delta, *ELU)
    elif activation == Activation.SOFTPLUS:
        _softplus_slopes(outputs, error, size, delta)
    elif activation == Activation.SILU:
        _gated_slopes(outputs, error, size, delta, *SILU)
    elif activation == Activation.GELU:
        _gated_slopes(outputs, error, size, delta, *GELU)
    elif activation == Activation.EXP:
        _exp_slopes(outputs, error, size, delta)
    else:
        _identity_slopes(outputs, error, size, delta)


def _each_slope(function):
    """Return a function that sets all deltas at an address, in a loop of its own.

    Why each has its own, `activations` says.
    """

    @inner
    def set_deltas(outputs, error, size, delta, *constants):
        lanes, k = WIDE * lane_count(outputs), 0
        while k < size:
            if k + lanes <= size:
                store(delta, k, function(load_wide(outputs, k), load_wide(error, k), *constants))
            else:
                out = load_first_wide(outputs, k, size - k)
                v = function(out, load_first_wide(error, k, size - k), *constants)
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
def _bent_slope(out, error, a, b):
    return error * select(out > 0.0, 1.0, a + b * out)


@inner
def _softplus_slope(out, error):
    """1 - exp(-out), without losing the small ones to the 1."""
    return error * (0.0 - expm1_nonpositive(0.0 - out))


@inner
def _exp_slope(out, error):
    return error * out


@inner
def _identity_slope(out, error):  # noqa: ARG001
    return error


_sigmoid_slopes, _tanh_slopes, _relu_slopes, _identity_slopes = (
    _each_slope(function)
    for function in (_sigmoid_slope, _tanh_slope, _relu_slope, _identity_slope)
)
_bent_slopes, _softplus_slopes, _gated_slopes, _exp_slopes = (
    _each_slope(function) for function in (_bent_slope, _softplus_slope, gated_slope, _exp_slope)
)


@inner
def sloped(activation, out, error):
    """Return error times the activation's slope, read off its output; not silu's nor gelu's."""
    if activation == Activation.SIGMOID:
        return _sigmoid_slope(out, error)
    if activation == Activation.TANH:
        return _tanh_slope(out, error)
    if activation == Activation.RELU:
        return _relu_slope(out, error)
    if activation == Activation.LEAKY_RELU:
        return _bent_slope(out, error, *LEAKY_RELU)
    if activation == Activation.ELU:
        return _bent_slope(out, error, *ELU)
    if activation == Activation.SOFTPLUS:
        return _softplus_slope(out, error)
    if activation == Activation.EXP:
        return _exp_slope(out, error)
    return error
