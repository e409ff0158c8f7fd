"""What a fitted network keeps: its weights, its optimiser, and what it prints and warns of."""

import copy
import gc
import pickle
import weakref

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from fusedmlp import MLPClassifier, MLPRegressor
from tests.estimators.pairs import (
    BINARY,
    CLASSES,
    COUNTS,
    NUMBERS,
    OUTPUTS,
    SMALL,
    TARGETS,
    X,
    assert_same,
    assert_same_weights,
    fitted,
    pair_for,
)

quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@quiet
def test_no_data_are_kept():
    model = pair_for("numbers")[0]
    for _ in range(2):  # the second call takes the quick path
        batch = X.copy()
        model.partial_fit(batch, NUMBERS)
        held = weakref.ref(batch)
        del batch
        gc.collect()
        assert held() is None


# Weights


@quiet
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("target", TARGETS)
def test_predictor(target, dtype):
    model = pair_for(target)[0].fit(X.astype(dtype), TARGETS[target])
    whole = model.predict if target == "numbers" else model.predict_proba
    predict = model.predictor()
    for rows in (1, 7, len(X)):
        part = X[:rows].astype(dtype)
        outputs = predict(part)
        assert outputs.dtype == dtype
        assert outputs.shape == whole(part).shape
        assert_allclose(outputs, whole(part), rtol=1e-12 if dtype == np.float64 else 1e-5)


@quiet
@pytest.mark.parametrize("y", [OUTPUTS, COUNTS])
@pytest.mark.parametrize("settings", [{}, {"batch_norm": True}, {"backend": "reference"}])
def test_predictor_of_regressors(y, settings):
    loss = "squared_error" if y.ndim == 2 else "poisson"
    model = MLPRegressor(loss, **SMALL, **settings).fit(X, y)
    assert_allclose(model.predictor()(X), model.predict(X), rtol=1e-12)


@pytest.mark.parametrize("method", ["predictor", "predict"])
@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_not_fitted(kind, method):
    arguments = [X] if method == "predict" else []
    with pytest.raises(NotFittedError, match=f"This {kind.__name__} instance is not fitted yet"):
        getattr(kind(), method)(*arguments)


@quiet
def test_written_weights_are_used():
    for write in ("within", "layer", "list"):
        ours, others = fitted("numbers")
        before = ours.predict(X)
        for model in (ours, others):
            if write == "within":
                model.coefs_[0][1, 2] = 3
                model.intercepts_[-1][:] += 1
            elif write == "layer":
                model.coefs_[0] = np.full((4, 7), 0.3)
            else:
                model.coefs_ = [-layer for layer in model.coefs_]
        assert_allclose(ours.predict(X), others.predict(X), rtol=1e-10)
        assert_allclose(ours.predictor()(X), others.predict(X), rtol=1e-10)
        assert np.abs(ours.predict(X) - before).max() > 0.01
        for model in (ours, others):
            model.set_params(solver="sgd", momentum=0).fit(X, NUMBERS)
        assert_same_weights(ours, others)


@quiet
def test_partial_fit_goes_on_from_written_weights():
    pair = pair_for("numbers", batch_size=53)
    for model in pair:
        model.partial_fit(X, NUMBERS).partial_fit(X, NUMBERS)
        model.intercepts_[0][:] = 0.5
        model.partial_fit(X, NUMBERS)
    assert_same(*pair)


@quiet
@pytest.mark.parametrize("batch_norm", [True, False])
def test_parameters_may_change_between_fits(batch_norm):
    model = MLPRegressor(**SMALL, warm_start=True, batch_norm=batch_norm).fit(X, NUMBERS)
    before = model.predict(X)
    for change in ({"backend": "reference"}, {"threads": 1}, {"backend": "kernels"}):
        assert_allclose(model.set_params(**change).predict(X), before, rtol=1e-12)
    model.set_params(batch_norm=not batch_norm).fit(X, NUMBERS)
    assert np.isfinite(model.predict(X)).all()
    assert model.loss_curve_[-1] < model.loss_curve_[-model.n_iter_]


# Copies


def through_a_file(model, tmp_path):
    joblib.dump(model, tmp_path / "model.joblib")
    return joblib.load(tmp_path / "model.joblib")


COPIES = {
    "pickle": lambda model, _: pickle.loads(pickle.dumps(model)),
    "deepcopy": lambda model, _: copy.deepcopy(model),
    "joblib": through_a_file,
}
KEPT = {
    "adam": {},
    "sgd": {"solver": "sgd", "learning_rate": "invscaling"},
    "masks": {"dropout": 0.3, "dropconnect": 0.2},
    "batch_norm": {"batch_norm": True},
    "state": {"random_state": np.random.RandomState(4)},
}


