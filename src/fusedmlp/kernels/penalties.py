"""What is done to a gradient before a step, compiled."""

import numpy as np

from fusedmlp.kernels.compiled import compiled, inner
from fusedmlp.kernels.vectors import address, at, put


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
    """Return the length of the gradient at an address: eight sums at a time."""
    a, b, c, d, e, f, g, h = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    full = size - size % 8
    for k in range(0, full, 8):
        a += _square(gradient, k)
        b += _square(gradient, k + 1)
        c += _square(gradient, k + 2)
        d += _square(gradient, k + 3)
        e += _square(gradient, k + 4)
        f += _square(gradient, k + 5)
        g += _square(gradient, k + 6)
        h += _square(gradient, k + 7)
    for k in range(full, size):
        a += _square(gradient, k)
    return np.sqrt(((a + b) + (c + d)) + ((e + f) + (g + h)))


@inner
def _square(gradient, k):
    return np.float64(at(gradient, k)) * np.float64(at(gradient, k))


@inner
def scale_at(numbers, size, factor):
    """Multiply the numbers at an address."""
    for k in range(size):
        put(numbers, k, at(numbers, k) * factor)
