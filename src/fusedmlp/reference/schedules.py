"""The learning rate of each epoch, for clarity and not for speed."""

import numpy as np

from fusedmlp.codes import Schedule
from fusedmlp.plan import Plan


def learning_rate(plan: Plan, epoch: int, rows: int) -> float:
    """Return an epoch's learning rate.

    First it climbs for the epochs of the warm-up, from one part of so many to the whole. Then
    invscaling divides it by ``(rows seen + 1) ** power_t``, as scikit-learn does; cosine
    (Loshchilov and Hutter, SGDR, 2017) and exponential lead it to its final share.
    """
    rate = float(plan.learning_rate)
    if epoch < plan.warmup_epochs:
        return rate * (epoch + 1) / plan.warmup_epochs
    epoch -= plan.warmup_epochs
    share, final = epoch / (plan.epochs - plan.warmup_epochs), plan.learning_rate_final
    if plan.learning_rate_schedule == Schedule.INVSCALING:
        return float(rate / (epoch * rows + 1.0) ** plan.power_t)
    if plan.learning_rate_schedule == Schedule.COSINE:
        return float(rate * (final + (1 - final) * (1 + np.cos(np.pi * share)) / 2))
    if plan.learning_rate_schedule == Schedule.EXPONENTIAL:
        return float(rate * final**share)
    return rate
