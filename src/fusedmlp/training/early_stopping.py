"""Early stopping and the adaptive learning rate, which both monitor the loss."""

import sys
from typing import NamedTuple

import numpy as np

from fusedmlp.checks.arrays import Array
from fusedmlp.plan.continuation import Progress
from fusedmlp.plan.plan import Plan
from fusedmlp.plan.state import State

# As in scikit-learn: an adaptive learning rate is divided by 5, until it is at most 1e-6 and the
# run stops.
ADAPTIVE_DIVISOR = 5.0
LEAST_LEARNING_RATE = 1e-6
ADAPTIVE_PATIENCE = 2  # records without progress, if the caller gives no patience


class StoppingRule(NamedTuple):
    """The settings of early stopping."""

    patience: int | None  # records without progress after which the run stops
    tol: float  # how much lower a loss must be to count as progress
    adaptive: bool  # divide the learning rate instead of stopping

    @property
    def active(self) -> bool:
        """Whether the loss is monitored."""
        return self.patience is not None or self.adaptive

    @property
    def limit(self) -> int:
        """How many records without progress are enough to stop, or to divide the learning rate."""
        if not self.active:
            return sys.maxsize
        return self.patience or ADAPTIVE_PATIENCE


class EarlyStopping:
    """The best parameters so far, and the number of records without progress."""

    def __init__(self, rule: StoppingRule, plan: Plan, state: State) -> None:
        self.rule, self._plan, self._state = rule, plan, state
        self._best_loss = self._loss_to_beat = np.inf
        self._best_epoch = -1
        self._best_params: Array | None = None
        self._best_running_stats: Array | None = None
        self._without_progress = 0
        self._ended = False

    @property
    def records_to_spare(self) -> int:
        """How many records, 1 or more, come before anything changes but by the last of them."""
        return max(1, self.rule.limit - self._without_progress)

    def after_record(self, name: str, loss: float, epoch: int, params: Array) -> str | None:
        """Handle a record's loss, called `name`; return why the run should stop, or None."""
        if loss < self._best_loss:
            self._best_loss, self._best_epoch = loss, epoch
            if self.rule.patience:
                self._keep_best(params)
        self._without_progress += 1
        if loss < self._loss_to_beat - self.rule.tol:
            self._loss_to_beat, self._without_progress = loss, 0
        reason = None
        if self.rule.adaptive:
            reason = self._adapt_learning_rate(epoch)
        elif self.rule.patience and self._without_progress >= self.rule.patience:
            reason = f"{name} no better by {self.rule.tol:g} in {self.rule.patience} records"
        self._ended = reason is not None
        return reason

    def _adapt_learning_rate(self, epoch: int) -> str | None:
        """Divide the learning rate if due; return why the run should stop, or None."""
        if self._without_progress < self.rule.limit:
            return None
        self._without_progress = 0
        factor = self._state.learning_rate_factor
        factor[0] /= ADAPTIVE_DIVISOR
        if self._plan.extras.learning_rates[-1] * factor[0] > LEAST_LEARNING_RATE:
            return None
        return f"the learning rate fell to {LEAST_LEARNING_RATE:g} after epoch {epoch}"

    @property
    def progress(self) -> tuple[float | None, float | None, int, int]:
        """The last four numbers of `Progress`; those of the beginning, if this ended the run."""
        if self._ended:
            return None, None, -1, 0
        best, to_beat = (
            None if np.isinf(loss) else float(loss)
            for loss in (self._best_loss, self._loss_to_beat)
        )
        return best, to_beat, self._best_epoch, self._without_progress

    @property
    def will_restore(self) -> bool:
        """Whether the best parameters will be restored, and a resumed run needs the last ones."""
        return self._best_params is not None and not self._ended

    def take_up(self, progress: Progress) -> None:
        """Go on from the progress of an earlier run, whose best parameters are the state's."""
        if not self.rule.active:
            return
        self._without_progress, self._best_epoch = progress.without_progress, progress.best_epoch
        if progress.loss_to_beat is not None:
            self._loss_to_beat = progress.loss_to_beat
        if progress.best_loss is not None:
            self._best_loss = progress.best_loss
            if self.rule.patience:
                self._keep_best(self._state.params)

    def _keep_best(self, params: Array) -> None:
        self._best_params = params.copy()
        self._best_running_stats = self._state.running_stats.copy()

    def restore_best(self) -> str:
        """Restore the best parameters, if patience saved them; return a note on their epoch."""
        if self._best_params is None or self._best_running_stats is None:
            return ""
        self._state.params[:] = self._best_params
        self._state.running_stats[:] = self._best_running_stats
        return f"; the weights are those after epoch {self._best_epoch}"
