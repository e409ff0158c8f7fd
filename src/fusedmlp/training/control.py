"""Control of a run after each recorded epoch: validation, early stopping, the caller's callback."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from fusedmlp.checks.arrays import Array
from fusedmlp.plan.plan import Plan, record_count
from fusedmlp.plan.state import State
from fusedmlp.training.data import Totals
from fusedmlp.training.early_stopping import EarlyStopping, StoppingRule

Callback = Callable[..., Any]


class Record(NamedTuple):
    """The argument of a callback. Weights and biases are read-only copies."""

    epoch: int
    error: float  # mean of |output - target| over training rows and outputs, before their updates
    loss: float  # mean over the training rows, before their updates
    validation_loss: float | None  # after the epoch's last update; None without validation
    learning_rate: float
    weights: list[Array]  # (n_in, n_out) for each layer
    biases: list[Array]  # (n_out,) for each layer


class Control:
    """Validation, early stopping and the callback, after each recorded epoch.

    Parameters
    ----------
    rule : StoppingRule
    callback : function of a Record, or None
    plan, state : Plan, State
    totals : Totals
        Of the training data.
    validation_loss : function of parameters, or None
        It returns the loss on the validation data.
    layers : function of no arguments
        It returns copies of the current weights and biases, as lists.
    """

    def __init__(
        self,
        rule: StoppingRule,
        callback: Callback | None,
        plan: Plan,
        state: State,
        totals: Totals,
        validation_loss: Callable[[Array], float] | None,
        layers: Callable[[], tuple[list[Array], list[Array]]],
    ) -> None:
        self.plan, self.state = plan, state
        self.early_stopping = EarlyStopping(rule, plan, state)
        self._callback, self._validation_loss, self._layers = callback, validation_loss, layers
        self._total_weight, self._outputs = totals.weight, totals.n_out
        # With scale_penalties, a record sums the batches' mean losses, each times its rows.
        scaled = plan.extras.scale_penalties
        self.loss_divisor = float(totals.rows) if scaled else totals.weight
        self._monitored: list[float] = []  # the loss of each record, on validation data if any
        self.first_record = 0  # of this run, where it resumes another

    @property
    def next_record(self) -> int:
        """The first record that has not been handled."""
        return self.first_record + len(self._monitored)

    @property
    def needed(self) -> bool:
        """Whether there is anything to do after a recorded epoch."""
        active = self.early_stopping.rule.active or self._callback is not None
        return active or self._validation_loss is not None

    @property
    def most_at_once(self) -> int:
        """How many records may be handled later, after the last of them, at the most."""
        return self.early_stopping.rule.limit if self._callback is None else 1

    def records_at_once(self) -> int:
        """Return how many of the next records can be handled after the last of them."""
        return max(1, min(len(self.state.snapshots), self.early_stopping.records_to_spare))

    def after_records(self, end: int) -> str | None:
        """Handle the next records, whose epochs are over; return why the run should stop."""
        params, kept = self.state.params, self.state.snapshots
        while self.next_record < end:
            k = self.next_record
            reason = self.after_record(k, kept[k % len(kept)] if kept.size else params)
            if reason:
                return reason
        return None

    def after_record(self, record: int, params: Array | None = None) -> str | None:
        """Handle a record with the parameters after its epoch: None, those of now."""
        loss, epoch = float(self.state.losses[record]) / self.loss_divisor, self._epoch_of(record)
        name, monitored, validation_loss = "loss", loss, None
        params = self.state.params if params is None else params
        if self._validation_loss is not None:
            monitored = validation_loss = self._validation_loss(params)
            name = "validation_loss"
        self._monitored.append(monitored)
        reason = self.early_stopping.after_record(name, monitored, epoch, params)
        if self._callback is not None:
            stops = self._callback(self._record(record, epoch, loss, validation_loss))
            if stops:
                return f"the callback stopped it after epoch {epoch}"
        return reason

    def history(self, epochs: int) -> dict[str, np.ndarray[Any, Any]]:
        """Return the records of the epochs that were run, in the form of `Trained.history`.

        epochs: with those of a run that this one resumes.
        """
        records = slice(self.first_record, record_count(epochs, self.plan.record_every))
        history: dict[str, np.ndarray[Any, Any]] = {
            "epoch": np.arange(records.start, records.stop) * self.plan.record_every,
            "error": self.state.errors[records] / (self._total_weight * self._outputs),
            "loss": self.state.losses[records] / self.loss_divisor,
        }
        if self._validation_loss is not None:
            unmeasured = [np.nan] * (history["epoch"].size - len(self._monitored))
            history["validation_loss"] = np.array(self._monitored + unmeasured)
        return history

    def _epoch_of(self, record: int) -> int:
        return record * self.plan.record_every

    def _record(
        self, record: int, epoch: int, loss: float, validation_loss: float | None
    ) -> Record:
        error = float(self.state.errors[record]) / (self._total_weight * self._outputs)
        rates = self.plan.extras.learning_rates
        rate = float(rates[min(epoch, rates.size - 1)] * self.state.learning_rate_factor[0])
        return Record(epoch, error, loss, validation_loss, rate, *self._layers())
