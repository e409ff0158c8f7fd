"""The rows that early stopping holds out, or that a caller gives for validation."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import r2_score

from fusedmlp.backends import implementation
from fusedmlp.checks.arrays import Array
from fusedmlp.estimators.network import Network, network_of
from fusedmlp.estimators.scorers import scorer_for
from fusedmlp.estimators.settings import outputs_in_mean
from fusedmlp.plan.plan import Plan
from fusedmlp.training.data import Dataset
from fusedmlp.training.evaluation import outputs_and_loss, takes_sums

LEAST_DENOMINATOR = 1e-300  # of R2; below, scikit-learn's own rules apply


# X_val, y_val and sample_weight_val, as a caller gives them.
GivenRows = tuple[Any, Any, Any]


def given_rows(X: Any, y: Any, sample_weight: Any) -> GivenRows | None:
    """Return the rows that a caller gives for validation; None: there are none.

    Raises
    ------
    ValueError
        If there are only inputs, or only targets.
    """
    if (X is None) != (y is None):
        raise ValueError("X_val and y_val must come together")
    return None if X is None else (X, y, sample_weight)


class HeldOut(NamedTuple):
    """Rows for validation, in the dtype of the network, and their labels or numbers."""

    data: Dataset
    labels: Any  # as the caller has them


class Validation:
    """Score and loss of a network in training on the rows held out.

    Parameters
    ----------
    model : estimator
        Its parameter `scoring` chooses the score; None is accuracy or R2, as in scikit-learn.
    held_out : HeldOut
    network : Network
    plan : Plan
    """

    def __init__(self, model: Any, held_out: HeldOut, network: Network, plan: Plan) -> None:
        self._model, self._network, self._plan = model, network, plan
        self._data, self._labels = held_out.data, held_out.labels
        self._score = self._chosen_score()

    def measure(self) -> tuple[float, float]:
        """Return the score, which is better if higher, and the mean loss, without penalties."""
        trained, data, backend = self._network.trained, self._data, self._model.backend
        with np.errstate(all="ignore"):  # a run that diverges has outputs that are not finite
            outputs, loss = outputs_and_loss(trained, self._plan, data)
            loss /= data.total_weight
            if takes_sums(self._plan):
                implementation(backend).activate(int(self._plan.activations[-1]), outputs)
        loss /= outputs_in_mean(self._model)
        if self._score is None:
            return -loss, loss
        return self._score(outputs), loss

    def _chosen_score(self) -> Callable[[Array], float] | None:
        scoring = self._model.scoring
        if scoring == "loss":
            return None
        if scoring is not None:
            score = scorer_for(self._model, self._data, self._labels)
            return lambda _: score()
        return self._accuracy if hasattr(self._model, "classes_") else self._r2

    def _accuracy(self, outputs: Array) -> float:
        """Return the share of rows whose predicted classes are all right."""
        if np.isnan(outputs).any():
            return np.nan
        y = self._data.y
        if self._model.out_activation_ == "softmax":
            right = outputs.argmax(axis=1) == y.argmax(axis=1)
        else:
            right = ((outputs > 0.5) == (y > 0.5)).all(axis=1)
        return float(np.average(right, weights=self._data.row_weights))

    def _r2(self, outputs: Array) -> float:
        """Return R2, averaged over the outputs: 1 - residual over total sum of squares."""
        if not np.isfinite(outputs).all():
            return np.nan
        y, weights = self._data.y, self._data.row_weights
        w: NDArray[Any] | float = 1.0 if weights is None else weights[:, None]
        residual = (w * (y - outputs) ** 2).sum(axis=0, dtype=np.float64)
        centred = y - np.average(y, axis=0, weights=weights)
        total = (w * centred**2).sum(axis=0, dtype=np.float64)
        if (total < LEAST_DENOMINATOR).any():
            return float(r2_score(y, outputs, sample_weight=weights))
        return float((1 - residual / total).mean())


def score_on(model: Any, rows: GivenRows) -> float:
    """Return the score, as `Validation` has it, of a fitted estimator on rows of the caller's."""
    X, y, weights, labels = model._validated(*rows)
    network = network_of(model)
    held_out = HeldOut(model._dataset(X, y, weights, network), labels)
    score, _ = Validation(model, held_out, network, network.trained._plan_for(1)).measure()
    return score
