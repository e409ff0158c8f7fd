"""Activation functions and their derivatives, compiled.

`FORMULAS` lists the activations of the kernels. `all_activations` is None in plans that have common
activations only: the others are then not compiled.
"""

from typing import Any, NamedTuple

from numba import types

from fusedmlp.kernels.compilation.dispatch import dispatch
from fusedmlp.kernels.compilation.door import operation
from fusedmlp.kernels.compilation.jit import inner, shared
from fusedmlp.kernels.compilation.require_fit import require_fit
from fusedmlp.kernels.functions.exponential import exp, expm1_nonpositive, sigmoid, tanh
from fusedmlp.kernels.functions.logarithm import softplus
from fusedmlp.kernels.functions.silu_gelu import gelu, gelu_derivative, silu, silu_derivative
from fusedmlp.kernels.functions.softmax import softmax, softmax_derivative
from fusedmlp.kernels.vector import address, relu, select
from fusedmlp.kernels.vector.elementwise import combine_each, replace_each
from fusedmlp.kernels.vector.typed_constants import ALL_ACTIVATIONS
from fusedmlp.plan.codes import LEAK, NEEDS_PREACTIVATION, Activation


class Formula(NamedTuple):
    """An activation of a vector of pre-activations, and an error times its derivative.

    The derivative takes the output and the error; if the activation's traits say so, it takes the
    pre-activation instead of the output.
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
    """Return error * (1 - exp(-out)); expm1 keeps small results accurate."""
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


@operation
def activate(activation, z):
    """Replace z (rows, units) by its activation."""
    require_fit("activate", activation, z)
    activate_at(activation, address(z), z.shape[0], z.shape[1], ALL_ACTIVATIONS)


@shared(types.none)
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
    """Return the activation of a vector. Softmax needs whole rows: z is returned unchanged."""
    if all_activations is None:
        return _common_function(activation, z)
    return _any_function(activation, z)


@operation
def error_weighted_derivative(activation, outputs, error, delta):
    """Set delta (rows, units) to error times the activation's derivative.

    The derivative is computed from the layer's outputs. silu and gelu take its pre-activations z as
    `outputs` instead.
    """
    require_fit("error_weighted_derivative", activation, outputs, error, delta)
    rows, units = outputs.shape
    derivative_at(
        activation, address(outputs), address(error), rows, units, address(delta), ALL_ACTIVATIONS
    )


@shared(types.none)
def derivative_at(activation, outputs, error, rows, units, delta, all_activations):
    """Set the delta at an address to error times the activation's derivative."""
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
    """Whether an activation's derivative is computed from its pre-activations."""
    return activation in _NEED_PREACTIVATION


@inner
def _do_nothing(activation, *arguments):
    pass


@inner
def _unchanged(activation, z):  # noqa: ARG001
    return z


@inner
def _error_unchanged(activation, out, error):  # noqa: ARG001
    return error


def _make_dispatchers(field, otherwise, make_loop=None):
    """Return a dispatcher among the common activations, and one among all.

    field: of the formulas. make_loop: turns a formula into a loop. Each activation has a loop of
    its own: a branch inside the loop costs a third of the speed.
    """
    table = {code: getattr(formula, field) for code, formula in FORMULAS.items()}
    if field == "function":
        del table[Activation.IDENTITY]  # nothing to do
    if make_loop is None:  # derivatives of outputs only: the small-batch kernel saves no more
        table = {code: f for code, f in table.items() if not code.traits.needs_preactivation}
    else:
        table = {code: make_loop(function) for code, function in table.items()}
    common = {code: function for code, function in table.items() if code.traits.common}
    return dispatch(common, otherwise), dispatch(table, otherwise)


_activate_common, _activate_any = _make_dispatchers("function", _do_nothing, replace_each)
_common_function, _any_function = _make_dispatchers("function", _unchanged)
_derivative_common, _derivative_any = _make_dispatchers("derivative", _do_nothing, combine_each)
_common_derivative, _any_derivative = _make_dispatchers("derivative", _error_unchanged)
_NEED_PREACTIVATION = tuple(int(activation) for activation in NEEDS_PREACTIVATION)
