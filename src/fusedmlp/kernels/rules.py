"""What a step does: the gradient's penalties and bounds, then the optimiser's rule.

Each thread does it for its own part of the flat vector.
"""

from typing import Any, NamedTuple

import numpy as np

from fusedmlp.codes import Optimizer
from fusedmlp.kernels.compiled import inner
from fusedmlp.kernels.optimizers import (
    MeanSquareNumbers,
    RpropNumbers,
    adam_at,
    adam_numbers,
    rmsprop_at,
    rprop_at,
)
from fusedmlp.kernels.penalties import clip_values_at, penalize_at, scale_at
from fusedmlp.kernels.updates import update_at
from fusedmlp.kernels.vectors import at, shifted


class Rule(NamedTuple):
    """A plan's numbers for a step."""

    optimizer: int
    momentum: Any
    nesterov: int
    beta_1: float
    beta_2: float
    rho: float
    epsilon: float
    weight_decay: float
    eta_minus: float
    eta_plus: float
    least_step: float
    most_step: float
    l1: Any
    l2: Any
    clip_value: Any


@inner
def rule_of(plan):
    """Return a plan's rule."""
    return Rule(
        plan.optimizer,
        plan.momentum,
        plan.nesterov,
        plan.beta_1,
        plan.beta_2,
        plan.rho,
        plan.epsilon,
        plan.weight_decay,
        plan.eta_minus,
        plan.eta_plus,
        plan.least_step,
        plan.most_step,
        plan.l1,
        plan.l2,
        plan.clip_value,
    )


@inner
def weights_between(network, layer, begin, end):
    """Return where the part of a layer's weights that lies in begin..end begins, and its size."""
    start = at(network.weights, layer)
    stop = start + at(network.sizes, layer) * at(network.sizes, layer + 1)
    first = max(begin, start)
    return first, max(0, min(end, stop) - first)


@inner
def bound(rule, network, params, gradient, begin, end):
    """Add the penalties' derivative to begin..end of the gradient, and clip its values."""
    if rule.l1 > 0 or rule.l2 > 0:
        for layer in range(network.layers):
            first, size = weights_between(network, layer, begin, end)
            penalize_at(shifted(params, first), shifted(gradient, first), size, rule.l1, rule.l2)
    if rule.clip_value < np.inf:
        clip_values_at(shifted(gradient, begin), end - begin, rule.clip_value)


@inner
def move(rule, network, run, begin, end, rate, step, real):
    """Move the parameters begin..end; step counts from 1, real is the parameters' type."""
    params, gradient = shifted(run.params, begin), shifted(run.gradient, begin)
    velocity, squares = shifted(run.velocity, begin), shifted(run.squares, begin)
    size = end - begin
    if rule.optimizer == Optimizer.SGD:
        update_at(params, gradient, velocity, size, real(rate), rule.momentum, rule.nesterov)
    elif rule.optimizer == Optimizer.RPROP:
        steps = RpropNumbers(rule.eta_minus, rule.eta_plus, rule.least_step, rule.most_step)
        rprop_at(params, gradient, velocity, squares, size, steps)
    elif rule.optimizer == Optimizer.RMSPROP or rule.optimizer == Optimizer.ADAGRAD:
        keep = rule.rho if rule.optimizer == Optimizer.RMSPROP else 1.0
        add = 1.0 - keep if rule.optimizer == Optimizer.RMSPROP else 1.0
        momentum = np.float64(rule.momentum)
        means = MeanSquareNumbers(rate, momentum, keep, add, rule.epsilon)
        rmsprop_at(params, gradient, velocity, squares, size, means)
    else:
        if rule.optimizer == Optimizer.ADAMW:
            for layer in range(network.layers):
                first, count = weights_between(network, layer, begin, end)
                scale_at(shifted(run.params, first), count, real(1.0 - rate * rule.weight_decay))
        moments = adam_numbers(rate, rule.beta_1, rule.beta_2, rule.epsilon, step)
        adam_at(params, gradient, velocity, squares, size, moments)
