"""What a recorded epoch leaves: errors and losses before each update, and the last parameters."""

from fusedmlp.plan.plan import Plan
from fusedmlp.plan.state import State
from fusedmlp.reference.activations import Array
from fusedmlp.reference.losses import absolute_error
from fusedmlp.reference.steps.batch import Batch
from fusedmlp.reference.steps.loss import loss_of
from fusedmlp.reference.steps.parameter_update import penalties_of


def record(plan: Plan, state: State, batch: Batch, outputs: Array, sums: Array) -> None:
    """Add a batch's error and loss to the record of its epoch, if the epoch is recorded."""
    if batch.epoch % plan.record_every != 0:
        return
    number, y, factor = batch.epoch // plan.record_every, batch.y, 1.0
    if plan.extras.scale_penalties:  # of a batch's mean loss, with the penalties, times its rows
        factor = len(y) * batch.scale(plan) if plan.extras.weighted else 1.0
        state.losses[number] += factor * penalties_of(plan, state.params)
    if not plan.extras.weighted:
        state.errors[number] += absolute_error(outputs, y)
        state.losses[number] += loss_of(plan, outputs, sums, y)
        return
    errors = (absolute_error(out, target) for out, target in zip(outputs, y, strict=True))
    weights = batch.row_weights.tolist()
    state.errors[number] += sum(w * error for w, error in zip(weights, errors, strict=True))
    state.losses[number] += factor * loss_of(plan, outputs, sums, y, batch.row_weights)


def keep_params(plan: Plan, state: State, epoch: int) -> None:
    """Copy the parameters at the end of a recorded epoch to the next snapshot, if there are any."""
    if epoch % plan.record_every == 0 and state.snapshots.size:
        number = epoch // plan.record_every
        state.snapshots[number % len(state.snapshots)] = state.params


def follow_progress(plan: Plan, state: State, epoch: int) -> None:
    """Count the records without progress, as scikit-learn's `MLPClassifier` does.

    Progress is a loss that is lower than the lowest one so far by the tolerance.
    """
    if epoch % plan.record_every != 0:
        return
    loss = state.losses[epoch // plan.record_every] / plan.loss_divisor
    lowest, waited = state.progress
    state.progress[1] = waited + 1 if loss > lowest - plan.progress_tol else 0
    if loss < lowest:
        state.progress[0] = loss
