"""The update of the parameters from a gradient: penalties, clipping, the optimiser's rule.

Each thread updates its own part of the flat vector. Without extras, only SGD is compiled.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import types

from fusedmlp.kernels.blocked.partition import layer_weights_in
from fusedmlp.kernels.compilation.jit import inner, shared
from fusedmlp.kernels.optimizers import (
    MeanSquareNumbers,
    RpropNumbers,
    adam_at,
    adam_numbers,
    rmsprop_at,
    rprop_at,
)
from fusedmlp.kernels.penalties import clip_values_at, penalize_at, penalty_at, scale_at
from fusedmlp.kernels.threads.barrier import barrier
from fusedmlp.kernels.updates import update_at
from fusedmlp.kernels.vector import at, shifted
from fusedmlp.kernels.vector.integers import smaller
from fusedmlp.kernels.vector.reductions import norm
from fusedmlp.kernels.vector.typed_constants import ZERO
from fusedmlp.plan.codes import Optimizer


class Step(NamedTuple):
    """What an update needs to know of its step."""

    rate: Any
    number: int  # counted from 1
    scale: Any  # of a row's gradient
    record: int  # of the batch's errors and losses, or NO_RECORD


@inner
def learning_rate_at(extras, optimizer_state, learning_rate, epoch):
    """Return an epoch's learning rate."""
    if extras is None:
        return np.float64(learning_rate)
    rates = extras.learning_rates
    return rates[smaller(epoch, rates.size - 1)] * at(optimizer_state.learning_rate_factor, 0)


@inner
def has_penalties_or_clips(extras):
    """Whether `penalize_and_clip` changes a gradient."""
    penalties = extras.l1 > 0 or extras.l2 > 0
    return penalties or extras.clip_value < np.inf or extras.clip_norm < np.inf


@shared(types.none)
def penalize_and_clip(extras, run, part, scale):
    """Add the penalties' derivative to begin..end of the gradient, and clip it.

    scale: of the gradient of a row of weight 1, and of the penalties with scale_penalties.
    """
    begin, end, l1, l2 = part.begin, part.end, extras.l1, extras.l2
    if extras.scale_penalties:
        l1, l2 = l1 * scale, l2 * scale
    if l1 > 0 or l2 > 0:
        for layer in range(run.network.layers):
            first, size = layer_weights_in(run.network, layer, begin, end)
            weights, gradient = shifted(run.params, first), shifted(run.gradient, first)
            penalize_at(weights, gradient, size, l1, l2)
    if extras.clip_value < np.inf:
        clip_values_at(end - begin, shifted(run.gradient, begin), extras.clip_value)
    if extras.clip_norm < np.inf:
        barrier(part.team)
        length = norm(run.gradient, run.size)  # in each thread, added in the same order
        barrier(part.team)
        if length > extras.clip_norm:
            scale_at(shifted(run.gradient, begin), end - begin, extras.clip_norm / length)


@shared(types.float64)
def recorded_penalty(extras, run, block):
    """Return what penalties add to a batch's recorded loss, with scale_penalties."""
    value = 0.0
    for layer in range(run.network.layers):
        first, count = layer_weights_in(run.network, layer, ZERO, run.size)
        value += penalty_at(shifted(run.params, first), count, extras.l1, extras.l2)
    return value * block.loss_scale


@inner
def apply_update(extras, run, part, step, real):
    """Update the parameters begin..end by the optimiser's rule; real is their type."""
    begin, end = part.begin, part.end
    params, gradient = shifted(run.params, begin), shifted(run.gradient, begin)
    velocity, size = shifted(run.velocity, begin), end - begin
    if extras is None or extras.optimizer in (Optimizer.SGD, Optimizer.AW_SGD):
        rate = real(step.rate)
        update_at(size, params, gradient, velocity, rate, run.momentum, run.nesterov)
    else:
        if extras.optimizer == Optimizer.ADAMW:
            for layer in range(run.network.layers):
                first, count = layer_weights_in(run.network, layer, begin, end)
                factor = real(1.0 - step.rate * extras.weight_decay)
                scale_at(shifted(run.params, first), count, factor)
        squares = shifted(run.optimizer_state.squares, begin)
        memory = params, gradient, velocity, squares
        _apply_adaptive_rule(extras, size, memory, step, np.float64(run.momentum))


@inner
def _apply_adaptive_rule(extras, size, memory, step, momentum):
    """Apply an optimiser with a step size for each parameter.

    memory: the addresses of parameters, gradient, velocity and squares.
    """
    params, gradient, velocity, squares = memory
    if extras.optimizer == Optimizer.RPROP:
        steps = RpropNumbers(extras.eta_minus, extras.eta_plus, extras.least_step, extras.most_step)
        rprop_at(size, params, gradient, velocity, squares, steps)
    elif extras.optimizer == Optimizer.RMSPROP or extras.optimizer == Optimizer.ADAGRAD:
        keep = extras.rho if extras.optimizer == Optimizer.RMSPROP else 1.0
        add = 1.0 - keep if extras.optimizer == Optimizer.RMSPROP else 1.0
        means = MeanSquareNumbers(step.rate, momentum, keep, add, extras.epsilon)
        rmsprop_at(size, params, gradient, velocity, squares, means)
    else:
        beta_1, beta_2, epsilon = extras.beta_1, extras.beta_2, extras.epsilon
        number = extras.steps_before + step.number
        if extras.epsilon_hat:
            epsilon = epsilon / np.sqrt(1.0 - beta_2 ** np.float64(number))
        moments = adam_numbers(step.rate, beta_1, beta_2, epsilon, number)
        adam_at(size, params, gradient, velocity, squares, moments)
