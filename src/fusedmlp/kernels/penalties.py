"""What is done to a gradient before a step, compiled."""

import numpy as np

from fusedmlp.kernels.compiled import compiled, inner
from fusedmlp.kernels.vectors import address, at, lane_count, load_first, put, total, zeros


@compiled
def penalize(weights, gradient, l1, l2):
    """Add the derivative of ``l1 * |w| + l2 / 2 * w**2`` to the gradient of the weights."""
    penalize_at(address(weights), address(gradient), weights.size, l1, l2)


@inner
def penalize_at(weights, gradient, size, l1, l2):
    """Add the penalties' derivative to a gradient at an address."""
    for k in range(size):
        w = at(weights, k)
        sign = (1.0 if w > 0 else 0.0) - (1.0 if w < 0 else 0.0)
        put(gradient, k, at(gradient, k) + (l2 * w + l1 * sign))


@compiled
def penalty(weights, l1, l2):
    """Return ``l1 * |w| + l2 / 2 * w**2``, summed over the weights."""
    return penalty_at(address(weights), weights.size, l1, l2)


@inner
def penalty_at(weights, size, l1, l2):
    """Return the penalty on the weights at an address."""
    sizes = 0.0
    squares = norm_at(weights, size)
    for k in range(size):
        sizes += abs(np.float64(at(weights, k)))
    return np.float64(l1) * sizes + np.float64(l2) / 2.0 * (squares * squares)


@compiled
def clip_values(gradient, most):
    """Bring each number of the gradient into -most..most."""
    clip_values_at(address(gradient), gradient.size, most)


@inner
def clip_values_at(gradient, size, most):
    """Clip the numbers at an address; NaN stays."""
    for k in range(size):
        g = at(gradient, k)
        put(gradient, k, -most if g < -most else most if g > most else g)


@compiled
def clip_norm(gradient, most):
    """Shorten a gradient that is longer than `most`: its direction stays."""
    norm = norm_at(address(gradient), gradient.size)
    if norm > most:
        scale_at(address(gradient), gradient.size, most / norm)


@inner
def norm_at(gradient, size):
    """Return the length of the gradient at an address, from sums in two chains."""
    even, odd, lanes = zeros(gradient), zeros(gradient), lane_count(gradient)
    for k in range(0, size, lanes):
        g = load_first(gradient, k, size - k)
        even, odd = odd, even + g * g
    return np.sqrt(np.float64(total(even + odd)))


@inner
def scale_at(numbers, size, factor):
    """Multiply the numbers at an address."""
    for k in range(size):
        put(numbers, k, at(numbers, k) * factor)
