"""Penalties on the weights, and gradient clipping. Written for clarity, not for speed."""

from typing import Any

import numpy as np

from fusedmlp.reference.activations import Array

Real = float | np.floating[Any]


def penalize(weights: Array, gradient: Array, l1: Real, l2: Real) -> None:
    """Add the derivative of ``l1 * |w| + l2 / 2 * w**2`` to the gradient of the weights."""
    gradient += l2 * weights + l1 * np.sign(weights)


def penalty(weights: Array, l1: Real, l2: Real) -> float:
    """Return ``l1 * |w| + l2 / 2 * w**2``, summed over the weights."""
    w = weights.astype(np.float64)
    return float(l1 * np.abs(w).sum() + l2 / 2 * (w**2).sum())


def clip_values(gradient: Array, most: Real) -> None:
    """Clip each number of the gradient to -most..most."""
    np.clip(gradient, -most, most, out=gradient)


def clip_norm(gradient: Array, most: Real) -> None:
    """Scale the gradient down to length `most` if it is longer.

    Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks, 2013.
    """
    norm = np.sqrt((gradient**2).sum())
    if norm > most:
        gradient *= most / norm
