"""exp of a vector with AVX-512, which reads a table of 16 numbers in registers.

``exp(x) = 2**k (T + L) (1 + t)``: ``16 x / ln 2`` is rounded to ``16 k + j``; T is ``2**(j/16)``
rounded to the type and L the rest; ``t = exp(r) - 1 = r + r**2 q(r)`` with ``|r| <= ln(2) / 32``,
where half the polynomial's degree does. (P. T. P. Tang, "Table-driven implementation of the
exponential function in IEEE floating-point arithmetic", ACM TOMS 15, 1989.)

On a Zen 4, ns a number by a polynomial and by the table: sigmoid 0.29 and 0.21 in float32, 0.80 and
0.59 in float64; silu 0.34 and 0.23, 0.89 and 0.64.
"""

from decimal import Decimal, localcontext

import numpy as np
from numba import types
from numba.extending import overload

from fusedmlp.kernels.compilation.jit import INNER, inner
from fusedmlp.kernels.functions.sums import larger_last
from fusedmlp.kernels.vector.wide_registers import power_of_two_below, scale_by_power, table_of_16

STEPS = 16  # of the table, from one power of two to the next
LOG2_E = 1.4426950408889634
# Adding and subtracting these rounds to a multiple of 1/16; the sum's last four bits are j.
ROUND_64 = 1.5 * 2**52 / STEPS
ROUND_32 = 1.5 * 2**23 / STEPS

scaled = scale_by_power  # takes the whole part of an exponent, rounded down


def _tables(sign: int) -> list[tuple[list[float], ...]]:
    """Return 2**(sign j/16) for j = 0..15 rounded to float64 and to float32, and the rest."""
    with localcontext() as context:
        context.prec = 50
        powers = [Decimal(2) ** (Decimal(sign * j) / STEPS) for j in range(STEPS)]
        rounded = [[float(real(power)) for power in powers] for real in (np.float64, np.float32)]
        rest = [
            [float(p - Decimal(r)) for p, r in zip(powers, each, strict=True)] for each in rounded
        ]
        return [tuple(rounded), tuple(rest)]


_high, _low = (table_of_16(*numbers) for numbers in _tables(1))
_high_inverse, _low_inverse = (table_of_16(*numbers) for numbers in _tables(-1))


@inner
def _reduced_64(x):
    """Return (places, k, r) of -800 <= x <= 720; places is k before the rounding constant is off.

    The first product is exact, and so is the difference.
    """
    places = x * LOG2_E + ROUND_64
    k = places - ROUND_64
    return places, k, (x - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10


@inner
def _reduced_32(x):
    """Return the same in float32, of -130 <= x <= 100."""
    places = x * LOG2_E + ROUND_32
    k = places - ROUND_32
    return places, k, (x - k * 0.693359375) - k * -2.12194440e-4


@inner
def _expm1_64(r):
    """Return exp(r) - 1; q is minimax, with an error of 0.05 ULP of exp."""
    r2 = r * r
    q = (r * 0.0083334719510519914532 + 0.041666666659647446916) + r2 * 0.0013889129138989290185
    return ((r * 0.16666666664416967679 + 0.50000000000000056628) + r2 * q) * r2 + r


@inner
def _expm1_32(r):
    """Return the same in float32, with an error of 0.02 ULP."""
    return (r * 0.16667057742902642647 + 0.50001618960161963624) * (r * r) + r


def _reduced(x):
    pass


@overload(_reduced, jit_options=INNER, inline="always")
def _reduced_for_type(x):
    if x.dtype == types.float64:
        return lambda x: _reduced_64(x)
    return lambda x: _reduced_32(x)


def _expm1(r):
    pass


@overload(_expm1, jit_options=INNER, inline="always")
def _expm1_for_type(r):
    if r.dtype == types.float64:
        return lambda r: _expm1_64(r)
    return lambda r: _expm1_32(r)


@inner
def exp_parts(x):
    """Return (m, k) with exp(x) = scaled(m, k), for x within `range_of_exp`."""
    places, k, r = _reduced(x)
    high = _high(places)
    return high + (high * _expm1(r) + _low(places)), k


@inner
def sigmoid_parts(x):
    """Return (power, divisor, k) of x from `range_of_exp` to 40.

    The power of two is scaled(1, k); by the divisor, it is 1 / (1 + exp(-x)). The divisor is the
    power and exp(-x) times it.
    """
    places, k, r = _reduced(x)
    high, power = _high_inverse(places), power_of_two_below(k)
    small = high * _expm1(0.0 - r) + _low_inverse(places)
    return power, larger_last(power, high, small), k
