"""The loss of a plan, from the outputs or the sums of the last layer."""

from fusedmlp.plan.codes import Loss
from fusedmlp.plan.plan import Plan
from fusedmlp.reference.activations import Array
from fusedmlp.reference.log_loss import log_loss_of_sums
from fusedmlp.reference.losses import loss, weighted_loss


def loss_of(
    plan: Plan, outputs: Array, sums: Array, targets: Array, row_weights: Array | None = None
) -> float:
    """Return the sum of the rows' losses, each times its weight (rows,), if there are any.

    sums (rows, n_out): the last layer's pre-activations, from which log_loss is computed.
    """
    last, huber_delta = int(plan.activations[-1]), float(plan.huber_delta)
    if plan.loss == Loss.LOG_LOSS:
        return log_loss_of_sums(last, sums, targets, row_weights, plan.log_loss_cap)
    if row_weights is None:
        return loss(plan.loss, last, outputs, targets, huber_delta)
    return weighted_loss(plan.loss, last, outputs, targets, row_weights, huber_delta)
