"""What scikit-learn's networks do not have."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn import neural_network as theirs
from sklearn.utils import compute_sample_weight

from fusedmlp import MLPClassifier, MLPRegressor
from tests.estimators.pairs import (
    CLASSES,
    NUMBERS,
    OUTPUTS,
    SMALL,
    TARGETS,
    WEIGHTS,
    X,
    assert_close,
    assert_same,
    assert_same_weights,
    pair_for,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

BEYOND = {
    "dropout": {"dropout": 0.4},
    "dropconnect": {"dropconnect": 0.3},
    "batch_norm": {"batch_norm": True},
    "l1": {"l1": 0.3},
    "clip_norm": {"clip_norm": 0.05},
    "activations": {"activation": ["gelu", "leaky_relu"]},
}


def model_for(target, **settings):
    return pair_for(target)[0].set_params(**settings)


def assert_same_bits(a, b):
    assert_same(a, b, 0)


@pytest.mark.parametrize("name", BEYOND)
@pytest.mark.parametrize("target", ["classes", "numbers"])
def test_reproducible_whatever_is_watched(target, name, capsys):
    y = TARGETS[target]
    settings = BEYOND[name] | {"solver": "sgd", "shuffle": False}
    once, again = (model_for(target, **settings).fit(X, y) for _ in range(2))
    assert_same_bits(once, again)
    assert_same_bits(model_for(target, **settings, verbose=True).fit(X, y), once)
    assert capsys.readouterr().out.count("Iteration") == once.n_iter_
    seen = []
    assert_same_bits(model_for(target, **settings, callback=seen.append).fit(X, y), once)
    assert seen
    plain = model_for(target, solver="sgd", shuffle=False)
    assert np.abs(plain.fit(X, y).coefs_[0] - once.coefs_[0]).max() > 1e-6


def test_another_seed_gives_other_masks():
    """With the same first weights, since these are drawn before."""
    models = [
        model_for("numbers", dropout=0.5, warm_start=True, max_iter=1, shuffle=False)
        for _ in range(3)
    ]
    for model in models:
        model.fit(X, NUMBERS)
    for model, seed in zip(models, (8, 8, 9), strict=True):
        model.set_params(random_state=seed).fit(X, NUMBERS)
    assert_same_bits(models[0], models[1])
    assert np.abs(models[0].coefs_[0] - models[2].coefs_[0]).max() > 1e-6


@pytest.mark.parametrize("name", BEYOND)
@pytest.mark.parametrize("target", TARGETS)
def test_reference_is_the_kernels_to_rounding(target, name):
    y = TARGETS[target]
    models = [
        model_for(target, **BEYOND[name], backend=backend).fit(X, y)
        for backend in ("kernels", "reference")
    ]
    assert_same(*models, 1e-9)
    assert_close(models[0]._forward_pass_fast(X), models[1]._forward_pass_fast(X), 1e-9)


@pytest.mark.parametrize("loss", ["huber", "absolute_error", "squared_error", "poisson"])
def test_losses(loss):
    y = np.exp(OUTPUTS)
    models = [
        MLPRegressor(loss, **SMALL, huber_delta=0.3, backend=backend).fit(X, y)
        for backend in ("kernels", "reference")
    ]
    assert_same(*models, 1e-9)
    assert models[0].loss_curve_[-1] < models[0].loss_curve_[0]


def test_recorded_loss_is_the_one_named():
    errors = {}
    for loss in ("huber", "absolute_error"):
        model = MLPRegressor(loss, **SMALL, huber_delta=0.3, alpha=0).partial_fit(X, OUTPUTS)
        model.set_params(batch_size=len(X))
        errors[loss] = np.abs(model.predict(X) - OUTPUTS)
        model.partial_fit(X, OUTPUTS)
        error = errors[loss]
        huber = np.where(error < 0.3, error**2 / 2, 0.3 * (error - 0.15))
        assert_allclose(model.loss_, (huber if loss == "huber" else error).mean(), rtol=1e-12)


def test_huber_delta_may_change_between_partial_fits():
    model = MLPRegressor("huber", **SMALL, huber_delta=0.01).partial_fit(X, NUMBERS)
    error = np.abs(model.set_params(batch_size=53, alpha=0).predict(X) - NUMBERS)
    model.partial_fit(X, NUMBERS)
    assert model.loss_ < 0.01 * error.mean() + 0.01
    error = np.abs(model.predict(X) - NUMBERS)
    model.set_params(huber_delta=1000.0).partial_fit(X, NUMBERS)
    assert_allclose(model.loss_, (error**2).mean() / 2, rtol=1e-12)


@pytest.mark.parametrize("class_weight", ["balanced", {0: 5.0, 1: 0.2}])
@pytest.mark.parametrize("sample_weight", [None, WEIGHTS])
def test_class_weight_is_a_sample_weight(class_weight, sample_weight):
    ours = MLPClassifier(**SMALL, class_weight=class_weight)
    ours.fit(X, CLASSES, sample_weight)
    weights = compute_sample_weight(class_weight, CLASSES)
    weights = weights if sample_weight is None else weights * sample_weight
    assert_same(ours, theirs.MLPClassifier(**SMALL).fit(X, CLASSES, weights))


def test_class_weight_in_partial_fit():
    """Also for rows that do not have all the classes that it names."""
    class_weight = {0: 3.0, 2: 0.5}
    ours, others = MLPClassifier(**SMALL, class_weight=class_weight), theirs.MLPClassifier(**SMALL)
    parts = [slice(0, 30), CLASSES == 1, CLASSES != 0, slice(30, 53)]
    for rows in parts:
        ours.partial_fit(X[rows], CLASSES[rows], classes=[0, 1, 2])
        weights = np.array([3.0, 1.0, 0.5])[CLASSES[rows]]
        others.partial_fit(X[rows], CLASSES[rows], weights, classes=[0, 1, 2])
    assert_same(ours, others)
    with pytest.raises(ValueError, match="are not in class_weight"):
        ours.set_params(class_weight={7: 2.0}).partial_fit(X, CLASSES)
    with pytest.raises(ValueError, match="got 'balanced'"):
        ours.set_params(class_weight="balanced").partial_fit(X, CLASSES)


def test_an_activation_for_each_layer():
    names = ["tanh", "logistic", "elu", "softplus", "silu", "leaky_relu"]
    settings = SMALL | {"hidden_layer_sizes": (6, 5, 4, 5, 6, 5), "activation": names}
    model = MLPRegressor(**settings).fit(X, NUMBERS)
    functions = [
        np.tanh,
        lambda z: 1 / (1 + np.exp(-z)),
        lambda z: np.where(z > 0, z, np.exp(z) - 1),
        lambda z: np.log1p(np.exp(z)),
        lambda z: z / (1 + np.exp(-z)),
        lambda z: np.where(z > 0, z, 0.01 * z),
        lambda z: z,
    ]
    outputs = X
    for weights, biases, function in zip(model.coefs_, model.intercepts_, functions, strict=True):
        outputs = function(outputs @ weights + biases)
    assert_close(model.predict(X), outputs[:, 0], 1e-9)
    with pytest.raises(ValueError, match="activation"):
        model.set_params(activation=["tanh"]).fit(X, NUMBERS)


def test_l1_makes_weights_small():
    settings = {"max_iter": 300, "learning_rate_init": 0.01, "alpha": 0}
    small = {}
    for l1 in (0, 1.0):
        model = model_for("numbers", **settings, l1=l1).fit(X, NUMBERS)
        small[l1] = np.mean([(np.abs(layer) < 0.01).mean() for layer in model.coefs_])
    assert small[1.0] > small[0] + 0.3


@pytest.mark.parametrize("y", [NUMBERS, OUTPUTS])
def test_clip_norm_limits_a_step(y):
    settings = SMALL | {"solver": "sgd", "momentum": 0, "learning_rate_init": 0.5}
    settings |= {"batch_size": 53}
    for clip, expected in ((0.01, 0.005), (1e6, None)):
        model = MLPRegressor(**settings, clip_norm=clip).partial_fit(X, y)
        before = np.concatenate([layer.ravel() for layer in model.coefs_ + model.intercepts_])
        model.partial_fit(X, y)
        after = np.concatenate([layer.ravel() for layer in model.coefs_ + model.intercepts_])
        length = np.linalg.norm(after - before)
        if expected is None:
            assert length > 0.01
        else:
            assert_allclose(length, expected, rtol=1e-9)


# Validation


def test_score_is_the_validation_loss():
    settings = {"early_stopping": True, "scoring": "loss", "max_iter": 40}
    model = model_for("classes", **settings).fit(X, CLASSES)
    assert_allclose(model.validation_scores_, np.negative(model.validation_loss_curve_))
    assert model.best_validation_score_ == max(model.validation_scores_)


@pytest.mark.parametrize("early_stopping", [True, False])
@pytest.mark.parametrize("target", TARGETS)
def test_explicit_validation(target, early_stopping):
    y = TARGETS[target]
    settings = {"early_stopping": early_stopping, "scoring": "loss"}
    model = model_for(target, **settings)
    model.fit(X, y, X_val=X[:20], y_val=y[:20], sample_weight_val=WEIGHTS[:20])
    plain = model_for(target).fit(X, y)
    assert model.t_ == len(X) * model.n_iter_
    assert model.loss_curve_ == plain.loss_curve_
    assert len(model.validation_loss_curve_) == model.n_iter_
    outputs, known = model._forward_pass_fast(X[:20]), y[:20]
    if target == "numbers":
        losses = (outputs[:, 0] - known) ** 2 / 2
    else:
        ones = model._label_binarizer.transform(known)
        losses = -np.log(np.where(ones, outputs, 1 if target == "classes" else 1 - outputs))
        losses = losses.sum(axis=1)
    lowest = np.average(losses, weights=WEIGHTS[:20])
    curve = model.validation_loss_curve_
    assert_allclose(lowest, min(curve) if early_stopping else curve[-1], rtol=1e-10)


def test_validation_rows_come_together_and_are_checked():
    model = model_for("classes")
    with pytest.raises(ValueError, match="must come together"):
        model.fit(X, CLASSES, X_val=X)
    with pytest.raises(ValueError, match="contains NaN"):
        model.fit(X, CLASSES, X_val=X * np.nan, y_val=CLASSES)
    with pytest.raises(ValueError, match="X has 3 features, but MLPClassifier is expecting 4"):
        model.fit(X, CLASSES, X_val=X[:, :3], y_val=CLASSES)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_callback_stops(solver):
    epochs = []

    def callback(model):
        epochs.append((model.n_iter_, model.loss_, model.predict(X[:1])[0]))
        return len(epochs) == 3

    model = model_for("numbers", solver=solver, callback=callback, max_iter=50).fit(X, NUMBERS)
    plain = model_for("numbers", solver=solver, max_iter=3).fit(X, NUMBERS)
    assert_same_weights(model, plain, 0)
    assert [epoch for epoch, _, _ in epochs] == [1, 2, 3]
    assert [loss for _, loss, _ in epochs] == model.loss_curve_
    assert epochs[-1][2] == model.predict(X[:1])[0] != epochs[0][2]


def test_threads_give_the_same_bits():
    rows = np.random.RandomState(1).normal(size=(600, 20))
    y = rows[:, 0] > 0
    settings = SMALL | {"hidden_layer_sizes": (64, 64), "batch_size": 300, "max_iter": 3}
    models = [MLPClassifier(**settings, threads=n).fit(rows, y) for n in (1, 2, None)]
    for model in models[1:]:
        assert_same_bits(model, models[0])
        assert np.array_equal(model.predict_proba(rows), models[0].predict_proba(rows))
