"""The update of the parameters from a gradient: penalties, clipping, the optimiser's rule."""

import math

from fusedmlp.plan.codes import Optimizer
from fusedmlp.plan.plan import Plan
from fusedmlp.plan.state import State
from fusedmlp.reference.activations import Array
from fusedmlp.reference.optimizers import adam, rmsprop, rprop
from fusedmlp.reference.penalties import clip_norm, clip_values, penalize, penalty
from fusedmlp.reference.steps.batch import Batch
from fusedmlp.reference.steps.layers import layers_of
from fusedmlp.reference.updates import count_direction_changes, update


def penalize_and_clip(plan: Plan, state: State, scale: float) -> None:
    """Add the penalties' derivative to the gradient, and clip it.

    scale: of the gradient of a row of weight 1, and of the penalties with scale_penalties.
    """
    factor = scale if plan.extras.scale_penalties else 1.0
    penalize_all(plan, state.params, state.gradient, factor)
    if plan.extras.clip_value < math.inf:
        clip_values(state.gradient, plan.extras.clip_value)
    if plan.extras.clip_norm < math.inf:
        clip_norm(state.gradient, plan.extras.clip_norm)


def penalize_all(plan: Plan, params: Array, gradient: Array, factor: float = 1.0) -> None:
    """Add the derivative of the penalties on the weights, times a factor, to the gradient."""
    real = gradient.dtype.type
    l1, l2 = plan.extras.l1 * real(factor), plan.extras.l2 * real(factor)
    if l1 == 0 and l2 == 0:
        return
    for (weights, _), (weight_gradient, _) in zip(
        layers_of(plan, params), layers_of(plan, gradient), strict=True
    ):
        penalize(weights, weight_gradient, l1, l2)


def penalties_of(plan: Plan, params: Array) -> float:
    """Return the sum of the penalties on all layers' weights."""
    l1, l2 = plan.extras.l1, plan.extras.l2
    return sum(penalty(weights, l1, l2) for weights, _ in layers_of(plan, params))


def apply_update(plan: Plan, state: State, batch: Batch, rows: int) -> None:
    """Update the parameters by the optimiser's rule; rows: the number of training rows."""
    if plan.track_directions:
        count_direction_changes(state.gradient, state.last_direction, state.direction_changes)
    extras, rate = plan.extras, learning_rate_at(plan, state, batch.epoch)
    memory = state.params, state.gradient, state.velocity, state.squares
    if extras.optimizer in (Optimizer.SGD, Optimizer.AW_SGD):
        update(*memory[:3], rate, plan.momentum, plan.nesterov)
    elif extras.optimizer == Optimizer.RMSPROP:
        keep = extras.rho
        rmsprop(*memory, rate, float(plan.momentum), keep, 1 - keep, extras.epsilon)
    elif extras.optimizer == Optimizer.ADAGRAD:
        rmsprop(*memory, rate, 0.0, 1.0, 1.0, extras.epsilon)
    elif extras.optimizer == Optimizer.RPROP:
        bounds = extras.least_step, extras.most_step
        rprop(*memory, extras.eta_minus, extras.eta_plus, *bounds)
    else:
        if extras.optimizer == Optimizer.ADAMW:  # on the weights themselves, not on the gradient
            for weights, _ in layers_of(plan, state.params):
                weights *= 1 - rate * extras.weight_decay
        batches = math.ceil(rows / plan.batch_size)
        step = batch.epoch * batches + batch.places.start // plan.batch_size + 1
        step, epsilon = extras.steps_before + step, extras.epsilon
        if extras.epsilon_hat:  # added before the bias of the squares is corrected
            epsilon /= math.sqrt(1 - extras.beta_2**step)
        adam(*memory, rate, extras.beta_1, extras.beta_2, epsilon, step)


def learning_rate_at(plan: Plan, state: State, epoch: int) -> float:
    """Return an epoch's learning rate."""
    rates = plan.extras.learning_rates
    return float(rates[min(epoch, len(rates) - 1)] * state.learning_rate_factor[0])
