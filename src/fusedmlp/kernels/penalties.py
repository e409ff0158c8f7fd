"""Penalties on the weights, and gradient clipping, compiled."""

import numpy as np

from fusedmlp.kernels.compilation.door import operation
from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.compilation.require_fit import require_fit
from fusedmlp.kernels.vector import address, at, put, select
from fusedmlp.kernels.vector.elementwise import replace_each
from fusedmlp.kernels.vector.reductions import norm


@operation
def penalize(weights, gradient, l1, l2):
    """Add the derivative of ``l1 * |w| + l2 / 2 * w**2`` to the gradient of the weights."""
    require_fit("penalize", weights, gradient, l1, l2)
    penalize_at(address(weights), address(gradient), weights.size, l1, l2)


@inner
def penalize_at(weights, gradient, size, l1, l2):
    """Add the penalties' derivative to a gradient at an address; each sum is rounded once."""
    for k in range(size):
        w = at(weights, k)
        sign = (1.0 if w > 0 else 0.0) - (1.0 if w < 0 else 0.0)
        put(gradient, k, at(gradient, k) + (l2 * w + l1 * sign))


@operation
def penalty(weights, l1, l2):
    """Return ``l1 * |w| + l2 / 2 * w**2``, summed over the weights."""
    require_fit("penalty", weights, l1, l2)
    return penalty_at(address(weights), weights.size, l1, l2)


@inner
def penalty_at(weights, size, l1, l2):
    """Return the penalty on the weights at an address."""
    absolute_sum = 0.0
    length = norm(weights, size)
    if l1 != 0:  # one addition waits for the one before
        for k in range(size):
            absolute_sum += abs(np.float64(at(weights, k)))
    return np.float64(l1) * absolute_sum + np.float64(l2) / 2.0 * (length * length)


@operation
def clip_values(gradient, most):
    """Clip each number of the gradient to -most..most."""
    require_fit("clip_values", gradient, most)
    clip_values_at(gradient.size, address(gradient), most)


@replace_each
@inner
def clip_values_at(gradient, most):
    """Return a clipped vector; NaN stays NaN."""
    return select(gradient < -most, -most, select(gradient > most, most, gradient))


@operation
def clip_norm(gradient, most):
    """Scale the gradient down to length `most` if it is longer."""
    require_fit("clip_norm", gradient, most)
    length = norm(address(gradient), gradient.size)
    if length > most:
        scale_at(address(gradient), gradient.size, most / length)


@inner
def scale_at(numbers, size, factor):
    """Multiply the numbers at an address in the type of the factor, which may be the wider one."""
    for k in range(size):
        put(numbers, k, at(numbers, k) * factor)
