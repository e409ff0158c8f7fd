"""Several networks from different first weights: each as alone, and what is made of them."""

import copy
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.base import clone
from sklearn.utils._param_validation import InvalidParameterError

from fusedmlp import MLPClassifier, MLPRegressor
from tests.estimators.pairs import (
    BINARY,
    CLASSES,
    NUMBERS,
    OUTPUTS,
    SMALL,
    TARGETS,
    WEIGHTS,
    X,
    assert_same,
    assert_same_weights,
)
from tests.estimators.starts import SETTINGS, STARTS, alone, assert_same_bits, starts_for

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("combine", ["best", "average"])
@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("target", TARGETS)
def test_each_start_is_the_estimator_alone(target, name, combine):
    y = TARGETS[target]
    model = starts_for(target, **SETTINGS[name], combine=combine).fit(X, y)
    assert model.start_random_states_[0] == model.random_state
    assert len(set(model.start_random_states_)) == STARTS
    others = [alone(model, seed).fit(X, y) for seed in model.start_random_states_]
    if name == "early stopping":
        scores = [other.best_validation_score_ for other in others]
    else:
        scores = [-other.loss_ for other in others]
    assert model.start_scores_.tolist() == scores
    assert model.best_start_ == np.argmax(scores)
    best = others[model.best_start_]
    assert_same_weights(model, best, 0)
    if name != "lbfgs":
        assert_same(model, best, 0)
    if combine == "best":
        assert not hasattr(model, "estimators_")
        assert_same_bits(model, best)
    else:
        for start, other in zip(model.estimators_, others, strict=True):
            assert_same_bits(start, other)


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("target", TARGETS)
def test_average_is_the_mean(target, name):
    model = starts_for(target, **SETTINGS[name], combine="average").fit(X, TARGETS[target])
    method = "predict" if target == "numbers" else "predict_proba"
    mean = np.mean([getattr(start, method)(X) for start in model.estimators_], axis=0)
    assert_allclose(getattr(model, method)(X), mean, rtol=1e-12)
    assert_allclose(model.predictor()(X), mean, rtol=1e-12)
    assert_allclose(getattr(model, method)(sparse.csr_array(X)), mean, rtol=1e-12)
    assert np.abs(mean - getattr(model.estimators_[0], method)(X)).max() > 1e-6
    if target == "binary":
        assert np.array_equal(model.predict(X), model.classes_[(mean[:, 1] > 0.5).astype(int)])
    elif target == "classes":
        assert np.array_equal(model.predict(X), model.classes_[mean.argmax(axis=1)])
    elif target == "labels":
        assert np.array_equal(model.predict(X), mean > 0.5)


def test_average_of_several_outputs():
    model = MLPRegressor(**SMALL, n_starts=3, combine="average").fit(X, OUTPUTS)
    mean = np.mean([start.predict(X) for start in model.estimators_], axis=0)
    assert_allclose(model.predict(X), mean, rtol=1e-12)
    assert_allclose(model.predictor()(X), mean, rtol=1e-12)


@pytest.mark.parametrize("combine", ["best", "average"])
def test_names_of_columns(combine):
    frame = pd.DataFrame(X, columns=list("abcd"))
    model = starts_for("binary", combine=combine).fit(frame, BINARY)
    assert list(model.feature_names_in_) == list("abcd")
    plain = starts_for("binary", combine=combine).fit(X, BINARY)
    assert np.array_equal(model.predict_proba(frame), plain.predict_proba(X))
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame[list("dcba")])


# Random numbers


def test_the_first_starts_are_those_of_fewer():
    few, many = (starts_for("numbers", n_starts=n).fit(X, NUMBERS) for n in (2, 5))
    assert many.start_random_states_[:2] == few.start_random_states_
    assert many.start_scores_[:2].tolist() == few.start_scores_.tolist()


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_a_random_state_goes_on_as_with_one_start(backend):
    one, several = np.random.RandomState(5), np.random.RandomState(5)
    plain = starts_for("numbers", n_starts=1, random_state=one).fit(X, NUMBERS)
    with joblib.parallel_config(backend, n_jobs=2):
        model = starts_for("numbers", random_state=several, combine="average").fit(X, NUMBERS)
    assert_same_bits(model.estimators_[0], plain)
    assert several.randint(10**9) == one.randint(10**9)
    seed = model.start_random_states_[model.best_start_]
    assert_same_weights(model, alone(model, seed).fit(X, NUMBERS), 0)
    again = copy.deepcopy(several)
    assert several is model.random_state
    assert model.fit(X, NUMBERS).start_scores_[0] == -alone(model, again).fit(X, NUMBERS).loss_


