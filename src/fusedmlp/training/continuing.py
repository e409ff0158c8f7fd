"""Going on with an earlier run: what is kept of a run, and what the next one takes from it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusedmlp.plan.codes import SCIPY_OPTIMIZERS, Optimizer
from fusedmlp.plan.continuation import Continuation, Progress
from fusedmlp.plan.plan import Plan
from fusedmlp.plan.state import State
from fusedmlp.trained import Trained
from fusedmlp.training.data import TrainingData
from fusedmlp.training.early_stopping import EarlyStopping

# A run resumes where these options are the same; with the first two alone, the optimiser goes on.
OPTIMISER = ("optimizer", "dtype")
SAME = (*OPTIMISER, "batch_size", "shuffle", "reduction", "track_directions")
ALWAYS = ("velocity", "squares")
SAMPLER = ("sampler_tree", "sampler_mean")
RESUMED = ("last_direction", *SAMPLER)


def goes_on(before: Any, options: Mapping[str, Any]) -> Continuation | None:
    """Return what the optimiser goes on from, or None if it begins anew."""
    if not isinstance(before, Trained) or before._continuation is None:
        return None
    if any(before.options[name] != options[name] for name in OPTIMISER):
        return None
    return before._continuation


def resumes(before: Any, options: Mapping[str, Any], rows: int) -> Continuation | None:
    """Return the run that this one resumes, or None: other rows or batches begin a count anew."""
    kept = goes_on(before, options)
    if kept is None or kept.progress.rows != rows:
        return None
    same = all(before.options[name] == options[name] for name in SAME)
    return kept if same else None


def plan_options(options: Mapping[str, Any], kept: Continuation | None, every: int) -> Any:
    """Return the options of a resumed run's plan: its epochs are those before it, and its own.

    every: epochs from one record to the next, which do not follow from those before.
    """
    if kept is None:
        return options
    epochs = kept.progress.epochs + options["epochs"]
    return {**options, "epochs": epochs, "record_every": every}


def take_up(
    state: State, plan: Plan, kept: Continuation | None, resumed: bool, early: EarlyStopping
) -> Plan:
    """Set the state to where the earlier run ended; return the plan, which counts its steps."""
    if kept is None:
        return plan
    progress, arrays = kept
    for name in (*ALWAYS, *(RESUMED if resumed else ())):
        if name in arrays:
            getattr(state, name)[:] = arrays[name]
    if not resumed:
        return plan._replace(extras=plan.extras._replace(steps_before=progress.steps))
    state.position[0] = progress.position
    state.learning_rate_factor[0] = progress.learning_rate_factor
    epoch, rest = divmod(progress.position, progress.rows)
    if rest and epoch % plan.record_every == 0:
        record = epoch // plan.record_every
        sums = progress.error, progress.loss
        state.errors[record], state.losses[record] = (np.nan if s is None else s for s in sums)
    early.take_up(progress)
    for name in ("params", "running_stats"):  # the best ones are early stopping's by now
        if name in arrays:
            getattr(state, name)[:] = arrays[name]
    return plan._replace(extras=plan.extras._replace(steps_before=progress.steps_before))


def continuation_of(
    plan: Plan,
    state: State,
    data: TrainingData,
    early: EarlyStopping,
    validation_rows: Any,
) -> Continuation | None:
    """Return what a run is to go on from, before the best weights are restored.

    None: SciPy's optimisers begin anew, and so does what follows a run whose numbers overflowed.
    """
    if plan.extras.optimizer in SCIPY_OPTIMIZERS:
        return None
    rows = data.totals.rows
    epoch, row = divmod(int(state.position[0]), rows)
    in_batch = row % plan.batch_size  # rows of a batch without its update: they are visited again
    row -= in_batch
    steps = data.steps
    if steps is None:
        steps = epoch * -(-rows // plan.batch_size) + row // plan.batch_size
        steps += plan.extras.steps_before
    record, of_epoch = divmod(epoch, plan.record_every)
    error: float | None = 0.0
    loss: float | None = 0.0
    if row > 0 and of_epoch == 0:
        error, loss = float(state.errors[record]), float(state.losses[record])
        if in_batch:
            error = loss = None
    arrays: dict[str, NDArray[Any]] = {"velocity": state.velocity, "squares": state.squares}
    if plan.momentum == 0 and not state.squares.size:
        del arrays["velocity"]  # which is the last gradient
    arrays["last_direction"] = state.last_direction
    if plan.extras.optimizer == Optimizer.AW_SGD:
        arrays |= {name: getattr(state, name) for name in SAMPLER}
    if early.will_restore:
        arrays |= {"params": state.params.copy(), "running_stats": state.running_stats.copy()}
    if validation_rows is not None:
        arrays["validation_rows"] = validation_rows
    progress = Progress(
        plan.seed,
        rows,
        epoch * rows + row,
        steps,
        plan.extras.steps_before,
        float(state.learning_rate_factor[0]),
        error,
        loss,
        *early.progress,
    )
    numbers = np.array([value for value in progress if value is not None], np.float64)
    if not all(np.isfinite(each).all() for each in (numbers, *arrays.values())):
        return None
    return Continuation(progress, {name: array for name, array in arrays.items() if array.size})
