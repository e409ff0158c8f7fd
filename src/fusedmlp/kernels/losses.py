"""Losses and the delta of the last layer, compiled."""

from typing import Any, NamedTuple

import numpy as np
from numba import types

from fusedmlp.kernels.activations import derivative_at
from fusedmlp.kernels.compilation.door import operation
from fusedmlp.kernels.compilation.jit import inner, shared
from fusedmlp.kernels.compilation.require_fit import require_fit
from fusedmlp.kernels.log_loss import log_loss_at, log_loss_of_probabilities_at
from fusedmlp.kernels.vector import (
    absolute,
    address,
    at,
    lane_count,
    load_first,
    put,
    select,
    shifted,
    sum_lanes,
    to_float64,
    zeros,
)
from fusedmlp.kernels.vector.typed_constants import ALL_ACTIVATIONS
from fusedmlp.plan.codes import Activation, Loss

# Below this output, softplus's derivative equals the output in both types.
SMALL = 2.0**-60


class Objective(NamedTuple):
    """What is minimised: a loss, and the activation of the last layer."""

    loss: Any
    log_loss: Any  # as in a plan
    log_loss_cap: Any
    activation: Any
    huber_delta: Any
    all_activations: Any


class Records(NamedTuple):
    """Addresses of the recorded errors and losses, one number of each for each record."""

    errors: Any
    losses: Any


@operation
def loss(kind, activation, outputs, targets, huber_delta=1.0):
    """Return the loss summed over all rows of outputs (rows, n_out)."""
    require_fit("loss", kind, activation, outputs, targets, huber_delta)
    out, target, size = address(outputs), address(targets), outputs.size
    if kind == Loss.LOG_LOSS:
        return _from_probabilities(activation, out, target, size, outputs.itemsize)
    return loss_of_outputs_at(kind, np.float64(huber_delta), out, target, size)


@inner
def _from_probabilities(activation, outputs, targets, size, itemsize):
    """Return the log loss of probabilities in a type of `itemsize` bytes.

    A probability of 0 counts as the smallest positive number, one of 1 as half way to the number
    below it.
    """
    least, least_rest = (2.0**-1074, 2.0**-54) if itemsize == 8 else (2.0**-149, 2.0**-25)
    return log_loss_of_probabilities_at(activation, outputs, targets, size, least, least_rest)


@shared(types.float64)
def loss_at(objective, outputs, sums, targets, rows, units):
    """Return the loss of the outputs (rows, units) at an address; log_loss takes their sums."""
    return _loss(objective.log_loss, objective, outputs, sums, targets, rows, units)


@inner
def _loss(log_loss, objective, outputs, sums, targets, rows, units):
    """Return the loss. Numba leaves out what an argument that is None does not need."""
    if log_loss is None:
        kind, huber_delta = objective.loss, objective.huber_delta
        return loss_of_outputs_at(kind, huber_delta, outputs, targets, rows * units)
    activation, cap = objective.activation, objective.log_loss_cap
    return log_loss_at(activation, cap, sums, targets, rows, units, None)


@inner
def loss_of_outputs_at(kind, huber_delta, outputs, targets, size):
    """Return a loss other than log_loss of the outputs at an address."""
    if kind == Loss.POISSON:
        return _poisson_loss(outputs, targets, size)
    if kind == Loss.SQUARED_ERROR:
        return squared_error_at(outputs, targets, size)
    if kind == Loss.ABSOLUTE_ERROR:
        return absolute_error_at(outputs, targets, size)
    return _sum_of_huber_losses(outputs, targets, size, huber_delta)


@inner
def _poisson_loss(outputs, targets, size):
    result = 0.0
    for k in range(size):
        output, target = np.float64(at(outputs, k)), np.float64(at(targets, k))
        if target != 0.0:
            result += target * np.log(target / output)
        result += output - target
    return result


def sum_of_errors(function):
    """Return a loop (outputs, targets, size, *constants) that adds function(error, *constants).

    Errors are vectors of float64, added in two chains of vectors. Lanes past the end have no error.
    """
    function = inner(function)

    @inner
    def loop(outputs, targets, size, *constants):
        lanes = lane_count(outputs)
        even = to_float64(zeros(outputs))
        odd = even
        for k in range(0, size, lanes):
            out, target = load_first(outputs, k, size - k), load_first(targets, k, size - k)
            error = to_float64(out) - to_float64(target)
            even, odd = odd, even + function(error, *constants)
        return sum_lanes(even + odd)

    return loop


def _huber_loss(error, huber_delta):
    size = absolute(error)
    linear = huber_delta * (size - 0.5 * huber_delta)
    return select(size > huber_delta, linear, 0.5 * size * size)


squared_error_at = sum_of_errors(lambda error: 0.5 * error * error)
_sum_of_huber_losses = sum_of_errors(_huber_loss)
absolute_error_at = sum_of_errors(lambda error: absolute(error))


@operation
def weighted_loss(kind, activation, outputs, targets, row_weights, huber_delta=1.0):
    """Return the sum of the rows' losses, each times its weight (rows,)."""
    require_fit("weighted_loss", kind, activation, outputs, targets, row_weights, huber_delta)
    rows, units = outputs.shape
    result, weights = 0.0, address(row_weights)
    for b in range(rows):
        out, target = shifted(address(outputs), b * units), shifted(address(targets), b * units)
        if kind == Loss.LOG_LOSS:
            value = _from_probabilities(activation, out, target, units, outputs.itemsize)
        else:
            value = loss_of_outputs_at(kind, np.float64(huber_delta), out, target, units)
        result += np.float64(at(weights, b)) * value
    return result


@inner
def weighted_loss_at(objective, outputs, sums, targets, row_weights, rows, units):
    """Return the sum of the losses of rows at an address, each times its weight."""
    log_loss = objective.log_loss
    return _weighted_loss(log_loss, objective, outputs, sums, targets, row_weights, rows, units)


@inner
def _weighted_loss(log_loss, objective, outputs, sums, targets, row_weights, rows, units):
    if log_loss is not None:
        activation, cap = objective.activation, objective.log_loss_cap
        return log_loss_at(activation, cap, sums, targets, rows, units, row_weights)
    kind, huber_delta, result = objective.loss, objective.huber_delta, 0.0
    for b in range(rows):
        out, target = shifted(outputs, b * units), shifted(targets, b * units)
        value = loss_of_outputs_at(kind, huber_delta, out, target, units)
        result += np.float64(at(row_weights, b)) * value
    return result


@operation
def absolute_error(outputs, targets):
    """Return the sum of ``|outputs - targets|``."""
    require_fit("absolute_error", outputs, targets)
    return absolute_error_at(address(outputs), address(targets), outputs.size)


@operation
def output_delta(kind, activation, outputs, targets, scale, delta, huber_delta=1.0):
    """Set delta (rows, n_out) to scale times the loss's derivative by the pre-activations."""
    require_fit("output_delta", kind, activation, outputs, targets, scale, delta, huber_delta)
    rows, units = outputs.shape
    real = delta.dtype.type
    objective = Objective(kind, None, np.inf, activation, real(huber_delta), ALL_ACTIVATIONS)
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
def record_at(records, record, error, value):
    """Add an error and a loss to a record."""
    put(records.errors, record, at(records.errors, record) + error)
    put(records.losses, record, at(records.losses, record) + value)
