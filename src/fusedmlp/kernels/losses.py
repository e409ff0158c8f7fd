"""Losses and where backpropagation begins, compiled."""

import math

import numpy as np

from fusedmlp.codes import Activation, Loss
from fusedmlp.kernels.activations import derivative_at
from fusedmlp.kernels.compiled import compiled, inner
from fusedmlp.kernels.vectors import address, at, put, shifted


@compiled
def loss(kind, activation, outputs, targets):
    """Return the loss summed over all rows of outputs (rows, n_out)."""
    nearest = nearest_to_certain(outputs)
    return loss_at(kind, activation, address(outputs), address(targets), outputs.size, nearest)


@inner
def nearest_to_certain(array):
    """Return the distance from 0 and 1 at which log_loss stops to grow: the type's precision."""
    return 2.0**-52 if array.itemsize == 8 else 2.0**-23


@inner
def loss_at(kind, activation, outputs, targets, size, nearest):
    """Return the loss of the outputs at an address."""
    result = 0.0
    for k in range(size):
        output, target = np.float64(at(outputs, k)), np.float64(at(targets, k))
        if kind == Loss.SQUARED_ERROR:
            result += 0.5 * (output - target) * (output - target)
        else:
            p = min(max(output, nearest), 1.0 - nearest)
            if target != 0.0:  # of ten classes, nine logarithms would be for nothing
                result -= target * math.log(p)
            if activation == Activation.SIGMOID and target != 1.0:
                result -= (1.0 - target) * math.log(1.0 - p)
    return result


@compiled
def weighted_loss(kind, activation, outputs, targets, row_weights):
    """Return the sum of the rows' losses, each times its weight (rows,)."""
    nearest, result = nearest_to_certain(outputs), 0.0
    out, target, weights = address(outputs), address(targets), address(row_weights)
    rows, units = outputs.shape
    for b in range(rows):
        value = loss_at(
            kind, activation, shifted(out, b * units), shifted(target, b * units), units, nearest
        )
        result += np.float64(at(weights, b)) * value
    return result


@compiled
def absolute_error(outputs, targets):
    """Return the sum of ``|outputs - targets|``."""
    return absolute_error_at(address(outputs), address(targets), outputs.size)


@inner
def absolute_error_at(outputs, targets, size):
    """Return the sum of the absolute errors of the outputs at an address."""
    result = 0.0
    for k in range(size):
        result += abs(np.float64(at(outputs, k)) - np.float64(at(targets, k)))
    return result


@compiled
def output_delta(kind, activation, outputs, targets, scale, delta):
    """Set delta (rows, n_out) to scale times the loss's derivative by the last layer's sums."""
    rows, units = outputs.shape
    output_delta_at(
        kind, activation, address(outputs), address(targets), rows, units, scale, address(delta)
    )


@inner
def output_delta_at(kind, activation, outputs, targets, rows, units, scale, delta):
    """Set the delta at an address.

    The slope of sigmoid and softmax cancels against that of log_loss; what stays is the error.
    """
    for k in range(rows * units):
        put(delta, k, scale * (at(outputs, k) - at(targets, k)))
    if kind == Loss.SQUARED_ERROR:
        derivative_at(activation, outputs, delta, rows, units, delta)


@inner
def record_at(kind, activation, outputs, targets, size, nearest, errors, losses, record):
    """Add outputs' error and loss to a record."""
    put(errors, record, at(errors, record) + absolute_error_at(outputs, targets, size))
    value = loss_at(kind, activation, outputs, targets, size, nearest)
    put(losses, record, at(losses, record) + value)
