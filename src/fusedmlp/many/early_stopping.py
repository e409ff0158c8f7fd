"""Early stopping and the adaptive learning rate of each of many networks.

The rules are those of `training.early_stopping` for one network; each number is an array here.
"""

import numpy as np
from numpy.typing import NDArray

from fusedmlp.plan.networks import Networks
from fusedmlp.training.early_stopping import (
    ADAPTIVE_DIVISOR,
    ADAPTIVE_PATIENCE,
    LEAST_LEARNING_RATE,
    StoppingRule,
)

Places = NDArray[np.int64]
LEARNING_RATE = 0  # its place among a network's own numbers


class EarlyStoppingOfMany:
    """The best parameters so far of each network, and its records without progress.

    Parameters
    ----------
    rules : list of StoppingRule
        Of each network. All are adaptive, or none; all have patience, or none.
    networks : Networks
        Their parameters are looked at, and the factors of the learning rates changed.
    """

    def __init__(self, rules: list[StoppingRule], networks: Networks) -> None:
        self._adaptive, self._networks = rules[0].adaptive, networks
        self._has_patience = rules[0].patience is not None
        self._tol = np.array([rule.tol for rule in rules])
        self._patience = np.array([rule.patience or ADAPTIVE_PATIENCE for rule in rules])
        count = len(rules)
        self._loss_to_beat, self.best = np.full(count, np.inf), np.full(count, np.inf)
        self._best_epochs, self._without_progress = np.full(count, -1), np.zeros(count, int)
        self._best_params = networks.params.copy() if self._has_patience else None

    def after_record(
        self, name: str, active: Places, losses: NDArray[np.float64], epoch: int
    ) -> dict[int, str]:
        """Handle the losses of the active networks; return why those that should stop do."""
        better = losses < self.best[active]
        improved = active[better]
        self.best[improved], self._best_epochs[improved] = losses[better], epoch
        if self._best_params is not None:
            self._best_params[improved] = self._networks.params[improved]
        self._without_progress[active] += 1
        progress = losses < self._loss_to_beat[active] - self._tol[active]
        self._loss_to_beat[active[progress]] = losses[progress]
        self._without_progress[active[progress]] = 0
        if self._adaptive:
            return self._adapt_learning_rates(active, epoch)
        if not self._has_patience:
            return {}
        ended = active[self._without_progress[active] >= self._patience[active]]
        return {
            k: f"{name} no better by {self._tol[k]:g} in {self._patience[k]} records"
            for k in ended.tolist()
        }

    def _adapt_learning_rates(self, active: Places, epoch: int) -> dict[int, str]:
        """Divide the learning rates that are due; return why networks should stop."""
        due = active[self._without_progress[active] >= self._patience[active]]
        self._without_progress[due] = 0
        factors = self._networks.learning_rate_factors
        factors[due] /= ADAPTIVE_DIVISOR
        last = self._networks.schedule[-1] * self._networks.numbers[due, LEARNING_RATE]
        ended = due[last * factors[due] <= LEAST_LEARNING_RATE]
        text = f"the learning rate fell to {LEAST_LEARNING_RATE:g} after epoch {epoch}"
        return dict.fromkeys(ended.tolist(), text)

    def restore_best(self) -> list[str]:
        """Restore the best parameters where patience saved any; return a note for each network."""
        if self._best_params is None:
            return [""] * len(self.best)
        saved = self._best_epochs >= 0
        self._networks.params[saved] = self._best_params[saved]
        return [
            f"; the weights are those after epoch {epoch}" if epoch >= 0 else ""
            for epoch in self._best_epochs.tolist()
        ]
