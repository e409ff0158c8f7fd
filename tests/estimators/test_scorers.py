"""The score of early stopping by a scorer of the caller's, or of scikit-learn's by name."""

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.metrics import accuracy_score, log_loss, make_scorer, max_error

from tests.estimators.pairs import NUMBERS, TARGETS, WEIGHTS, X, pair_for

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def model_for(target, **settings):
    return pair_for(target)[0].set_params(**settings)


def accuracy(model, X, y):
    return accuracy_score(y, model.predict(X))


SCORERS = [
    ("binary", "neg_log_loss", lambda m, X, y: -log_loss(y, m.predict_proba(X))),
    ("classes", "accuracy", accuracy),
    ("labels", "accuracy", accuracy),
    ("numbers", "neg_max_error", lambda m, X, y: -np.abs(y - m.predict(X)).max()),
]


@pytest.mark.parametrize(("target", "scoring", "score"), SCORERS)
def test_scorers(target, scoring, score):
    y = TARGETS[target]
    settings = {"early_stopping": True, "max_iter": 5}
    named, called = (model_for(target, **settings, scoring=s).fit(X, y) for s in (scoring, score))
    assert_allclose(named.validation_scores_, called.validation_scores_, rtol=1e-12)
    given = model_for(target, **settings, scoring=scoring).fit(X, y, X_val=X[:20], y_val=y[:20])
    assert_allclose(given.best_validation_score_, score(given, X[:20], y[:20]), rtol=1e-12)


def weighted(seen):
    """Return a scorer that takes weights, and notes the sum of those it has been given."""

    def score(model, X, y, sample_weight=None):
        seen.append(None if sample_weight is None else float(sample_weight.sum()))
        return -max_error(y, model.predict(X))

    return score


@pytest.mark.parametrize("scoring", ["neg_max_error", make_scorer(max_error), SCORERS[3][2]])
@pytest.mark.parametrize("given", [False, True])
def test_weights_are_for_the_scorers_that_take_them(scoring, given):
    """The largest error of some rows has no weights: they end in the training alone."""
    seen, more = [], {}
    if given:
        more = {"X_val": X[:20], "y_val": NUMBERS[:20], "sample_weight_val": WEIGHTS[:20]}
    settings = {"early_stopping": True, "max_iter": 5}
    scores = []
    for chosen in (scoring, weighted(seen)):
        model = model_for("numbers", **settings, scoring=chosen)
        scores.append(model.fit(X, NUMBERS, WEIGHTS, **more).validation_scores_)
    assert_allclose(np.abs(scores[0]), np.abs(scores[1]), rtol=1e-12)
    if given:
        assert set(seen) == {float(WEIGHTS[:20].sum())}
    assert None not in seen


@pytest.mark.parametrize("starts", [1, 2])
def test_no_warning_of_names_with_a_data_frame(starts):
    frame = pd.DataFrame(X, columns=list("abcd"))
    settings = {"early_stopping": True, "scoring": "neg_max_error", "max_iter": 3}
    model = model_for("numbers", **settings, n_starts=starts)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "X does not have valid feature names")
        model.fit(frame, NUMBERS)
        model.fit(frame, NUMBERS, X_val=frame[:20], y_val=NUMBERS[:20])
    assert model.feature_names_in_.tolist() == list("abcd")
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        model.predict(X)
