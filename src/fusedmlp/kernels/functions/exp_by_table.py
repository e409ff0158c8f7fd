"""exp of a vector with AVX-512, which reads a table of 16 numbers in registers.

``exp(x) = 2**k (T + L) (1 + t)``: ``16 x / ln 2`` is rounded to ``16 k + j``; T is ``2**(j/16)``
rounded to the type and L the rest; ``t = exp(r) - 1 = r + r**2 q(r)`` with ``|r| <= ln(2) / 32``,
where half the polynomial's degree does. (P. T. P. Tang, "Table-driven implementation of the
exponential function in IEEE floating-point arithmetic", ACM TOMS 15, 1989.)

On a Zen 4, ns a number by a polynomial and by the table: sigmoid 0.28 and 0.25 in float32, 0.77 and
0.65 in float64; silu 0.51 and 0.40, 1.18 and 0.99.
"""

from decimal import Decimal, localcontext
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from fusedmlp.kernels.compilation.jit import INNER, inner
from fusedmlp.kernels.vector.wide_registers import scale_by_power, table_of_16

STEPS = 16  # of the table, from one power of two to the next
LOG2_E = 1.4426950408889634
# Adding and subtracting these rounds to a multiple of 1/16; the sum's last four bits are j.
ROUND_64 = 1.5 * 2**52 / STEPS
ROUND_32 = 1.5 * 2**23 / STEPS

scaled = scale_by_power  # takes the whole part of k, rounded down
UNSCALED = 0.0


def _tables(real: Any) -> tuple[list[float], list[float]]:
    """Return 2**(j/16) for j = 0..15 rounded to a type, and the rest."""
    with localcontext() as context:
        context.prec = 50
        powers = [Decimal(2) ** (Decimal(j) / STEPS) for j in range(STEPS)]
        rounded = [float(real(power)) for power in powers]
        return rounded, [float(p - Decimal(r)) for p, r in zip(powers, rounded, strict=True)]


_high, _low = map(table_of_16, _tables(np.float64), _tables(np.float32))


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
def _exp_parts_64(x):
    """Return (m, k) with exp(x) = m 2**k; q minimax, an error of 0.05 ULP of exp."""
    places, k, r = _reduced_64(x)
    q = (r * 0.0013889129138989290185 + 0.0083334719510519914532) * r + 0.041666666659647446916
    t = ((q * r + 0.16666666664416967679) * r + 0.50000000000000056628) * (r * r) + r
    high = _high(places)
    return high + (high * t + _low(places)), k


@inner
def _exp_parts_32(x):
    """Return the same in float32; an error of 0.02 ULP."""
    places, k, r = _reduced_32(x)
    t = (r * 0.16667057742902642647 + 0.50001618960161963624) * (r * r) + r
    high = _high(places)
    return high + (high * t + _low(places)), k


def _exp_parts(x):
    pass


@overload(_exp_parts, jit_options=INNER, inline="always")
def _exp_parts_for_type(x):
    if x.dtype == types.float64:
        return lambda x: _exp_parts_64(x)
    return lambda x: _exp_parts_32(x)


@inner
def exp_parts(x):
    """Return (m, k) with exp(x) = scaled(m, k), for x within `range_of_exp`."""
    return _exp_parts(x)
