"""Several epochs are one call of the kernel, and the rows held out are measured later."""

import signal

import numpy as np
import pytest

from fusedmlp import MLPRegressor
from fusedmlp.estimators import epochs, held_out
from tests.estimators.pairs import NUMBERS, TARGETS, WEIGHTS, X, assert_same, pair_for

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

GIVEN = {"X_val": X[:17], "y_val": slice(17), "sample_weight_val": WEIGHTS[:17]}
RULE = {"n_iter_no_change": 3, "max_iter": 40, "tol": 0.01, "learning_rate_init": 0.02}
RUNS = {
    "adam": {},
    "sgd": {"solver": "sgd"},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive"},
    "loss": {"scoring": "loss"},
    "float64 and reference": {"backend": "reference"},
    "few epochs": {"max_iter": 5},
    "diverges": {"solver": "sgd", "learning_rate_init": 1e200},
}


@pytest.fixture
def at_once(monkeypatch):
    """How many epochs a call of the kernel has at the most, fit by fit."""
    counts, count = [], epochs.epochs_at_once

    def noted(*given):
        counts.append(count(*given))
        return counts[-1]

    monkeypatch.setattr(epochs, "epochs_at_once", noted)
    return counts


def watched(_model):
    """Let each epoch be a call."""


def refusal(model, *data, **more):
    """Fit a model; return why its weights are refused, or nothing."""
    try:
        with np.errstate(all="ignore"):
            model.fit(*data, **more)
    except ValueError as error:
        return str(error)
    return ""


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("early_stopping", [True, False])
@pytest.mark.parametrize("given", [False, True], ids=["split", "given"])
@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("target", ["classes", "labels", "numbers"])
def test_a_fit_has_the_bits_of_one_that_is_watched(target, name, given, early_stopping, at_once):
    if not given and not early_stopping:
        return  # there are no rows to measure
    more, y = {}, TARGETS[target]
    if given:
        more = GIVEN | {"y_val": y[GIVEN["y_val"]]}
    settings = RULE | {"early_stopping": early_stopping} | RUNS[name]
    pair = [pair_for(target)[0].set_params(**settings, callback=c) for c in (None, watched)]
    said = [refusal(model, X, y, WEIGHTS, **more) for model in pair]
    assert said[0] == said[1]
    assert bool(said[0]) == (name == "diverges" and not early_stopping)
    # By the training losses, the kernel itself sees where to stop.
    assert at_once == [4 if early_stopping else pair[0].max_iter, 1]
    if said[0]:
        return
    assert_same(*pair, 0)
    assert pair[0].validation_loss_curve_ == pytest.approx(
        pair[1].validation_loss_curve_, rel=0, nan_ok=True
    )
    assert len(pair[0].validation_loss_curve_) == pair[0].n_iter_


def test_named_scorers_measure_each_epoch(at_once):
    settings = RULE | {"early_stopping": True, "scoring": "neg_mean_absolute_error"}
    pair = [MLPRegressor(**settings, random_state=1, callback=c) for c in (None, watched)]
    for model in pair:
        model.fit(X, NUMBERS)
    assert at_once == [4, 1]
    assert_same(*pair, 0)


@pytest.mark.parametrize("batch_norm", [True, False])
def test_what_a_snapshot_does_not_hold_is_measured_at_once(batch_norm, at_once):
    seen = []

    def score(model, rows, targets):
        seen.append((model.n_iter_, model.coefs_[0].copy()))
        return -np.abs(model.predict(rows) - targets).mean()

    scoring = "loss" if batch_norm else score
    model = MLPRegressor(early_stopping=True, batch_norm=batch_norm, scoring=scoring, max_iter=6)
    model.fit(X, NUMBERS)
    assert at_once == [1]
    assert [n for n, _ in seen] == ([] if batch_norm else list(range(1, 7)))


@pytest.mark.usefixtures("ctrl_c_is_heeded")
@pytest.mark.parametrize("at", [1, 3, 4, 6])
def test_ctrl_c_leaves_a_score_for_each_epoch(at, monkeypatch):
    settings = RULE | {"early_stopping": True, "random_state": 1, "learning_rate_init": 0.005}
    whole = MLPRegressor(**settings).fit(X, NUMBERS)
    measure, called = held_out.Validation.measure, []

    def interrupted(self):
        called.append(1)
        if len(called) == at:
            signal.raise_signal(signal.SIGINT)
        return measure(self)

    monkeypatch.setattr(held_out.Validation, "measure", interrupted)
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        model = MLPRegressor(**settings).fit(X, NUMBERS)
    assert model.n_iter_ == len(model.validation_scores_) == len(model.loss_curve_) < whole.n_iter_
    assert model.n_iter_ >= at
    assert model.validation_scores_ == whole.validation_scores_[: model.n_iter_]
    assert model.loss_curve_ == whole.loss_curve_[: model.n_iter_]
    stopped = MLPRegressor(**settings | {"max_iter": model.n_iter_}).fit(X, NUMBERS)
    assert_same(model, stopped, 0)


@pytest.mark.parametrize("early_stopping", [True, False])
@pytest.mark.parametrize("rows", [4, 8, 10])
@pytest.mark.parametrize("real", [np.float32, np.float64])
def test_few_rows_have_the_bits_of_a_fit_that_is_watched(real, rows, early_stopping):
    """One of them might be trained in the lanes."""
    settings = RULE | {"solver": "sgd", "alpha": 0, "early_stopping": early_stopping}
    settings |= {"hidden_layer_sizes": (4,), "random_state": 1, "validation_fraction": 0.5}
    pair = [MLPRegressor(**settings, callback=c) for c in (None, watched)]
    for model in pair:
        model.fit(X[:rows].astype(real), NUMBERS[:rows].astype(real))
    assert_same(*pair, 0)
