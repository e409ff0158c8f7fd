"""exp, expm1 and tanh of a vector by polynomials, without tables.

``exp(x) = 2**k (1 + t)``, with ``k = round(x / ln 2)``, ``r = x - k ln 2`` and
``t = exp(r) - 1 = r + r**2 q(r)``. The polynomials q interpolate ``(exp(r) - 1 - r) / r**2`` at the
Chebyshev nodes of ``|r| <= ln(2) / 2``; their relative error in exp is 0.08 units in the last place
(ULP) of either type.

Adding and subtracting ``1.5 * 2**52`` (``2**23`` in float32) rounds to an integer, whose bits are
the last bits of the sum. A conversion from float to integer would be undefined for NaN.
"""

import numpy as np
from numba import types
from numba.extending import overload

from fusedmlp.kernels.compilation.jit import INNER, inner
from fusedmlp.kernels.functions.sums import larger_last
from fusedmlp.kernels.vector import absolute, copysign, power_of_two, select

LOG2_E = 1.4426950408889634
ROUND_64 = 6755399441055744.0
ROUND_32 = 12582912.0


@inner
def _reduced_64(x):
    """Return (k, t, rounding constant) with exp(x) = 2**k (1 + t), for -800 <= x <= 800."""
    k = (x * LOG2_E + ROUND_64) - ROUND_64
    r = (x - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10
    r2 = r * r
    r4 = r2 * r2
    q = (
        (0.50000000000000010221 + r * 0.16666666666666667453)
        + r2 * (0.041666666666624127873 + r * 0.0083333333333300618325)
    ) + r4 * (
        (0.0013888888917213716901 + r * 0.00019841269863053616878)
        + r2 * (0.000024801521295954375131 + r * 2.7557268459997064772e-6)
        + r4 * (2.7620088445409748161e-7 + r * 2.5100385495510319078e-8)
    )
    return k, r + r2 * q, ROUND_64


@inner
def _reduced_32(x):
    """Return the same in float32, for -130 <= x <= 130."""
    k = (x * LOG2_E + ROUND_32) - ROUND_32
    r = (x - k * 0.693359375) - k * -2.12194440e-4
    r2 = r * r
    q = (
        (0.5 + r * 0.16666576989698775683)
        + r2 * (0.041666554617204574203 + r * 0.0083631790527225773704)
    ) + (r2 * r2) * 0.0013926183587713494542
    return k, r + r2 * q, ROUND_32


def _reduced(x):
    return _reduced_64(x) if x.dtype == np.float64 else _reduced_32(x)


@overload(_reduced, jit_options=INNER, inline="always")
def _reduced_for_type(x):
    if x.dtype == types.float64:
        return lambda x: _reduced_64(x)
    return lambda x: _reduced_32(x)


@inner
def exp_parts(x):
    """Return (m, exponent) with exp(x) = scaled(m, exponent), for x within `range_of_exp`."""
    k, t, rounding = _reduced(x)
    return 1.0 + t, _halves(k, rounding)


@inner
def scaled(m, exponent):
    """Return m times the power of two of an exponent."""
    half, rest = exponent
    return (m * half) * rest


@inner
def sigmoid_parts(x):
    """Return (power, divisor, exponent) of x from `range_of_exp` to 40.

    The power of two is scaled(1, exponent); by the divisor, it is 1 / (1 + exp(-x)).
    """
    k, t, rounding = _reduced(0.0 - x)
    half, rest = _halves(0.0 - k, rounding)
    power = half * rest
    return power, larger_last(power, 1.0, t), (half, rest)


@inner
def _halves(k, rounding):
    """Return two powers of two whose product is 2**k, for an integer k.

    Below 2**-1022, a power of two is no longer a normal number; a product of two is exact there.
    """
    half = k * 0.5 + rounding
    rest = (k - (half - rounding)) + rounding
    return power_of_two(half), power_of_two(rest)


@inner
def expm1_nonpositive(x):
    """Return exp(x) - 1 for x <= 0, which is -1 for x <= -40."""
    k, t, rounding = _reduced(select(x < -40.0, -40.0, x))
    power = power_of_two(k + rounding)
    return power * t + (power - 1.0)


@inner
def tanh(x):
    """Return tanh(x) = (1 - e) / (1 + e), e = exp(-2|x|) = (1 + t) / p, with the sign of x.

    Times p, a power of two, that is ((p - 1) - t) / ((p + 1) + t): two roundings before that of the
    division. With exp(-2|x|) - 1 there is one more, and 3 ULP at 0.2 in float64. For |x| >= 20 it
    is 1.

    Minimax rational functions of x in float32 (degrees 9 / 8 and 11 / 8, Horner's scheme with fused
    operations) take half the instructions, but err by up to 5.4 ULP between 5 and 7, and still by
    4.8 with a corrected division: tried for every float32.
    """
    double = -2.0 * absolute(x)
    k, t, rounding = _reduced(select(double < -40.0, -40.0, double))
    power = power_of_two(rounding - k)
    return copysign((t + (1.0 - power)) / (t + (1.0 + power)), x)