@quiet
@pytest.mark.parametrize("settings", KEPT)
@pytest.mark.parametrize("way", COPIES)
@pytest.mark.parametrize("target", TARGETS)
def test_copies_go_on_bit_for_bit(target, way, settings, tmp_path):
    y = TARGETS[target]
    model = pair_for(target)[0].set_params(**copy.deepcopy(KEPT[settings]))
    known = {} if target == "numbers" else {"classes": np.arange(3) if y.ndim > 1 else np.unique(y)}
    model.partial_fit(X, y, **known).partial_fit(X, y)
    other = COPIES[way](model, tmp_path)
    assert np.array_equal(other.predict(X), model.predict(X))
    for _ in range(3):
        model.partial_fit(X, y)
        other.partial_fit(X, y)
    assert_same(model, other, 0)
    assert np.array_equal(other._forward_pass_fast(X), model._forward_pass_fast(X))


@quiet
def test_partial_fit_takes_one_label_a_row_after_several():
    """As scikit-learn's does: the rows are then one-hot, on the quick path, too."""
    pair = pair_for("labels")
    for model in pair:
        model.partial_fit(X, TARGETS["labels"], classes=[0, 1, 2])
        model.partial_fit(X, CLASSES).partial_fit(X, CLASSES)
    assert_same_weights(*pair)


@quiet
def test_copies_do_not_share_memory():
    model = pair_for("classes")[0].fit(X, CLASSES)
    other = copy.deepcopy(model)
    before = model.predict_proba(X)
    other.coefs_[0][:] = 0
    other.partial_fit(X, CLASSES)
    assert np.array_equal(model.predict_proba(X), before)


@quiet
def test_copies_of_a_warm_start_go_on_bit_for_bit():
    model = pair_for("numbers", warm_start=True)[0].fit(X, NUMBERS)
    other = pickle.loads(pickle.dumps(model))
    assert_same(model.fit(X, NUMBERS), other.fit(X, NUMBERS), 0)


@quiet
@pytest.mark.parametrize("way", COPIES)
def test_a_copy_leaves_nothing_in_the_original(way, tmp_path):
    model = pair_for("numbers")[0].set_params(batch_norm=True).fit(X, NUMBERS)
    names = set(vars(model))
    COPIES[way](model, tmp_path)
    assert set(vars(model)) == names
    model.set_params(batch_norm=False).fit(X, NUMBERS)
    assert np.array_equal(COPIES[way](model, tmp_path).predict(X), model.predict(X))


# Prints and warnings


@quiet
@pytest.mark.parametrize(
    "settings",
    [
        {"max_iter": 4},
        {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.05, "max_iter": 100},
        {"early_stopping": True, "tol": 0.05, "max_iter": 100},
        {"tol": 0.05, "n_iter_no_change": 2, "max_iter": 100},
    ],
)
def test_prints_what_scikit_learn_prints(settings, capsys):
    printed = []
    for model in pair_for("binary", verbose=True, **settings):
        model.fit(X, BINARY)
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    assert printed[0].startswith("Iteration 1, loss = ")


@pytest.mark.parametrize("early_stopping", [True, False])
def test_ctrl_c_keeps_the_weights(early_stopping):
    def interrupt(model):
        if model.n_iter_ == 4:
            raise KeyboardInterrupt

    settings = {"early_stopping": early_stopping, "max_iter": 50}
    model = pair_for("numbers")[0].set_params(callback=interrupt, **settings)
    with pytest.warns(UserWarning, match=r"^Training interrupted by user\.$"):
        model.fit(X, NUMBERS)
    assert len(model.loss_curve_) == model.n_iter_ == 4
    stopped = pair_for("numbers")[0].set_params(callback=lambda m: m.n_iter_ == 4, **settings)
    assert_same_weights(model, stopped.fit(X, NUMBERS), 0)


@pytest.mark.parametrize("settings", [{}, {"solver": "sgd"}, {"solver": "lbfgs"}])
def test_warns_as_scikit_learn_where_it_has_not_converged(settings):
    said = []
    for model in pair_for("numbers", max_iter=3, **settings):
        with pytest.warns(ConvergenceWarning) as record:
            model.fit(X, NUMBERS)
        said.append([str(one.message) for one in record])
    assert said[0] == said[1]
    assert len(said[0]) == 1


@quiet
def test_warns_as_scikit_learn_of_a_large_batch():
    said = []
    for model in pair_for("numbers", batch_size=1000):
        with pytest.warns(UserWarning, match="Got `batch_size` less than 1") as record:
            model.fit(X, NUMBERS)
        said.append(str(record[0].message))
    assert said[0] == said[1]


DIVERGES = {"solver": "sgd", "learning_rate_init": 1e200, "batch_size": 10}
REFUSAL = "Solver produced non-finite parameter weights"


def test_fit_refuses_weights_that_are_not_finite():
    with pytest.raises(ValueError, match=REFUSAL):
        pair_for("numbers", **DIVERGES)[0].fit(X, NUMBERS)


def test_quick_partial_fit_refuses_weights_that_are_not_finite():
    model = pair_for("numbers", **DIVERGES)[0].set_params(batch_size=53)
    model.partial_fit(X, NUMBERS)
    with pytest.raises(ValueError, match=REFUSAL):
        model.partial_fit(X, NUMBERS)