def test_without_random_state_the_seeds_follow_from_numpys():
    state = np.random.get_state()
    try:
        seen = []
        for _ in range(2):
            np.random.seed(11)
            model = starts_for("numbers", random_state=None).fit(X, NUMBERS)
            seen.append(model.start_scores_.tolist() + model.start_random_states_[1:])
            once = model.fit(X, NUMBERS).start_scores_.tolist()
    finally:
        np.random.set_state(state)
    assert seen[0] == seen[1]
    assert set(seen[0][:STARTS]).isdisjoint(once)
    seed = model.start_random_states_[model.best_start_]
    assert_same_bits(model, alone(model, seed).fit(X, NUMBERS))


# The best


@pytest.mark.parametrize("scoring", [None, "loss", "neg_log_loss"])
@pytest.mark.parametrize("early_stopping", [True, False])
def test_best_by_rows_of_the_callers(scoring, early_stopping):
    settings = {"scoring": scoring, "early_stopping": early_stopping, "max_iter": 30}
    rows = {"X_val": X[:20], "y_val": CLASSES[:20], "sample_weight_val": WEIGHTS[:20]}
    model = starts_for("classes", **settings).fit(X[20:], CLASSES[20:], WEIGHTS[20:], **rows)
    others = [
        alone(model, seed).fit(X[20:], CLASSES[20:], WEIGHTS[20:], **rows)
        for seed in model.start_random_states_
    ]
    if scoring is None:
        scores = [other.score(X[:20], CLASSES[:20], WEIGHTS[:20]) for other in others]
    else:
        curves = [other.validation_loss_curve_ for other in others]
        scores = [-(min(curve) if early_stopping else curve[-1]) for curve in curves]
    assert_allclose(model.start_scores_, scores, rtol=1e-12)
    assert model.start_scores_[model.best_start_] == model.start_scores_.max()
    assert_same_bits(model, others[model.best_start_])


@pytest.mark.parametrize("target", ["classes", "numbers"])
def test_best_of_lbfgs_by_rows_of_the_callers(target):
    y = TARGETS[target]
    model = starts_for(target, solver="lbfgs").fit(X[20:], y[20:], X_val=X[:20], y_val=y[:20])
    others = [alone(model, seed).fit(X[20:], y[20:]) for seed in model.start_random_states_]
    scores = [other.score(X[:20], y[:20]) for other in others]
    assert_allclose(model.start_scores_, scores, rtol=1e-12)
    assert_allclose(model.score(X[:20], y[:20]), max(scores), rtol=1e-12)


def test_class_weight_and_sample_weight_reach_each_start():
    model = starts_for("classes", class_weight={0: 5.0}).fit(X, CLASSES, WEIGHTS)
    seed = model.start_random_states_[model.best_start_]
    assert_same_bits(model, alone(model, seed).fit(X, CLASSES, WEIGHTS))
    plain = alone(model, seed).set_params(class_weight=None).fit(X, CLASSES)
    assert np.abs(plain.coefs_[0] - model.coefs_[0]).max() > 1e-6


# Weights that are not finite

REFUSAL = "Solver produced non-finite parameter weights"


class BreaksSome:
    """A callback that writes a weight that is not finite into the networks of some seeds."""

    def __init__(self, *seeds):
        self.seeds = seeds

    def __call__(self, model):
        if model.random_state in self.seeds:
            model.coefs_[0][0, 0] = np.inf


@pytest.mark.parametrize("combine", ["best", "average"])
def test_networks_that_are_not_finite_are_left_out(combine):
    whole = starts_for("numbers").fit(X, NUMBERS)
    broken = [whole.best_start_, (whole.best_start_ + 1) % STARTS]
    breaks = BreaksSome(*(whole.start_random_states_[start] for start in broken))
    model = starts_for("numbers", combine=combine, callback=breaks).fit(X, NUMBERS)
    expected = whole.start_scores_.copy()
    expected[broken] = -np.inf
    assert model.start_scores_.tolist() == expected.tolist()
    assert model.best_start_ == expected.argmax()
    if combine == "average":
        left = [seed for seed in whole.start_random_states_ if seed not in breaks.seeds]
        assert [start.random_state for start in model.estimators_] == left
    assert np.isfinite(model.predict(X)).all()


