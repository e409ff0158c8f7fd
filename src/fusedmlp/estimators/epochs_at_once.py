"""How many epochs of an estimator's fit are one call of the kernel."""

from typing import Any

from fusedmlp.estimators.callbacks import has_callbacks
from fusedmlp.estimators.optimizer_memory import OptimizerMemory
from fusedmlp.training.snapshots import most_snapshots

MOST_EPOCHS, MOST_ROW_NUMBERS = 100, 1_000_000  # the latter in the orders of rows


def epochs_at_once(model: Any, memory: OptimizerMemory, rows: int, held_out: int | None) -> int:
    """Return the most epochs of a call.

    Parameters
    ----------
    model : estimator
    memory : OptimizerMemory
    rows : int
        To be trained on.
    held_out : int, or None
        The rows that are measured after each epoch, from snapshots of the parameters.
    """
    every_epoch = (
        model.verbose
        or model.callback is not None
        or has_callbacks(model)
        or model.dropout  # whose masks follow from the epoch
        or model.dropconnect
        or memory.settings.has_schedule("invscaling")
        or (held_out is not None and (model.batch_norm or callable(model.scoring)))
    )
    if every_epoch:
        return 1
    most = min(MOST_EPOCHS, MOST_ROW_NUMBERS // rows, model.max_iter)
    if model.early_stopping or model.progress:
        most = min(most, model.n_iter_no_change + 1)
    if held_out is not None:
        most = min(most, most_snapshots(memory.velocity, held_out))
    return int(max(1, most))


def next_epochs(model: Any, most: int, last: int) -> int:
    """Return how many epochs the next call has.

    As many as cannot end the run, or twice as many as the last call, where the kernel itself may
    end the next one. More at once would draw many orders of rows in vain, should it end soon.

    Parameters
    ----------
    model : estimator
    most : int
    last : int
        The epochs of the last call; 0 if it ended early, or if the kernel may not end the next one.
    """
    surely = model.n_iter_no_change + 1 - model._no_improvement_count
    return int(max(1, min(max(surely, 2 * last), most, model.max_iter - model.n_iter_)))
