"""Scorers of the caller's, or of scikit-learn's by name, in the midst of a fit."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import Parameter, signature
from typing import Any

from sklearn.metrics import check_scoring

from fusedmlp.training.data import Dataset


def scorer_for(model: Any, data: Dataset, labels: Any) -> Callable[[], float]:
    """Return the score, as the parameter `scoring` has it, of an estimator on held-out rows.

    The rows' weights are given to a scorer that takes them; another weighs all rows alike, as in
    scikit-learn's searches.
    """
    scorer = check_scoring(model, model.scoring)
    weighted = data.row_weights is not None and takes_weights(scorer)
    more = {"sample_weight": data.row_weights} if weighted else {}

    def score() -> float:
        with without_names(model):
            return float(scorer(model, data.X, labels, **more))

    return score


def takes_weights(scorer: Any) -> bool:
    """Whether a scorer takes sample_weight; one of scikit-learn's hands it to its metric."""
    try:
        taken = signature(getattr(scorer, "_score_func", scorer)).parameters
    except ValueError:  # a compiled function without a signature
        return False
    any_name = any(p.kind is Parameter.VAR_KEYWORD for p in taken.values())
    return any_name or "sample_weight" in taken


@contextmanager
def without_names(model: Any) -> Iterator[None]:
    """Let an estimator predict plain arrays: one fitted on a data frame would warn of each."""
    names = vars(model).pop("feature_names_in_", None)
    try:
        yield
    finally:
        if names is not None:
            model.feature_names_in_ = names
