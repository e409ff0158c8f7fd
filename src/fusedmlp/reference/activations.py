"""Activation functions and their derivatives. Written for clarity, not for speed."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusedmlp.plan.codes import LEAK, Activation

Array = NDArray[np.floating[Any]]

# From here on a sigmoid is 0 or 1; the cube of this number is still finite in float32.
FAR = 1000.0

GELU_SCALE = 2 * float(np.sqrt(2 / np.pi))


def activate(activation: int, z: Array) -> None:
    """Replace z (rows, units) by its activation."""
    if activation == Activation.SIGMOID:
        z[:] = _sigmoid(z)
    elif activation == Activation.TANH:
        z[:] = np.tanh(z)
    elif activation == Activation.RELU:
        z[:] = np.maximum(z, 0)
    elif activation == Activation.SOFTMAX:
        # Subtracting a number from a whole row leaves softmax the same and avoids overflow.
        e = np.exp(z - z.max(axis=1, keepdims=True))
        z[:] = e / e.sum(axis=1, keepdims=True)
    elif activation == Activation.LEAKY_RELU:
        z[:] = np.where(z > 0, z, LEAK * z)
    elif activation == Activation.ELU:
        z[:] = np.where(z > 0, z, np.expm1(np.minimum(z, 0)))
    elif activation == Activation.SOFTPLUS:
        # log(1 + exp(z)) in a form that cannot overflow.
        z[:] = np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))
    elif activation in (Activation.SILU, Activation.GELU):
        gate, _ = _gate(activation, z)
        z[:] = np.maximum(z, -FAR) * gate  # minus infinity times 0 would be NaN
    elif activation == Activation.EXP:
        z[:] = np.exp(z)


def error_weighted_derivative(activation: int, outputs: Array, error: Array, delta: Array) -> None:
    """Set delta (rows, units) to error times the activation's derivative.

    The derivative is computed from the outputs; that of sigmoid, for example, is ``out * (1 -
    out)``. If the output of a sigmoid is near 0 or 1, the derivative is small, and the weights of
    the unit hardly change. silu and gelu fall and then rise, so that two pre-activations z can have
    the same output: for these two, pass the pre-activations as `outputs`.
    """
    if activation == Activation.SIGMOID:
        delta[:] = error * (outputs * (1 - outputs))
    elif activation == Activation.TANH:
        delta[:] = error * (1 - outputs**2)
    elif activation == Activation.RELU:
        delta[:] = np.where(outputs > 0, error, 0)
    elif activation == Activation.SOFTMAX:
        # Each z changes all outputs of its row: d out_k / d z_j = out_k * ((k == j) - out_j).
        delta[:] = outputs * (error - (outputs * error).sum(axis=1, keepdims=True))
    elif activation == Activation.LEAKY_RELU:
        delta[:] = np.where(outputs > 0, error, LEAK * error)
    elif activation == Activation.ELU:
        delta[:] = error * np.where(outputs > 0, 1, outputs + 1)
    elif activation == Activation.SOFTPLUS:
        # The derivative is sigmoid(z) = 1 - exp(-out); expm1 keeps it accurate where it is small.
        delta[:] = error * -np.expm1(-outputs)
    elif activation in (Activation.SILU, Activation.GELU):
        gate, gate_derivative = _gate(activation, outputs)
        delta[:] = error * (gate + outputs.clip(-FAR, FAR) * gate_derivative)
    elif activation == Activation.EXP:
        delta[:] = error * outputs
    else:
        delta[:] = error


def _sigmoid(z: Array) -> Array:
    # exp(-|z|) cannot overflow: 1 / (1 + exp(-z)) where z > 0, exp(z) / (1 + exp(z)) elsewhere.
    e = np.exp(-np.abs(z))
    values: Array = np.where(z > 0, 1, e) / (1 + e)
    return values


def _gate(activation: int, z: Array) -> tuple[Array, Array]:
    """Return the gate sigmoid(u), by which z is multiplied, and the gate's derivative by z.

    SiLU's gate is sigmoid(z). GELU's is ``(1 + tanh(u / 2)) / 2``, which is sigmoid(u), with
    ``u = 2 sqrt(2 / pi) (z + 0.044715 z**3)`` (Hendrycks and Gimpel, Gaussian error linear units,
    2016, their form with tanh).
    """
    z = z.clip(-FAR, FAR)
    scale, cubic = (1.0, 0.0) if activation == Activation.SILU else (GELU_SCALE, 0.044715)
    u = scale * (z + cubic * z**3)
    gate = _sigmoid(u)
    # The derivative of sigmoid is gate * (1 - gate). 1 - gate would lose digits; sigmoid(-u) does
    # not.
    return gate, gate * _sigmoid(-u) * (scale * (1 + 3 * cubic * z**2))
