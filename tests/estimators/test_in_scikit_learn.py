"""Our estimators within the tools of scikit-learn."""

import inspect

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn import neural_network as theirs
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.inspection import permutation_importance
from sklearn.model_selection import (
    GridSearchCV,
    LearningCurveDisplay,
    cross_val_score,
    learning_curve,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import fusedmlp
from fusedmlp import MLPClassifier, MLPRegressor
from tests.estimators.pairs import (
    BINARY,
    CLASSES,
    LABELS,
    NUMBERS,
    SMALL,
    TARGETS,
    X,
    assert_same,
    pair_for,
)

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning",
    "ignore:Got `batch_size` less than 1:UserWarning",
)

KINDS = ["MLPClassifier", "MLPRegressor"]
BOTH = [fusedmlp, theirs]
NAMES = list("abcd")


# Parameters


@pytest.mark.parametrize("kind", KINDS)
def test_their_parameters_have_their_names_order_and_defaults(kind):
    ours, others = (inspect.signature(getattr(module, kind).__init__).parameters for module in BOTH)
    assert list(ours)[: len(others)] == list(others)
    for name, parameter in others.items():
        assert (ours[name].default, ours[name].kind) == (parameter.default, parameter.kind)
    assert all(
        ours[name].kind == inspect.Parameter.KEYWORD_ONLY for name in set(ours) - set(others)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_all_their_attributes_and_methods(kind):
    y = TARGETS["binary" if kind == "MLPClassifier" else "numbers"]
    frame = pd.DataFrame(X, columns=NAMES)
    for settings in ({}, {"solver": "lbfgs"}, {"early_stopping": True}):
        ours, others = (getattr(m, kind)(**SMALL, **settings).fit(frame, y) for m in BOTH)
        public = {name for name in dir(others) if not name.startswith("_")}
        if settings.get("solver") == "lbfgs":
            # Their regressor has it by a slip: its condition names a method and does not call it.
            public -= {"partial_fit"}
            assert not hasattr(ours, "partial_fit")
        assert public <= set(dir(ours))


@pytest.mark.parametrize("kind", KINDS)
def test_get_params_set_params_and_repr(kind):
    model = getattr(fusedmlp, kind)(dropout=0.5, alpha=3)
    assert model.get_params()["dropout"] == 0.5
    assert repr(model) == f"{kind}(alpha=3, dropout=0.5)"
    assert repr(model.set_params(alpha=0.0001, dropout=0)) == f"{kind}()"
    assert "sk-top-container" in model._repr_html_()
    with pytest.raises(ValueError, match="Invalid parameter 'nothing'"):
        model.set_params(nothing=1)


def test_clone_is_unfitted_and_trains_alike():
    model = MLPClassifier(**SMALL, dropout=0.2).fit(X, BINARY)
    other = clone(model)
    assert not hasattr(other, "coefs_")
    assert_same(model, other.fit(X, BINARY), 0)


# Tools


def results_of(use):
    """Return what the tool gives for our classifier and for scikit-learn's."""
    return [use(module.MLPClassifier(**SMALL)) for module in BOTH]


def test_pipeline():
    ours, others = results_of(
        lambda m: make_pipeline(StandardScaler(), m).fit(X, BINARY).predict_proba(X)
    )
    assert_allclose(ours, others, rtol=1e-9)


def test_grid_search():
    grid = {"alpha": [0.1, 10.0], "hidden_layer_sizes": [(3,), (4, 2)]}
    ours, others = results_of(
        lambda m: GridSearchCV(m, grid, n_jobs=2, cv=3).fit(X, CLASSES).cv_results_
    )
    assert_allclose(ours["mean_test_score"], others["mean_test_score"])
    assert (ours["rank_test_score"] == others["rank_test_score"]).all()


def test_cross_val_score():
    assert_allclose(*results_of(lambda m: cross_val_score(m, X, BINARY, scoring="neg_log_loss")))


@pytest.mark.parametrize(
    "around",
    [
        lambda m: CalibratedClassifierCV(m, cv=3),
        lambda m: BaggingClassifier(m, n_estimators=3, random_state=0),
        lambda m: VotingClassifier([("a", m), ("b", clone(m).set_params(alpha=5))], voting="soft"),
    ],
)
def test_ensembles(around):
    ours, others = results_of(lambda m: around(m).fit(X, BINARY).predict_proba(X))
    assert_allclose(ours, others, rtol=1e-7)


def test_permutation_importance():
    ours, others = results_of(
        lambda m: permutation_importance(m.fit(X, BINARY), X, BINARY, random_state=0).importances
    )
    assert_allclose(ours, others, atol=1e-12)


def test_learning_curve_and_its_plot():
    sizes = {"train_sizes": [0.3, 1.0], "cv": 3, "scoring": "neg_log_loss"}
    ours, others = results_of(lambda m: learning_curve(m, X, CLASSES, **sizes)[2])
    assert_allclose(ours, others, rtol=1e-8)
    before = mpl.get_backend()
    mpl.use("Agg")
    try:
        model = MLPClassifier(**SMALL)
        display = LearningCurveDisplay.from_estimator(model, X, CLASSES, **sizes)
        assert_allclose(display.test_scores, ours)
        assert len(display.lines_) == 2  # of training and test rows
    finally:
        mpl.pyplot.close("all")
        mpl.use(before)


def test_set_output():
    frame = pd.DataFrame(X, columns=NAMES)
    model = make_pipeline(StandardScaler(), MLPClassifier(**SMALL)).set_output(transform="pandas")
    model.fit(frame, BINARY)
    assert list(model[-1].feature_names_in_) == NAMES
    plain = make_pipeline(StandardScaler(), MLPClassifier(**SMALL)).fit(frame, BINARY)
    assert np.array_equal(model.predict_proba(frame), plain.predict_proba(frame))


# Data


def test_rows_without_names_after_rows_with_names():
    model = pair_for("numbers")[0].partial_fit(pd.DataFrame(X, columns=NAMES), NUMBERS)
    for call in (lambda: model.predict(X), lambda: model.partial_fit(X, NUMBERS)):
        with pytest.warns(UserWarning, match="X does not have valid feature names"):
            call()


def test_polars():
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(dict(zip(NAMES, X.T, strict=True)))
    model = MLPRegressor(**SMALL).fit(frame, NUMBERS)
    assert list(model.feature_names_in_) == NAMES
    assert np.array_equal(model.predict(frame), model.predict(pd.DataFrame(X, columns=NAMES)))
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame[NAMES[::-1]])


