"""The log loss, from the sums of the last layer or from probabilities, compiled.

The loss of the sums is vector code in float64, with one row in each lane: a row of a few units
would leave most of a vector empty.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from fusedmlp.kernels.compilation.door import operation
from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.compilation.require_fit import require_fit
from fusedmlp.kernels.functions.exponential import exp_nonpositive
from fusedmlp.kernels.functions.logarithm import log1p_nonnegative, softplus_below
from fusedmlp.kernels.vector import (
    absolute,
    address,
    at,
    column_height,
    keep_first,
    load_column,
    maximum,
    select,
    shifted,
    sum_lanes,
    to_float64,
)
from fusedmlp.kernels.vector.integers import smaller
from fusedmlp.kernels.vector.typed_constants import UNIT_STRIDE, ZERO
from fusedmlp.plan.codes import Activation

# In place of a largest sum of minus infinity, from which no other could be subtracted.
LOWEST = -1e308


class SoftmaxLosses(NamedTuple):
    """The losses of some rows, one in each lane, as far as their units have been added."""

    value: Any  # without the logarithm
    largest: Any  # sum of the row
    rest: Any  # the sum of exp(sum - largest) over the other units
    share: Any  # the sum of the targets


@operation
def log_loss_of_sums(activation, sums, targets, row_weights=None, cap=np.inf):
    """Return the log loss of sums (rows, n_out), summed over the rows, each times its weight.

    sums are the last layer's pre-activations; row_weights (rows,), or None if all are 1. A larger
    loss of a row or, of sigmoid, of a unit counts as `cap`.
    """
    require_fit("log_loss_of_sums", activation, sums, targets, row_weights, cap)
    cap = np.float64(cap)
    rows, units = sums.shape
    z, target = address(sums), address(targets)
    if row_weights is None:
        return log_loss_at(activation, cap, z, target, rows, units, None)
    return log_loss_at(activation, cap, z, target, rows, units, address(row_weights))


@inner
def log_loss_at(activation, cap, sums, targets, rows, units, row_weights):
    """Return the log loss of the sums (rows, units) at an address.

    cap: as in a plan; row_weights: the address of each row's weight, or None.
    """
    result, at_once = 0.0, column_height(sums)
    for first in range(0, rows, at_once):
        count = smaller(at_once, rows - first)
        z, target = shifted(sums, first * units), shifted(targets, first * units)
        if activation == Activation.SIGMOID:
            value = _sigmoid_losses(cap, z, target, units, count)
        else:
            value = _at_most(cap, _softmax_losses(z, target, units, count))
        if row_weights is not None:
            value = value * to_float64(load_column(row_weights, first, UNIT_STRIDE, count))
        result += sum_lanes(keep_first(value, count))
    return result


@inner
def _sigmoid_losses(cap, sums, targets, units, count):
    """Return the losses of `count` rows at an address."""
    value = no_losses(load_column(sums, ZERO, units, count))
    for j in range(units):
        z, target = load_column(sums, j, units, count), load_column(targets, j, units, count)
        value = value + _at_most(cap, sigmoid_losses(z, target))
    return value


@inner
def _softmax_losses(sums, targets, units, count):
    """Return the losses of `count` rows at an address."""
    z, target = load_column(sums, ZERO, units, count), load_column(targets, ZERO, units, count)
    losses = first_unit(z, target)
    for j in range(1, units):
        z, target = load_column(sums, j, units, count), load_column(targets, j, units, count)
        losses = with_unit(losses, z, target)
    return softmax_losses(losses)


@inner
def _at_most(cap, losses):
    """Return the losses, the larger ones cut; what is not a number stays that."""
    return select(losses > cap, cap, losses)


@inner
def no_losses(vector):
    """Return a loss of 0 for as many rows as the vector has lanes."""
    return keep_first(to_float64(vector), ZERO)


@inner
def sigmoid_losses(z, target):
    """Return softplus(z) - target * z: a product and a logarithm, neither of which is negative.

    wrong: the part of the target on the other side of the sum.
    """
    z, target = to_float64(z), to_float64(target)
    size, wrong = absolute(z), select(z > 0.0, 1.0 - target, target)
    return _product(wrong, size) + softplus_below(size)


@inner
def first_unit(z, target):
    """Return the losses of rows with one unit: 0, unless its sum is minus infinity."""
    zero, z, target = no_losses(z), to_float64(z), to_float64(target)
    largest = maximum(LOWEST + zero, z)
    return SoftmaxLosses(_product(target, largest - z), largest, zero, target)


@inner
def with_unit(losses, z, target):
    """Add a unit: target * (largest - z) to the value, exp(z - largest) to the rest.

    If z is the new largest, the largest so far becomes a unit like the others: its 1 joins the
    rest, which is multiplied by exp(largest - z), and the targets so far are z - largest further
    from the largest.
    """
    value, largest, rest, share = losses
    z, target = to_float64(z), to_float64(target)
    grows = z > largest
    gap = select(grows, z - largest, largest - z)
    value = value + _product(select(grows, share, target), gap)
    e = exp_nonpositive(0.0 - gap)
    rest = select(grows, (rest + 1.0) * e, rest + e)
    return SoftmaxLosses(value, select(grows, z, largest), rest, share + target)


@inner
def softmax_losses(losses):
    """Return the losses of rows, all of whose units have been added."""
    return losses.value + losses.share * log1p_nonnegative(losses.rest)


@inner
def _product(share, size):
    """Return share * size, which is 0 where the share is 0, even if the size is infinite."""
    return select(absolute(share) > 0.0, share * size, 0.0)


@inner
def log_loss_of_probabilities_at(activation, outputs, targets, size, least, least_rest):
    """Return the log loss of the outputs at an address, from the probabilities alone.

    least: in place of a probability of 0; least_rest: in place of 1 minus a probability of 1.
    """
    result = 0.0
    for k in range(size):
        p, target = np.float64(at(outputs, k)), np.float64(at(targets, k))
        if target != 0.0:  # saves nine of ten logarithms with ten classes
            result -= target * math.log(least if p < least else p)
        if activation == Activation.SIGMOID and target != 1.0:
            if p < 0.5:
                log_of_rest = math.log1p(-p)
            else:  # the difference is exact, and its logarithm takes half the time of log1p
                log_of_rest = math.log(least_rest if p >= 1.0 else 1.0 - p)
            result -= (1.0 - target) * log_of_rest
    return result
