"""With the same random_state, training goes as scikit-learn's does, to rounding."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn import neural_network as theirs

import fusedmlp
from tests.estimators.pairs import (
    BINARY,
    CLASSES,
    COUNTS,
    NUMBERS,
    SMALL,
    TARGETS,
    WEIGHTS,
    X,
    assert_close,
    assert_same,
    assert_same_weights,
    fitted,
    pair_for,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("settings", [{}, {"batch_size": 53}, {"batch_size": 1}, {"alpha": 0}])
def test_adam(target, settings):
    assert_same(*fitted(target, **settings))


SGD = [
    {},
    {"nesterovs_momentum": False},
    {"momentum": 0},
    {"momentum": 0, "nesterovs_momentum": False},
    {"momentum": 1, "learning_rate_init": 0.01},
    {"momentum": 1, "nesterovs_momentum": False, "learning_rate_init": 0.01},
    {"learning_rate": "invscaling", "learning_rate_init": 0.5},
    {"learning_rate": "invscaling", "learning_rate_init": 0.5, "power_t": 0.2, "momentum": 0.5},
    {"shuffle": False},
    {"alpha": 20, "learning_rate_init": 0.01},
    {"batch_size": "auto", "learning_rate_init": 0.1},
]


@pytest.mark.parametrize("target", ["classes", "numbers"])
@pytest.mark.parametrize("settings", SGD)
def test_sgd(target, settings):
    assert_same(*fitted(target, solver="sgd", **settings))


@pytest.mark.parametrize("nesterov", [True, False])
def test_adaptive_rate_is_divided_at_the_same_epochs(nesterov, capsys):
    settings = {"learning_rate": "adaptive", "learning_rate_init": 0.1, "n_iter_no_change": 3}
    settings |= {"nesterovs_momentum": nesterov, "tol": 0.002, "max_iter": 200, "verbose": True}
    ours, others = pair_for("binary", solver="sgd", **settings)
    printed = []
    for model in (ours, others):
        model.fit(X, BINARY)
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    assert printed[0].count("Setting learning rate") >= 3
    assert 20 < ours.n_iter_ < 200
    assert_same(ours, others, 1e-9)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_activations(activation, solver):
    assert_same(*fitted("classes", activation=activation, solver=solver))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_sample_weight(target, solver):
    assert_same(*fitted(target, solver=solver, sample_weight=WEIGHTS, alpha=0.5))


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("target", TARGETS)
def test_early_stopping(target, weights):
    settings = {"early_stopping": True, "validation_fraction": 0.3, "n_iter_no_change": 4}
    settings |= {"learning_rate_init": 0.01, "max_iter": 60, "tol": 0.02}
    ours, others = fitted(target, sample_weight=weights, **settings)
    assert ours.n_iter_ < 60
    assert_same(ours, others)


@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
def test_first_weights_stay_if_no_score_is_finite():
    settings = {"solver": "sgd", "learning_rate_init": 1e200, "early_stopping": True}
    with np.errstate(all="ignore"):
        ours, others = fitted("numbers", max_iter=12, **settings)
    assert np.isnan(ours.validation_scores_).all()
    assert ours.n_iter_ == others.n_iter_
    assert_same_weights(ours, others, 0)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("target", ["binary", "numbers"])
def test_stops_by_tol_at_the_same_epoch(target, solver):
    settings = {"tol": 0.01, "n_iter_no_change": 3, "learning_rate_init": 0.02}
    ours, others = fitted(target, solver=solver, max_iter=300, **settings)
    assert 5 < ours.n_iter_ < 300
    assert_same(ours, others, 1e-9)


@pytest.mark.parametrize("settings", [{}, {"activation": "tanh", "sample_weight": WEIGHTS}])
def test_poisson(settings):
    weights = settings.pop("sample_weight", None)
    given = SMALL | settings | {"loss": "poisson"}
    pair = [module.MLPRegressor(**given) for module in (fusedmlp, theirs)]
    assert_same(*(model.fit(X, COUNTS, weights) for model in pair))


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("target", TARGETS)
def test_float32_stays(target, solver):
    pair = pair_for(target, solver=solver)
    y = NUMBERS.astype(np.float32) if target == "numbers" else TARGETS[target]
    ours, others = (model.fit(X.astype(np.float32), y) for model in pair)
    assert {layer.dtype for layer in ours.coefs_ + ours.intercepts_} == {np.dtype("f4")}
    assert_same_weights(ours, others, 2e-5)
    predict = "predict" if target == "numbers" else "predict_proba"
    for dtype in ("float32", "float64", "int64"):
        mine, theirs = (getattr(model, predict)((9 * X).astype(dtype)) for model in (ours, others))
        assert mine.dtype == theirs.dtype
        assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5)
    # Rows in float64 are predicted in float64, with the weights of that moment.
    ours.coefs_[0][:], ours.coefs_[0][0] = 0, others.coefs_[0][0]
    others.coefs_, others.intercepts_ = ours.coefs_, ours.intercepts_
    mine, theirs = (getattr(model, predict)(X) for model in (ours, others))
    assert_allclose(mine, theirs, rtol=1e-12)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_lbfgs(target, weights):
    """Few iterations, since each one multiplies the rounding of the last."""
    ours, others = fitted(target, sample_weight=weights, solver="lbfgs", max_iter=15, alpha=0.1)
    assert ours.n_iter_ == others.n_iter_
    assert_same_weights(ours, others, 1e-7)
    assert_allclose(ours.loss_, others.loss_, rtol=1e-9)


def test_lbfgs_to_its_tolerance():
    ours, others = fitted("classes", solver="lbfgs", max_iter=5000, alpha=1, activation="tanh")
    assert_allclose(ours.loss_, others.loss_, rtol=1e-4)
    assert_allclose(ours.predict_proba(X), others.predict_proba(X), atol=0.01)


@pytest.mark.parametrize("batch_size", [20, "auto"])
@pytest.mark.parametrize("early_stopping", [True, False])
@pytest.mark.parametrize("shuffle", [True, False])
def test_random_state_is_left_the_same(early_stopping, shuffle, batch_size):
    states = [np.random.RandomState(5), np.random.RandomState(5)]
    settings = {"early_stopping": early_stopping, "shuffle": shuffle, "batch_size": batch_size}
    for model, state in zip(pair_for("binary", **settings), states, strict=True):
        model.set_params(random_state=state).fit(X, BINARY)
    assert np.array_equal(states[0].uniform(size=9), states[1].uniform(size=9))


# warm_start


def test_warm_start_without_moments():
    settings = {"solver": "sgd", "momentum": 0, "learning_rate": "invscaling", "warm_start": True}
    ours, others = pair_for("classes", **settings, learning_rate_init=0.3)
    for max_iter in (3, 5, 1):
        for model in (ours, others):
            model.set_params(max_iter=max_iter).fit(X, CLASSES)
        assert_same(ours, others)


@pytest.mark.parametrize("settings", [{"solver": "adam"}, {"solver": "sgd"}])
def test_warm_start_goes_on_with_the_moments(settings):
    """scikit-learn's begins with new ones."""
    settings |= {"batch_size": 53, "warm_start": True, "tol": 0}
    twice, other_twice = pair_for("numbers", **settings, max_iter=5)
    for model in (twice, other_twice):
        model.fit(X, NUMBERS).fit(X, NUMBERS)
    once, other_once = fitted("numbers", **settings, max_iter=10)
    for a, b in zip(twice.coefs_ + twice.intercepts_, once.coefs_ + once.intercepts_, strict=True):
        assert np.array_equal(a, b)
    assert twice.loss_curve_ == once.loss_curve_
    assert_same(once, other_once)
    assert np.abs(other_twice.coefs_[0] - twice.coefs_[0]).max() > 1e-6


