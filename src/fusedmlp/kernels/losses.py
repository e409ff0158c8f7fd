"""Losses and where backpropagation begins, compiled."""

import math

import numpy as np

from fusedmlp.codes import Activation, Loss
from fusedmlp.kernels.activations import ANY, derivative_at
from fusedmlp.kernels.compiled import compiled, inner
from fusedmlp.kernels.vectors import address, at, put, shifted

# An output of softplus so small has a slope of the same size, to the last place of either type.
SMALL = 2.0**-60


@compiled
def loss(kind, activation, outputs, targets, huber_delta=1.0):
    """Return the loss summed over all rows of outputs (rows, n_out)."""
    size, nearest = outputs.size, nearest_to_certain(outputs)
    out, target = address(outputs), address(targets)
    return loss_at(kind, activation, out, target, size, nearest, np.float64(huber_delta))


@inner
def nearest_to_certain(array):
    """Return the distance from 0 and 1 at which log_loss stops to grow: the type's precision."""
    return 2.0**-52 if array.itemsize == 8 else 2.0**-23


@inner
def loss_at(kind, activation, outputs, targets, size, nearest, huber_delta):
    """Return the loss of the outputs at an address."""
    result = 0.0
    for k in range(size):
        output, target = np.float64(at(outputs, k)), np.float64(at(targets, k))
        if kind == Loss.SQUARED_ERROR:
            result += 0.5 * (output - target) * (output - target)
        elif kind == Loss.LOG_LOSS:
            p = min(max(output, nearest), 1.0 - nearest)
            if target != 0.0:  # of ten classes, nine logarithms would be for nothing
                result -= target * math.log(p)
            if activation == Activation.SIGMOID and target != 1.0:
                result -= (1.0 - target) * math.log(1.0 - p)
        elif kind == Loss.POISSON:
            if target != 0.0:
                result += target * np.log(target / output)
            result += output - target
        else:
            size_of_error = abs(output - target)
            if kind == Loss.ABSOLUTE_ERROR:
                result += size_of_error
            elif size_of_error <= huber_delta:
                result += 0.5 * size_of_error * size_of_error
            else:
                result += huber_delta * (size_of_error - 0.5 * huber_delta)
    return result


@compiled
def weighted_loss(kind, activation, outputs, targets, row_weights, huber_delta=1.0):
    """Return the sum of the rows' losses, each times its weight (rows,)."""
    nearest, beyond = nearest_to_certain(outputs), np.float64(huber_delta)
    out, target, weights = address(outputs), address(targets), address(row_weights)
    rows, units = outputs.shape
    return weighted_loss_at(kind, activation, out, target, weights, rows, units, nearest, beyond)


@inner
def weighted_loss_at(
    kind, activation, outputs, targets, weights, rows, units, nearest, huber_delta
):
    """Return the weighted loss of the outputs at an address."""
    result = 0.0
    for b in range(rows):
        o, t = shifted(outputs, b * units), shifted(targets, b * units)
        value = loss_at(kind, activation, o, t, units, nearest, huber_delta)
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
def output_delta(kind, activation, outputs, targets, scale, delta, huber_delta=1.0):
    """Set delta (rows, n_out) to scale times the loss's derivative by the last layer's sums."""
    rows, units = outputs.shape
    out, target, to = address(outputs), address(targets), address(delta)
    beyond = delta.dtype.type(huber_delta)
    output_delta_at(kind, activation, out, target, rows, units, scale, to, beyond, ANY)


@inner
def output_delta_at(
    kind, activation, outputs, targets, rows, units, scale, delta, huber_delta, rare
):
    """Set the delta at an address.

    The slopes of sigmoid and softmax cancel against that of log_loss, and exp's against that of
    poisson; what stays is the error.
    """
    size = rows * units
    for k in range(size):
        put(delta, k, scale * (at(outputs, k) - at(targets, k)))
    if kind == Loss.HUBER or kind == Loss.ABSOLUTE_ERROR:
        to = scale * huber_delta if kind == Loss.HUBER else scale
        _limit(delta, size, to if kind == Loss.HUBER else to - to, to)
    if kind != Loss.LOG_LOSS and not (kind == Loss.POISSON and activation == Activation.EXP):
        derivative_at(activation, outputs, delta, rows, units, delta, rare)
        if kind == Loss.POISSON:
            _divide_by_outputs(outputs, targets, size, scale, delta)


@inner
def _limit(delta, size, beyond, to):
    """Set what is beyond a bound, to either side, to a number of its sign."""
    for k in range(size):
        d = at(delta, k)
        put(delta, k, to if d > beyond else (-to if d < -beyond else d))


@inner
def _divide_by_outputs(outputs, targets, size, scale, delta):
    """Divide poisson's deltas by the outputs of softplus.

    Its slope is 1 - exp(-output), and tends to the output: where that is too small to divide by,
    what stays is the error.
    """
    for k in range(size):
        out, error = at(outputs, k), scale * (at(outputs, k) - at(targets, k))
        put(delta, k, error if out < SMALL else at(delta, k) / out)


@inner
def record_at(
    kind, activation, outputs, targets, size, nearest, huber_delta, errors, losses, record
):
    """Add outputs' error and loss to a record."""
    put(errors, record, at(errors, record) + absolute_error_at(outputs, targets, size))
    value = loss_at(kind, activation, outputs, targets, size, nearest, huber_delta)
    put(losses, record, at(losses, record) + value)
