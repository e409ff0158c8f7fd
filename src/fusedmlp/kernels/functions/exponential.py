"""exp, expm1, sigmoid and tanh of a vector, without branches, calls or tables.

All use ``exp(x) = 2**k * (1 + t)``, with ``k = round(x / ln 2)``, ``r = x - k ln 2`` and
``t = exp(r) - 1 = r + r**2 q(r)``, where q is a polynomial. The polynomials interpolate
``(exp(r) - 1 - r) / r**2`` at the Chebyshev nodes of ``|r| <= ln(2) / 2``; their relative error in
exp is 0.08 units in the last place (ULP) of either type. The error of the results is at most 2 ULP
(``python -m benchmarks.accuracy`` tries every float32).

Divisions are the processor's. An approximate reciprocal (``rcp14``), with the rounding errors of
divisor and quotient added back, has 1 ULP but takes longer. On a Zen 4, ns a number in float32 and
float64: sigmoid 0.42 and 1.10 instead of 0.35 and 0.92, tanh 0.53 and 1.33 instead of 0.38 and
0.97.

Adding and subtracting ``1.5 * 2**52`` (``2**23`` in float32) rounds to an integer, whose bits are
the last bits of the sum. A conversion from float to integer would be undefined for NaN.
"""

import numpy as np
from numba import types
from numba.extending import overload

from fusedmlp.kernels.compilation.jit import FLAGS, inner
from fusedmlp.kernels.vector import (
    USES_AVX512_MATH,
    absolute,
    copysign,
    power_of_two,
    scale_by_power,
    select,
)

LOG2_E = 1.4426950408889634
ROUND_64 = 6755399441055744.0
ROUND_32 = 12582912.0


@inner
def _reduce_64(x):
    """Return (k, t) with exp(x) = 2**k (1 + t), for -800 <= x <= 720."""
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
    return k, r + r2 * q


@inner
def _reduce_32(x):
    """Return the same in float32, for -130 <= x <= 100."""
    k = (x * LOG2_E + ROUND_32) - ROUND_32
    r = (x - k * 0.693359375) - k * -2.12194440e-4
    r2 = r * r
    q = (
        (0.5 + r * 0.16666576989698775683)
        + r2 * (0.041666554617204574203 + r * 0.0083631790527225773704)
    ) + (r2 * r2) * 0.0013926183587713494542
    return k, r + r2 * q


def _reduce(x):
    return _reduce_64(x) if x.dtype == np.float64 else _reduce_32(x)


@overload(_reduce, jit_options=FLAGS, inline="always")
def _reduce_for_type(x):
    if x.dtype == types.float64:
        return lambda x: _reduce_64(x)
    return lambda x: _reduce_32(x)


def round_and_zero(x):
    """Return a type's rounding constant, and an x for which exp(x), even times x, is 0."""
    return (ROUND_64, -800.0) if x.dtype == np.float64 else (ROUND_32, -130.0)


@overload(round_and_zero, jit_options=FLAGS, inline="always")
def _round_and_zero_for_type(x):
    if x.dtype == types.float64:
        return lambda x: (ROUND_64, -800.0)  # noqa: ARG005
    return lambda x: (ROUND_32, -130.0)  # noqa: ARG005


def _overflow_bound(x):
    """Return an x whose exponential overflows, but is still a product of two powers of two."""
    return 720.0 if x.dtype == np.float64 else 100.0


@overload(_overflow_bound, jit_options=FLAGS, inline="always")
def _overflow_bound_for_type(x):
    if x.dtype == types.float64:
        return lambda x: 720.0  # noqa: ARG005
    return lambda x: 100.0  # noqa: ARG005


@inner
def factors(x):
    """Return (first, second, t) with exp(x) = first (1 + t) second.

    Below 2**-1022, a power of two is no longer a normal number; a product of two is exact there.
    """
    rounding, zero = round_and_zero(x)
    k, t = _reduce(select(x < zero, zero, x))
    half = k * 0.5 + rounding
    rest = (k - (half - rounding)) + rounding
    return power_of_two(half), power_of_two(rest), t


@inner
def _exp_by_products(x):
    """Return exp(x) for x <= 0."""
    first, second, t = factors(x)
    return (first + first * t) * second


@inner
def _exp_by_scaling(x):
    """Return exp(x) for x <= 0, with an instruction of AVX-512."""
    _, zero = round_and_zero(x)
    k, t = _reduce(select(x < zero, zero, x))
    return scale_by_power(1.0 + t, k)


exp_nonpositive = _exp_by_scaling if USES_AVX512_MATH else _exp_by_products


@inner
def exp(x):
    """Return exp(x) for any x; it overflows to infinity."""
    largest = _overflow_bound(x)
    return exp_nonpositive(select(x > largest, largest, x))


@inner
def expm1_nonpositive(x):
    """Return exp(x) - 1 for x <= 0, which is -1 for x <= -40."""
    rounding, _ = round_and_zero(x)
    k, t = _reduce(select(x < -40.0, -40.0, x))
    power = power_of_two(k + rounding)
    return power * t + (power - 1.0)


@inner
def sigmoid(x):
    """Return 1 / (1 + exp(-x)): with e = exp(-|x|), it is 1 / (1 + e) or e / (1 + e)."""
    e = exp_nonpositive(0.0 - absolute(x))
    return select(x > 0.0, 1.0, e) / (1.0 + e)


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
    rounding, _ = round_and_zero(x)
    double = -2.0 * absolute(x)
    k, t = _reduce(select(double < -40.0, -40.0, double))
    power = power_of_two(rounding - k)
    return copysign((t + (1.0 - power)) / (t + (1.0 + power)), x)
