"""What watches a run: validation, patience, the caller's own function, at each recorded epoch."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from fusedmlp.data import Array
from fusedmlp.plan import Plan, State

# scikit-learn's: an adaptive learning rate is divided by five, until it is next to nothing.
DIVISOR = 5.0
LEAST_RATE = 1e-6
RECORDS_WITHOUT_PROGRESS = 2


class Record(NamedTuple):
    """What a callback is shown. The weights are those of the moment; copy what is to be kept."""

    epoch: int
    error: float  # mean of |output - target| over the training rows, each before its update
    loss: float  # mean over the training rows
    validation_loss: float | None  # after the epoch's last update
    learning_rate: float
    weights: list[Array]
    biases: list[Array]


class Control:
    """A run's watch.

    Parameters
    ----------
    options : dict
        Checked options.
    plan, state : Plan, State
    total : float
        Rows of the training data, or the sum of their weights.
    outputs : int
    validation_loss : function of no arguments, or None
        What the network's loss on other data is now.
    parts : function of no arguments
        The weights and biases as lists.
    """

    def __init__(
        self,
        options: dict[str, Any],
        plan: Plan,
        state: State,
        total: float,
        outputs: int,
        validation_loss: Callable[[], float] | None,
        parts: Callable[[], tuple[list[Array], list[Array]]],
    ) -> None:
        self.options, self.plan, self.state = options, plan, state
        self.total, self.outputs = total, outputs
        self._validation_loss, self._parts = validation_loss, parts
        self.validation_losses: list[float] = []
        self.best = self.to_beat = np.inf
        self.best_epoch = -1
        self.best_params: Array | None = None
        self.best_running: Array | None = None
        self.without_progress = 0

    @property
    def needed(self) -> bool:
        """Whether anything is to be done between the first epoch and the last."""
        options = self.options
        watched = options["patience"] or self._adaptive or options["callback"]
        return bool(watched) or self._validation_loss is not None

    @property
    def _adaptive(self) -> bool:
        return bool(self.options["learning_rate_schedule"] == "adaptive")

    def after(self, record: int) -> str | None:
        """Look at a record whose epoch is over; return why the run should stop, or None."""
        loss, watched = float(self.state.losses[record]) / self.total, "loss"
        value, validation_loss = loss, None
        if self._validation_loss is not None:
            value = validation_loss = self._validation_loss()
            watched = "validation_loss"
            self.validation_losses.append(value)
        epoch = record * self.plan.record_every
        reason = self._judge(watched, value, epoch)
        if self.options["callback"] and self.options["callback"](
            self._record(record, epoch, loss, validation_loss)
        ):
            return f"the callback stopped it after epoch {epoch}"
        return reason

    def _record(
        self, record: int, epoch: int, loss: float, validation_loss: float | None
    ) -> Record:
        error = float(self.state.errors[record]) / (self.total * self.outputs)
        rates = self.plan.extras.rates
        rate = float(rates[min(epoch, rates.size - 1)] * self.state.factor[0])
        return Record(epoch, error, loss, validation_loss, rate, *self._parts())

    def _judge(self, watched: str, value: float, epoch: int) -> str | None:
        patience = self.options["patience"]
        if value < self.best:
            self.best, self.best_epoch = value, epoch
            if patience:
                self.best_params = self.state.params.copy()
                self.best_running = self.state.running.copy()
        self.without_progress += 1
        if value < self.to_beat - self.options["tol"]:
            self.to_beat, self.without_progress = value, 0
        if self._adaptive:
            if self.without_progress < (patience or RECORDS_WITHOUT_PROGRESS):
                return None
            self.without_progress = 0
            self.state.factor[0] /= DIVISOR
            if self.plan.extras.rates[-1] * self.state.factor[0] > LEAST_RATE:
                return None
            return f"the learning rate fell to {LEAST_RATE:g} after epoch {epoch}"
        if patience and self.without_progress >= patience:
            return f"{watched} no better by {self.options['tol']:g} in {patience} records"
        return None

    def bring_back_the_best(self) -> str:
        """Put the weights back that did best, where patience has kept them; say which they are."""
        if self.best_params is None or self.best_running is None:
            return ""
        self.state.params[:], self.state.running[:] = self.best_params, self.best_running
        return f"; the weights are those after epoch {self.best_epoch}"
