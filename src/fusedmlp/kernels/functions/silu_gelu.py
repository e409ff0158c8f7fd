"""SiLU and GELU: z times a gate, which is the sigmoid of ``u = z (linear + cubic z**2)``.

SiLU's gate is sigmoid(z). GELU's is ``(1 + tanh(u / 2)) / 2``, which is sigmoid(u), with
``u = 2 sqrt(2 / pi) (z + 0.044715 z**3)`` (Hendrycks and Gimpel, 2016, their form with tanh).
"""

import math

from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.functions.exponential import (
    exp_nonpositive,
    range_of_exp,
    scaled,
    sigmoid_parts,
    within_sigmoid,
)
from fusedmlp.kernels.vector import absolute, select

SILU = (1.0, 0.0)
GELU = (2.0 * math.sqrt(2.0 / math.pi), 2.0 * math.sqrt(2.0 / math.pi) * 0.044715)
OPEN = 100.0  # from here on the gate and the derivative are 1 in both types


@inner
def silu(z):
    """Return z sigmoid(z)."""
    return _gated(z, *SILU)


@inner
def silu_derivative(z, error):
    """Return error times SiLU's derivative."""
    return _gated_derivative(z, error, *SILU)


@inner
def gelu(z):
    """Return GELU, in the form with tanh."""
    return _gated(z, *GELU)


@inner
def gelu_derivative(z, error):
    """Return error times GELU's derivative."""
    return _gated_derivative(z, error, *GELU)


@inner
def _gated(z, linear, cubic):
    """Return z times its gate.

    The gate may be too small for a normal number when z times the gate is not. Therefore the power
    of two comes last.
    """
    least, _ = range_of_exp(z)
    bounded = select(z < least, least, z)  # minus infinity times 0 would be NaN
    x = select(z > OPEN, OPEN, bounded)  # whose square is finite
    u = x * (linear + cubic * (x * x))
    _, divisor, exponent = sigmoid_parts(within_sigmoid(u))
    return scaled(bounded / divisor, exponent)


@inner
def _gated_derivative(z, error, linear, cubic):
    """Return error times s(u) + z s'(u) du/dz, s the sigmoid.

    s'(u) is computed as s(u) s(-u): 1 - s(u) would lose digits.
    """
    least, _ = range_of_exp(z)
    x = select(z > OPEN, OPEN, select(z < least, least, z))
    squared = x * x
    u = x * (linear + cubic * squared)
    e = exp_nonpositive(0.0 - absolute(u))
    larger_gate = 1.0 / (1.0 + e)
    smaller_gate = e * larger_gate
    gate = select(u > 0.0, larger_gate, smaller_gate)
    gate_derivative = (larger_gate * smaller_gate) * (linear + (3.0 * cubic) * squared)
    return error * (gate + x * gate_derivative)
