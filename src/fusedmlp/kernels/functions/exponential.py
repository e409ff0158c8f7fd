"""exp, expm1, sigmoid and tanh of a vector, without branches or calls.

Their error is at most 2 units in the last place (ULP; ``python -m benchmarks.accuracy`` tries every
float32). With AVX-512, exp reads a table in registers; tanh and exp - 1, for which its rounding
would be too coarse near 0 without more operations, gain nothing by that.

Divisions are the processor's. An approximate reciprocal (``rcp14``), with the rounding errors of
divisor and quotient added back, has 1 ULP but takes longer: a sigmoid a fifth.
"""

import numpy as np
from numba import types
from numba.extending import overload

from fusedmlp.kernels.compilation.jit import INNER, inner
from fusedmlp.kernels.functions.exp_by_polynomial import expm1_nonpositive, tanh
from fusedmlp.kernels.vector import USES_AVX512_MATH, select

if USES_AVX512_MATH:
    from fusedmlp.kernels.functions.exp_by_table import exp_parts, scaled, sigmoid_parts
else:
    from fusedmlp.kernels.functions.exp_by_polynomial import exp_parts, scaled, sigmoid_parts

ONE_FROM = 40.0  # where a sigmoid is 1 in both types

__all__ = [
    "exp",
    "exp_nonpositive",
    "exp_parts",
    "expm1_nonpositive",
    "range_of_exp",
    "scaled",
    "sigmoid",
    "sigmoid_parts",
    "tanh",
    "within_sigmoid",
]


def range_of_exp(x):
    """Return an x for which exp(x), even times x, is 0, and one for which it overflows."""
    return (-800.0, 720.0) if x.dtype == np.float64 else (-130.0, 100.0)


@overload(range_of_exp, jit_options=INNER, inline="always")
def _range_for_type(x):
    if x.dtype == types.float64:
        return lambda x: (-800.0, 720.0)  # noqa: ARG005
    return lambda x: (-130.0, 100.0)  # noqa: ARG005


@inner
def exp_nonpositive(x):
    """Return exp(x) for x <= 0."""
    least, _ = range_of_exp(x)
    m, power = exp_parts(select(x < least, least, x))
    return scaled(m, power)


@inner
def exp(x):
    """Return exp(x) for any x; it overflows to infinity."""
    _, most = range_of_exp(x)
    return exp_nonpositive(select(x > most, most, x))


@inner
def sigmoid(x):
    """Return 1 / (1 + exp(-x)) = p / (p + p exp(-x)), p the power of two that keeps both finite.

    So results below 2**-1022 (2**-126) are right too.
    """
    power, divisor, _ = sigmoid_parts(within_sigmoid(x))
    return power / divisor


@inner
def within_sigmoid(x):
    """Return x, or the next number at which a sigmoid is 0 or 1 like there."""
    least, _ = range_of_exp(x)
    x = select(x < least, least, x)
    return select(x > ONE_FROM, ONE_FROM, x)
