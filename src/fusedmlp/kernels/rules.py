"""What a step does: the gradient's penalties and bounds, then the optimiser's rule.

Each thread does it for its own part of the flat vector. Without extras, LLVM sees SGD alone.
"""

import numpy as np

from fusedmlp.codes import Optimizer
from fusedmlp.kernels.compiled import inner
from fusedmlp.kernels.meeting import meet
from fusedmlp.kernels.optimizers import (
    MeanSquareNumbers,
    RpropNumbers,
    adam_at,
    adam_numbers,
    rmsprop_at,
    rprop_at,
)
from fusedmlp.kernels.penalties import clip_values_at, norm_at, penalize_at, scale_at
from fusedmlp.kernels.updates import update_at
from fusedmlp.kernels.vectors import at, shifted


@inner
def rate_of(extras, memory, learning_rate, epoch):
    """Return an epoch's learning rate."""
    if extras is None:
        return np.float64(learning_rate)
    return extras.rates[min(epoch, extras.rates.size - 1)] * at(memory.factor, 0)


@inner
def weights_between(network, layer, begin, end):
    """Return where the part of a layer's weights that lies in begin..end begins, and its size."""
    start = at(network.weights, layer)
    stop = start + at(network.sizes, layer) * at(network.sizes, layer + 1)
    first = max(begin, start)
    return first, max(0, min(end, stop) - first)


@inner
def bound(extras, run, begin, end, counter, threads):
    """Add the penalties' derivative to begin..end of the gradient, and clip it."""
    if extras.l1 > 0 or extras.l2 > 0:
        for layer in range(run.network.layers):
            first, size = weights_between(run.network, layer, begin, end)
            weights, gradient = shifted(run.params, first), shifted(run.gradient, first)
            penalize_at(weights, gradient, size, extras.l1, extras.l2)
    if extras.clip_value < np.inf:
        clip_values_at(shifted(run.gradient, begin), end - begin, extras.clip_value)
    if extras.clip_norm < np.inf:
        meet(counter, threads)
        norm = norm_at(run.gradient, run.size)  # by each thread, in the same order
        meet(counter, threads)
        if norm > extras.clip_norm:
            scale_at(shifted(run.gradient, begin), end - begin, extras.clip_norm / norm)


@inner
def move(extras, run, begin, end, rate, step, real):
    """Move the parameters begin..end; step counts from 1, real is the parameters' type."""
    params, gradient = shifted(run.params, begin), shifted(run.gradient, begin)
    velocity, size = shifted(run.velocity, begin), end - begin
    if extras is None or extras.optimizer in (Optimizer.SGD, Optimizer.AW_SGD):
        update_at(params, gradient, velocity, size, real(rate), run.momentum, run.nesterov)
    else:
        squares = shifted(run.memory.squares, begin)
        if extras.optimizer == Optimizer.ADAMW:
            for layer in range(run.network.layers):
                first, count = weights_between(run.network, layer, begin, end)
                left = real(1.0 - rate * extras.weight_decay)
                scale_at(shifted(run.params, first), count, left)
        _move_each(extras, params, gradient, velocity, squares, size, rate, run.momentum, step)


@inner
def _move_each(extras, params, gradient, velocity, squares, size, rate, momentum, step):
    """Apply a rule that gives each parameter a step of its own."""
    if extras.optimizer == Optimizer.RPROP:
        steps = RpropNumbers(extras.eta_minus, extras.eta_plus, extras.least_step, extras.most_step)
        rprop_at(params, gradient, velocity, squares, size, steps)
    elif extras.optimizer == Optimizer.RMSPROP or extras.optimizer == Optimizer.ADAGRAD:
        keep = extras.rho if extras.optimizer == Optimizer.RMSPROP else 1.0
        add = 1.0 - keep if extras.optimizer == Optimizer.RMSPROP else 1.0
        means = MeanSquareNumbers(rate, np.float64(momentum), keep, add, extras.epsilon)
        rmsprop_at(params, gradient, velocity, squares, size, means)
    else:
        moments = adam_numbers(rate, extras.beta_1, extras.beta_2, extras.epsilon, step)
        adam_at(params, gradient, velocity, squares, size, moments)
