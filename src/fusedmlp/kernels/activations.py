"""Activation functions and their derivatives, compiled.

`FORMULAS` is where the kernels get to know an activation. `all_activations` is None in plans for
which the common ones will do: the others are then not compiled.
"""

from typing import Any, NamedTuple

from fusedmlp.kernels.compilation.dispatch import dispatch
from fusedmlp.kernels.compilation.jit import compiled, inner
from fusedmlp.kernels.functions.exponential import exp, expm1_nonpositive, sigmoid, tanh
from fusedmlp.kernels.functions.logarithm import softplus
from fusedmlp.kernels.functions.silu_gelu import gelu, gelu_derivative, silu, silu_derivative
from fusedmlp.kernels.functions.softmax import softmax, softmax_derivative
from fusedmlp.kernels.vector import address, relu, select
from fusedmlp.kernels.vector.elementwise import combine_each, replace_each
from fusedmlp.kernels.vector.typed_constants import ALL_ACTIVATIONS
from fusedmlp.plan.codes import LEAK, NEEDS_PREACTIVATION, Activation


class Formula(NamedTuple):
    """An activation of a vector of pre-activations, and its derivative times an error.

    The derivative is a function of the output, or of the pre-activation where the activation's
    traits say so, and of the error.
    """

    function: Any
    derivative: Any


@inner
def _identity(z):
    return z


@inner
def _identity_derivative(out, error):  # noqa: ARG001
    return error


@inner
def _sigmoid_derivative(out, error):
    return error * (out * (1.0 - out))


@inner
def _tanh_derivative(out, error):
    return error * (1.0 - out * out)


@inner
def _relu(z):
    return relu(z)


@inner
def _relu_derivative(out, error):
    return select(out > 0.0, error, 0.0)


@inner
def _leaky_relu(z):
    return relu(z) - LEAK * relu(0.0 - z)


@inner
def _leaky_relu_derivative(out, error):
    return error * select(out > 0.0, 1.0, LEAK + 0.0 * out)


@inner
def _elu(z):
    return relu(z) + expm1_nonpositive(0.0 - relu(0.0 - z))


@inner
def _elu_derivative(out, error):
    return error * select(out > 0.0, 1.0, 1.0 + out)


@inner
def _softplus_derivative(out, error):
    """Error times 1 - exp(-out), without losing small results to the 1."""
    return error * (0.0 - expm1_nonpositive(0.0 - out))


@inner
def _exp_derivative(out, error):
    return error * out


FORMULAS = {
    Activation.SIGMOID: Formula(sigmoid, _sigmoid_derivative),
    Activation.TANH: Formula(tanh, _tanh_derivative),
    Activation.RELU: Formula(_relu, _relu_derivative),
    Activation.LEAKY_RELU: Formula(_leaky_relu, _leaky_relu_derivative),
    Activation.ELU: Formula(_elu, _elu_derivative),
    Activation.SOFTPLUS: Formula(softplus, _softplus_derivative),
    Activation.SILU: Formula(silu, silu_derivative),
    Activation.GELU: Formula(gelu, gelu_derivative),
    Activation.EXP: Formula(exp, _exp_derivative),
    Activation.IDENTITY: Formula(_identity, _identity_derivative),
}


@compiled
def activate(activation, z):
    """Replace z (rows, units) by its activation."""
    activate_at(activation, address(z), z.shape[0], z.shape[1], ALL_ACTIVATIONS)


@inner
def activate_at(activation, z, rows, units, all_activations):
    """Activate the pre-activations at an address."""
    if activation == Activation.SOFTMAX:
        softmax(z, rows, units)
    elif all_activations is None:
        _activate_common(activation, rows * units, z)
    else:
        _activate_any(activation, rows * units, z)


@inner
def activated(activation, z, all_activations):
    """Return the activation of a vector; softmax, which needs the whole row, does nothing."""
    if all_activations is None:
        return _common_function(activation, z)
    return _any_function(activation, z)


@compiled
def error_weighted_derivative(activation, outputs, error, delta):
    """Set delta (rows, units) to error times the activation's derivative.

    The derivative is computed from the layer's outputs, or from its pre-activations z where the
    outputs do not tell it (silu, gelu).
    """
    rows, units = outputs.shape
    derivative_at(
        activation, address(outputs), address(error), rows, units, address(delta), ALL_ACTIVATIONS
    )


@inner
def derivative_at(activation, outputs, error, rows, units, delta, all_activations):
    """Set the delta at an address to error times derivative."""
    if activation == Activation.SOFTMAX:
        softmax_derivative(outputs, error, rows, units, delta)
    elif all_activations is None:
        _derivative_common(activation, rows * units, outputs, error, delta)
    else:
        _derivative_any(activation, rows * units, outputs, error, delta)


@inner
def derived(activation, out, error, all_activations):
    """Return error times the activation's derivative, from a vector of outputs."""
    if all_activations is None:
        return _common_derivative(activation, out, error)
    return _any_derivative(activation, out, error)


@inner
def needs_preactivation(activation):
    """Whether an activation's derivative needs its pre-activations."""
    return activation in _NEED_PREACTIVATION


@inner
def _nothing(activation, *arguments):
    pass


@inner
def _unchanged(activation, z):  # noqa: ARG001
    return z


@inner
def _error_alone(activation, out, error):  # noqa: ARG001
    return error


def _dispatched(part, otherwise, make_loop=None):
    """Return dispatchers among the common activations, and among all.

    part: of the formulas; make_loop: makes of it what is called. A loop for each activation: a
    branch within costs a third of the speed.
    """
    table = {code: getattr(formula, part) for code, formula in FORMULAS.items()}
    if make_loop is None:  # outputs are all there is
        table = {code: f for code, f in table.items() if not code.traits.needs_preactivation}
    else:
        table = {code: make_loop(function) for code, function in table.items()}
    common = {code: function for code, function in table.items() if code.traits.common}
    return dispatch(common, otherwise), dispatch(table, otherwise)


_activate_common, _activate_any = _dispatched("function", _nothing, replace_each)
_common_function, _any_function = _dispatched("function", _unchanged)
_derivative_common, _derivative_any = _dispatched("derivative", _nothing, combine_each)
_common_derivative, _any_derivative = _dispatched("derivative", _error_alone)
_NEED_PREACTIVATION = tuple(int(activation) for activation in NEEDS_PREACTIVATION)
