"""Activation functions and their slopes, for clarity and not for speed."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusedmlp.codes import Activation

Array = NDArray[np.floating[Any]]


def activate(activation: int, z: Array) -> None:
    """Replace z (rows, units) by its activation."""
    if activation == Activation.SIGMOID:
        # exp(-|z|) cannot overflow: 1 / (1 + exp(-z)) where z > 0, exp(z) / (1 + exp(z)) elsewhere.
        e = np.exp(-np.abs(z))
        z[:] = np.where(z > 0, 1, e) / (1 + e)
    elif activation == Activation.TANH:
        z[:] = np.tanh(z)
    elif activation == Activation.RELU:
        z[:] = np.maximum(z, 0)
    elif activation == Activation.SOFTMAX:
        # Subtracting the same number from a whole row changes nothing but the overflow.
        e = np.exp(z - z.max(axis=1, keepdims=True))
        z[:] = e / e.sum(axis=1, keepdims=True)


def error_weighted_derivative(activation: int, outputs: Array, error: Array, delta: Array) -> None:
    """Set delta (rows, units) to error times the activation's slope.

    The slope is read off the outputs: a sigmoid's, for one, is ``out * (1 - out)``. A unit that is
    sure of itself, near 0 or 1, has a shallow slope, and its weights hardly move.
    """
    if activation == Activation.SIGMOID:
        delta[:] = error * (outputs * (1 - outputs))
    elif activation == Activation.TANH:
        delta[:] = error * (1 - outputs**2)
    elif activation == Activation.RELU:
        delta[:] = np.where(outputs > 0, error, 0)
    elif activation == Activation.SOFTMAX:
        # Each unit moves all outputs of its row: d out_k / d z_j = out_k * ((k == j) - out_j).
        delta[:] = outputs * (error - (outputs * error).sum(axis=1, keepdims=True))
    else:
        delta[:] = error
