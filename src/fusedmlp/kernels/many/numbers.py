"""The networks' own numbers in the workspace: one vector for each, with a network in each lane.

They are computed in float64, and rounded to the parameters' type as they are stored.
"""

import numpy as np

from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.many.lanes import load
from fusedmlp.kernels.many.run import place_of
from fusedmlp.kernels.vector import at, put, shifted
from fusedmlp.kernels.vector.integers import smaller
from fusedmlp.plan.codes import Optimizer
from fusedmlp.plan.networks import OWN_NUMBERS

OWN = {name: place for place, name in enumerate(OWN_NUMBERS)}

# Where a number of the optimiser's rule is in the workspace, counted in vectors.
(
    RATE, MOMENTUM, BETA_1, REST_1, BETA_2, REST_2, CORRECTION, EPSILON, KEEP, ADDED, DECAY,
    ETA_MINUS, ETA_PLUS, LEAST_STEP, MOST_STEP, L1, L2, CLIP_VALUE, CLIP_NORM, HUBER_DELTA,
) = range(20)  # fmt: skip
NUMBERS = 20

# Numbers that are the same in each step: their places here, and among a network's own.
_CONSTANT = np.array([
    (place, OWN[name])
    for place, name in (
        (MOMENTUM, "momentum"), (BETA_1, "beta_1"), (BETA_2, "beta_2"), (EPSILON, "epsilon"),
        (ETA_MINUS, "eta_minus"), (ETA_PLUS, "eta_plus"), (LEAST_STEP, "least_step"),
        (MOST_STEP, "most_step"), (L1, "l1"), (L2, "l2"), (CLIP_VALUE, "clip_value"),
        (CLIP_NORM, "clip_norm"), (HUBER_DELTA, "huber_delta"),
    )
])  # fmt: skip
_LEARNING_RATE, _WEIGHT_DECAY = OWN["learning_rate"], OWN["weight_decay"]
_BETA_1, _BETA_2, _RHO, _EPSILON = OWN["beta_1"], OWN["beta_2"], OWN["rho"], OWN["epsilon"]


@inner
def number(work, place):
    """Return a number of the group's networks."""
    return load(work.numbers, place * work.lanes)


@inner
def own_numbers(run, lane):
    """Return the address of the own numbers of the network in a lane."""
    return shifted(run.steps.numbers, place_of(run, lane) * len(OWN_NUMBERS))


@inner
def set_constants(run):
    """Set what is the same in each step."""
    work = run.work
    for lane in range(work.lanes):
        own = own_numbers(run, lane)
        for k in range(len(_CONSTANT)):
            put(work.numbers, _CONSTANT[k, 0] * work.lanes + lane, at(own, _CONSTANT[k, 1]))
        keep, added = 1.0, 1.0
        if run.steps.optimizer == Optimizer.RMSPROP:
            keep, added = at(own, _RHO), 1.0 - at(own, _RHO)
        if run.steps.optimizer == Optimizer.ADAGRAD:  # as RMSprop, without momentum
            put(work.numbers, MOMENTUM * work.lanes + lane, 0.0)
        put(work.numbers, KEEP * work.lanes + lane, keep)
        put(work.numbers, ADDED * work.lanes + lane, added)
        put(work.numbers, REST_1 * work.lanes + lane, 1.0 - at(own, _BETA_1))
        put(work.numbers, REST_2 * work.lanes + lane, 1.0 - at(own, _BETA_2))


@inner
def set_rates(run, epoch):
    """Set the learning rates of an epoch."""
    work = run.work
    for lane in range(work.lanes):
        own, rate = own_numbers(run, lane), learning_rate_at(run, epoch, lane)
        put(work.numbers, RATE * work.lanes + lane, rate)
        put(work.numbers, DECAY * work.lanes + lane, 1.0 - rate * at(own, _WEIGHT_DECAY))


@inner
def learning_rate_at(run, epoch, lane):
    """Return the learning rate of the network in a lane in an epoch."""
    rate = at(own_numbers(run, lane), _LEARNING_RATE)
    rate *= at(run.steps.schedule, smaller(epoch, run.steps.schedule_size - 1))
    return rate * at(run.steps.factors, place_of(run, lane))


@inner
def set_moments(run, epoch, step):
    """Set what Adam corrects in a step, which counts from 1.

    Powers are computed again only where a network has others than the one in the lane before it.
    """
    work, beta_1, beta_2 = run.work, -1.0, -1.0
    first, correction = 0.0, 0.0
    for lane in range(work.lanes):
        own = own_numbers(run, lane)
        if at(own, _BETA_1) != beta_1 or at(own, _BETA_2) != beta_2:
            beta_1, beta_2 = at(own, _BETA_1), at(own, _BETA_2)
            first = 1.0 - beta_1 ** np.float64(step)
            correction = 1.0 / np.sqrt(1.0 - beta_2 ** np.float64(step))
        put(work.numbers, RATE * work.lanes + lane, learning_rate_at(run, epoch, lane) / first)
        put(work.numbers, CORRECTION * work.lanes + lane, correction)
        if run.steps.epsilon_hat:
            put(work.numbers, EPSILON * work.lanes + lane, at(own, _EPSILON) * correction)
