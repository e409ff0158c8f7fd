"""The learning rate of each epoch, compiled."""

import math

import numpy as np

from fusedmlp.codes import Schedule
from fusedmlp.kernels.compiled import compiled, inner


@compiled
def learning_rate(plan, epoch, rows):
    """Return an epoch's learning rate."""
    return learning_rate_of(plan, epoch, rows)


@inner
def learning_rate_of(plan, epoch, rows):
    """Return an epoch's learning rate to another kernel."""
    rate = np.float64(plan.learning_rate)
    if epoch < plan.warmup_epochs:
        return rate * (epoch + 1) / plan.warmup_epochs
    past = epoch - plan.warmup_epochs
    share, final = past / (plan.epochs - plan.warmup_epochs), plan.learning_rate_final
    if plan.learning_rate_schedule == Schedule.INVSCALING:
        return rate / (past * np.float64(rows) + 1.0) ** plan.power_t
    if plan.learning_rate_schedule == Schedule.COSINE:
        return rate * (final + (1.0 - final) * (1.0 + math.cos(math.pi * share)) / 2.0)
    if plan.learning_rate_schedule == Schedule.EXPONENTIAL:
        return rate * final**share
    return rate
