"""Losses and the delta of the last layer, compiled."""

import math
from typing import Any, NamedTuple

import numpy as np

from fusedmlp.kernels.activations import derivative_at
from fusedmlp.kernels.compilation.door import operation
from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.compilation.require_fit import require_fit
from fusedmlp.kernels.vector import address, at, put, shifted
from fusedmlp.kernels.vector.typed_constants import ALL_ACTIVATIONS
from fusedmlp.plan.codes import Activation, Loss

# Below this output, softplus's derivative equals the output in both types.
SMALL = 2.0**-60


class Objective(NamedTuple):
    """What is minimised: a loss, and the activation of the last layer."""

    loss: Any
    activation: Any
    huber_delta: Any
    precision: Any  # machine epsilon, by which log_loss clips probabilities
    all_activations: Any


class Records(NamedTuple):
    """Addresses of the recorded errors and losses, one number of each for each record."""

    errors: Any
    losses: Any


@operation
def loss(kind, activation, outputs, targets, huber_delta=1.0):
    """Return the loss summed over all rows of outputs (rows, n_out)."""
    require_fit("loss", kind, activation, outputs, targets, huber_delta)
    objective = Objective(
        kind, activation, np.float64(huber_delta), precision_of(outputs), ALL_ACTIVATIONS
    )
    return loss_at(objective, address(outputs), address(targets), outputs.size)


@inner
def precision_of(array):
    """Return the machine epsilon of an array's type."""
    return 2.0**-52 if array.itemsize == 8 else 2.0**-23


@inner
def loss_at(objective, outputs, targets, size):
    """Return the loss of the outputs at an address."""
    kind, precision, huber_delta = objective.loss, objective.precision, objective.huber_delta
    result = 0.0
    for k in range(size):
        output, target = np.float64(at(outputs, k)), np.float64(at(targets, k))
        if kind == Loss.SQUARED_ERROR:
            result += 0.5 * (output - target) * (output - target)
        elif kind == Loss.LOG_LOSS:
            p = min(max(output, precision), 1.0 - precision)
            if target != 0.0:  # saves nine of ten logarithms with ten classes
                result -= target * math.log(p)
            if objective.activation == Activation.SIGMOID and target != 1.0:
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


@operation
def weighted_loss(kind, activation, outputs, targets, row_weights, huber_delta=1.0):
    """Return the sum of the rows' losses, each times its weight (rows,)."""
    require_fit("weighted_loss", kind, activation, outputs, targets, row_weights, huber_delta)
    rows, units = outputs.shape
    objective = Objective(
        kind, activation, np.float64(huber_delta), precision_of(outputs), ALL_ACTIVATIONS
    )
    return weighted_loss_at(
        objective, address(outputs), address(targets), address(row_weights), rows, units
    )


@inner
def weighted_loss_at(objective, outputs, targets, row_weights, rows, units):
    """Return the weighted loss of the outputs at an address."""
    result = 0.0
    for b in range(rows):
        value = loss_at(objective, shifted(outputs, b * units), shifted(targets, b * units), units)
        result += np.float64(at(row_weights, b)) * value
    return result


@operation
def absolute_error(outputs, targets):
    """Return the sum of ``|outputs - targets|``."""
    require_fit("absolute_error", outputs, targets)
    return absolute_error_at(address(outputs), address(targets), outputs.size)


@inner
def absolute_error_at(outputs, targets, size):
    """Return the sum of the absolute errors of the outputs at an address."""
    result = 0.0
    for k in range(size):
        result += abs(np.float64(at(outputs, k)) - np.float64(at(targets, k)))
    return result


@operation
def output_delta(kind, activation, outputs, targets, scale, delta, huber_delta=1.0):
    """Set delta (rows, n_out) to scale times the loss's derivative by the pre-activations."""
    require_fit("output_delta", kind, activation, outputs, targets, scale, delta, huber_delta)
    rows, units = outputs.shape
    objective = Objective(
        kind, activation, delta.dtype.type(huber_delta), precision_of(outputs), ALL_ACTIVATIONS
    )
    output_delta_at(
        objective, address(outputs), address(targets), rows, units, scale, address(delta)
    )


@inner
def output_delta_at(objective, outputs, targets, rows, units, scale, delta):
    """Set the delta at an address.

    The derivatives of sigmoid and softmax cancel against that of log_loss, and exp's against that
    of poisson: the delta is then scale times the error.
    """
    kind, activation, size = objective.loss, objective.activation, rows * units
    for k in range(size):
        put(delta, k, scale * (at(outputs, k) - at(targets, k)))
    if kind == Loss.HUBER or kind == Loss.ABSOLUTE_ERROR:
        largest = scale * objective.huber_delta if kind == Loss.HUBER else scale
        _limit(delta, size, largest if kind == Loss.HUBER else largest - largest, largest)
    if kind != Loss.LOG_LOSS and not (kind == Loss.POISSON and activation == Activation.EXP):
        derivative_at(activation, outputs, delta, rows, units, delta, objective.all_activations)
        if kind == Loss.POISSON:
            _divide_by_outputs(outputs, targets, size, scale, delta)


@inner
def _limit(delta, size, limit, largest):
    """Replace deltas above limit by `largest`, those below -limit by -largest."""
    for k in range(size):
        d = at(delta, k)
        put(delta, k, largest if d > limit else (-largest if d < -limit else d))


@inner
def _divide_by_outputs(outputs, targets, size, scale, delta):
    """Divide poisson's deltas by the outputs of softplus.

    The derivative of softplus is 1 - exp(-output). Where the output is too small to divide by, the
    derivative equals the output, and the delta is the error.
    """
    for k in range(size):
        out, error = at(outputs, k), scale * (at(outputs, k) - at(targets, k))
        put(delta, k, error if out < SMALL else at(delta, k) / out)


@inner
def record_at(objective, outputs, targets, size, records, record):
    """Add the error and the loss of the outputs at an address to a record."""
    error = absolute_error_at(outputs, targets, size)
    put(records.errors, record, at(records.errors, record) + error)
    value = loss_at(objective, outputs, targets, size)
    put(records.losses, record, at(records.losses, record) + value)