def test_warm_start_with_another_activation():
    settings = {"solver": "sgd", "momentum": 0, "warm_start": True}
    pair = pair_for("numbers", **settings)
    for model in pair:
        model.fit(X, NUMBERS).set_params(activation="tanh")
    assert_close(pair[0].predict(X), pair[1].predict(X))
    for model in pair:
        model.fit(X, NUMBERS)
    assert_same(*pair)
    assert_close(pair[0].predict(X), pair[1].predict(X))


# partial_fit


def batches_of(sizes):
    starts = np.cumsum([0, *sizes[:-1]])
    return [slice(a, a + size) for a, size in zip(starts, sizes, strict=True)]


BATCHES = {"alike": [10] * 5, "differing": [20, 3, 3, 11, 1, 11, 4]}


@pytest.mark.parametrize("seed", ["int", "RandomState"])
@pytest.mark.parametrize("sizes", BATCHES)
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_partial_fit(solver, target, sizes, seed):
    pair = pair_for(target, solver=solver, batch_size=4)
    y = TARGETS[target]
    first = {} if target == "numbers" else {"classes": np.arange(3) if y.ndim > 1 else np.unique(y)}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Got `batch_size` less than 1", UserWarning)
        for model in pair:
            state = 7 if seed == "int" else np.random.RandomState(7)
            model.set_params(random_state=state)
            for number, rows in enumerate(batches_of(BATCHES[sizes])):
                model.partial_fit(X[rows], y[rows], **({} if number else first))
    assert_same(*pair)


@pytest.mark.parametrize("seed", [7, np.random.RandomState(7), None])
@pytest.mark.parametrize("target", TARGETS)
def test_quick_partial_fit_has_the_bits_of_the_checked_one(target, seed):
    y = TARGETS[target]
    known = {} if target == "numbers" else {"classes": np.arange(3) if y.ndim > 1 else np.unique(y)}
    models = []
    for checked in (False, True):
        np.random.seed(4)
        if isinstance(seed, np.random.RandomState):
            seed = np.random.RandomState(7)
        model = pair_for(target, batch_size=4)[0].set_params(random_state=seed)
        model.partial_fit(X[:10], y[:10], **known)
        for rows in batches_of(BATCHES["alike"]):
            if checked:
                model._partial_fits = None
            model.partial_fit(X[rows], y[rows])
        models.append(model)
    quick, slow = models
    assert_same(quick, slow, 0)


def test_partial_fit_with_sample_weight():
    pair = pair_for("binary")
    for model in pair:
        for _ in range(4):
            model.partial_fit(X, BINARY, WEIGHTS, classes=["no", "yes"])
            model.partial_fit(X, BINARY)
    assert_same(*pair)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("target", ["binary", "classes", "labels"])
def test_losses_of_saturated_outputs_are_cut_alike(target, dtype, solver, weights):
    """Both sides stop at the same epoch.

    scikit-learn computes the loss of a unit from 1 - p, which near the cap has no digit left; ours
    from the sum.
    """
    inputs = (1000 * X).astype(dtype)
    settings = {"max_iter": 100, "n_iter_no_change": 3, "learning_rate_init": 1e-4}
    pair = pair_for(target, solver=solver, **settings)
    mine, others = (model.fit(inputs, TARGETS[target], weights) for model in pair)
    most = -np.log(np.finfo(dtype).eps)
    assert others.loss_curve_[0] > most / 6
    assert mine.n_iter_ == others.n_iter_
    exact = 1e-9 if dtype == "float64" else 2e-5
    rtol = 5e-3 if target == "labels" else exact
    assert_allclose(mine.loss_curve_, others.loss_curve_, rtol=rtol)
