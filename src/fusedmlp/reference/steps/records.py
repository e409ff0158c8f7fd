"""Records of the error and the loss, measured on each batch before its update."""

from fusedmlp.plan.plan import Plan
from fusedmlp.plan.state import State
from fusedmlp.reference.activations import Array
from fusedmlp.reference.losses import absolute_error, loss, weighted_loss
from fusedmlp.reference.steps.batch import Batch


def record(plan: Plan, state: State, batch: Batch, outputs: Array) -> None:
    """Add a batch's error and loss to the record of its epoch, if the epoch is recorded."""
    if batch.epoch % plan.record_every != 0:
        return
    number, last, y = batch.epoch // plan.record_every, plan.activations[-1], batch.y
    huber_delta = float(plan.huber_delta)
    if not plan.extras.weighted:
        state.errors[number] += absolute_error(outputs, y)
        state.losses[number] += loss(plan.loss, last, outputs, y, huber_delta)
        return
    errors = (absolute_error(out, target) for out, target in zip(outputs, y, strict=True))
    weights = batch.row_weights.tolist()
    state.errors[number] += sum(w * error for w, error in zip(weights, errors, strict=True))
    state.losses[number] += weighted_loss(
        plan.loss, last, outputs, y, batch.row_weights, huber_delta
    )