@pytest.mark.parametrize("names", [["no", "maybe", "yes"], [7, -3, 100], [1.0, 2.0, 5.0]])
@pytest.mark.parametrize("kind", [np.array, list, pd.Series])
def test_labels_of_any_kind(names, kind):
    y = kind([names[c] for c in CLASSES])
    ours, others = (module.MLPClassifier(**SMALL).fit(X, y) for module in BOTH)
    assert_same(ours, others)
    assert list(ours.classes_) == sorted(names) == list(others.classes_)
    assert np.array_equal(ours.predict(X), others.predict(X))
    assert ours.score(X, y) == others.score(X, y)
    assert_allclose(ours.predict_log_proba(X), others.predict_log_proba(X), rtol=1e-9)


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csc_array, sparse.coo_array])
@pytest.mark.parametrize("target", TARGETS)
def test_sparse_rows_are_dense_rows(target, kind):
    rows = np.where(np.abs(X) > 0.5, X, 0)
    model, other = pair_for(target)[0], pair_for(target)[0]
    assert_same(model.fit(kind(rows), TARGETS[target]), other.fit(rows, TARGETS[target]), 0)
    assert np.array_equal(model.predict(kind(rows)), other.predict(rows))


def test_sparse_labels():
    ours, others = (m.MLPClassifier(**SMALL).fit(X, sparse.csr_matrix(LABELS)) for m in BOTH)
    assert_same(ours, others)
    assert (ours.predict(X) != others.predict(X)).sum() == 0


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_row_has_the_same_result_alone(target, dtype):
    rows = np.random.RandomState(2).normal(size=(333, 4)).astype(dtype)
    model = pair_for(target, hidden_layer_sizes=(37, 11))[0].fit(X.astype(dtype), TARGETS[target])
    predict = model.predict if target == "numbers" else model.predict_proba
    whole = predict(rows)
    tolerance = 1e-12 if dtype == np.float64 else 1e-6
    for part in (slice(0, 1), slice(5, 8), slice(1, 333, 2), np.arange(332, 200, -1)):
        assert_allclose(predict(rows[part]), whole[part], rtol=0, atol=tolerance)
