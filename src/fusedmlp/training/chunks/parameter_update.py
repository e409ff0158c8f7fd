"""The update of the parameters from a whole gradient, by a backend's public operations.

Its order is that of a step of `fit`: penalties, clipping, the optimiser's rule.
"""

import math
from types import ModuleType

import numpy as np

from fusedmlp.plan.codes import Optimizer
from fusedmlp.plan.plan import Plan
from fusedmlp.plan.state import State
from fusedmlp.training.chunks.penalties import penalize_all, weights_of


def update_parameters(
    package: ModuleType, plan: Plan, state: State, epoch: int, scale: float
) -> None:
    """Take the step of an epoch of one batch, whose gradient is the state's.

    scale: of the gradient of a row of weight 1, and of the penalties with scale_penalties.
    """
    extras, gradient = plan.extras, state.gradient
    with np.errstate(over="ignore", invalid="ignore"):
        factor = scale if extras.scale_penalties else 1.0
        penalize_all(package, plan, state.params, gradient, factor)
        if extras.clip_value < math.inf:
            package.clip_values(gradient, extras.clip_value)
        if extras.clip_norm < math.inf:
            package.clip_norm(gradient, extras.clip_norm)
        if plan.track_directions:
            package.count_direction_changes(gradient, state.last_direction, state.direction_changes)
        _apply_rule(package, plan, state, epoch)


def _apply_rule(package: ModuleType, plan: Plan, state: State, epoch: int) -> None:
    """Update the parameters by the optimiser's rule."""
    extras, real = plan.extras, state.params.dtype.type
    memory = state.params, state.gradient, state.velocity, state.squares
    rates = extras.learning_rates
    rate = float(rates[min(epoch, rates.size - 1)] * state.learning_rate_factor[0])
    if extras.optimizer == Optimizer.SGD:
        package.update(*memory[:3], real(rate), plan.momentum, plan.nesterov)
    elif extras.optimizer == Optimizer.RMSPROP:
        keep, momentum = extras.rho, float(plan.momentum)
        package.rmsprop(*memory, rate, momentum, keep, 1 - keep, extras.epsilon)
    elif extras.optimizer == Optimizer.ADAGRAD:
        package.rmsprop(*memory, rate, 0.0, 1.0, 1.0, extras.epsilon)
    elif extras.optimizer == Optimizer.RPROP:
        bounds = extras.least_step, extras.most_step
        package.rprop(*memory, extras.eta_minus, extras.eta_plus, *bounds)
    else:
        if extras.optimizer == Optimizer.ADAMW:  # on the weights themselves, not on the gradient
            for weights in weights_of(plan, state.params):
                weights *= real(1 - rate * extras.weight_decay)
        step, epsilon = extras.steps_before + epoch + 1, extras.epsilon
        if extras.epsilon_hat:  # added before the bias of the squares is corrected
            epsilon /= math.sqrt(1 - extras.beta_2**step)
        package.adam(*memory, rate, extras.beta_1, extras.beta_2, epsilon, step)