def test_all_networks_not_finite():
    settings = {"solver": "sgd", "learning_rate_init": 1e200, "batch_size": 10}
    with pytest.raises(ValueError, match=REFUSAL):
        starts_for("numbers", **settings).fit(X, NUMBERS)


# Keeping


@pytest.mark.parametrize("combine", ["best", "average"])
@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("way", [lambda m: pickle.loads(pickle.dumps(m)), copy.deepcopy])
def test_copies(way, name, combine):
    model = starts_for("binary", **SETTINGS[name], combine=combine).fit(X, BINARY)
    other = way(model)
    assert_same_bits(model, other)
    assert model.start_random_states_ == other.start_random_states_
    unfitted = clone(model)
    assert not hasattr(unfitted, "start_scores_")
    assert_same_bits(unfitted.fit(X, BINARY), model)


@pytest.mark.parametrize("combine", ["best", "average"])
@pytest.mark.parametrize("name", ["adam", "batch_norm"])
def test_one_start_goes_on_with_the_best(name, combine):
    model = starts_for("numbers", **SETTINGS[name], combine=combine).fit(X, NUMBERS)
    best = alone(model, model.start_random_states_[model.best_start_]).fit(X, NUMBERS)
    seeds = {"random_state": 9}
    further = copy.deepcopy(model).set_params(n_starts=1, **seeds)
    for _ in range(2):
        further.partial_fit(X, NUMBERS)
        best.set_params(**seeds).partial_fit(X, NUMBERS)
        assert_same_bits(further, best)
    assert not {"estimators_", "start_scores_"} & set(vars(further))
    best = alone(model, model.start_random_states_[model.best_start_]).fit(X, NUMBERS)
    warm = {"warm_start": True} | seeds
    assert_same_bits(
        model.set_params(n_starts=1, **warm).fit(X, NUMBERS),
        best.set_params(**warm).fit(X, NUMBERS),
    )


def test_one_start_has_no_new_attributes():
    model = starts_for("numbers", combine="average").fit(X, NUMBERS)
    plain = starts_for("numbers", n_starts=1).fit(X, NUMBERS)
    assert_same_bits(model.set_params(n_starts=1).fit(X, NUMBERS), plain)
    assert set(vars(model)) == set(vars(plain))


# What several starts refuse


def test_refusals():
    model = starts_for("classes", n_starts=8)
    assert not hasattr(model, "partial_fit")
    with pytest.raises(AttributeError, match="no attribute 'partial_fit'") as caught:
        model.partial_fit(X, CLASSES, classes=[0, 1, 2])
    assert "but n_starts is 8" in str(caught.value.__cause__)
    with pytest.raises(ValueError, match="warm_start must be False with n_starts=8"):
        model.set_params(warm_start=True).fit(X, CLASSES)
    model.set_params(warm_start=False)
    with pytest.raises(ValueError, match="X_val and y_val must come together"):
        model.fit(X, CLASSES, X_val=X)
    with pytest.raises(ValueError, match="X has 3 features, but MLPClassifier is expecting 4"):
        model.fit(X, CLASSES, X_val=X[:, :3], y_val=CLASSES)
    with pytest.raises(ValueError, match=r"Input X contains NaN\."):
        model.fit(X * np.nan, CLASSES)
    assert not hasattr(model, "coefs_")


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize("wrong", [{"n_starts": 0}, {"n_starts": 2.0}, {"combine": "worst"}])
def test_parameters_are_checked(kind, wrong):
    (name,) = wrong
    with pytest.raises(InvalidParameterError, match=f"The '{name}' parameter of {kind.__name__}"):
        kind(**wrong).fit(X, CLASSES)


def test_scikit_learns_callbacks_are_refused():
    callback = pytest.importorskip("sklearn.callback")
    model = starts_for("numbers").set_callbacks(callback.ProgressBar())
    with pytest.raises(ValueError, match="set_callbacks cannot be used with n_starts=4"):
        model.fit(X, NUMBERS)
