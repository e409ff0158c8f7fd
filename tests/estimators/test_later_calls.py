"""Later calls of a fitted estimator, which check less, and what is written to it in between."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn import config_context

from fusedmlp import MLPClassifier
from tests.estimators.pairs import CLASSES, NUMBERS, SMALL, X, assert_same, pair_for

quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@quiet
def test_every_partial_fit_warns_and_refuses_as_scikit_learn():
    """Also the later ones, which check less."""
    for settings, y, more in (
        ({"batch_size": 1000}, NUMBERS, {}),
        ({}, NUMBERS[:, None], {}),
        ({"warm_start": True}, CLASSES, {"classes": [0, 1, 2]}),
    ):
        said = []
        for model in pair_for("classes" if more else "numbers", **settings):
            with warnings.catch_warnings(record=True) as record:
                warnings.simplefilter("always")
                for _ in range(3):
                    model.partial_fit(X, y, **more)
                try:
                    model.partial_fit(X, y % 2 if more else y)
                except ValueError as refused:
                    record.append(refused)
            said.append([str(getattr(each, "message", each)) for each in record])
        assert said[0] == said[1]
        assert said[0]


OPTIMIZERS = {
    "learning_rate_init": 0.5,
    "learning_rate": "invscaling",
    "power_t": 2.0,
    "momentum": 0.1,
    "nesterovs_momentum": False,
    "beta_1": 0.1,
    "beta_2": 0.1,
    "epsilon": 10.0,
}


@quiet
@pytest.mark.parametrize("before", ["partial_fit", "fit"])
@pytest.mark.parametrize("changed", [*OPTIMIZERS, "solver", "alpha"])
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_partial_fit_goes_on_with_the_first_optimizer(solver, changed, before):
    """As in scikit-learn; but the penalty and the like are those of now."""
    other = {"solver": "adam" if solver == "sgd" else "sgd", "alpha": 5.0, **OPTIMIZERS}[changed]
    pair = pair_for("numbers", solver=solver)
    for model in pair:
        getattr(model, before)(X, NUMBERS)
        model.set_params(**{changed: other}).partial_fit(X, NUMBERS).partial_fit(X, NUMBERS)
    assert_same(*pair)
    for model in pair:
        model.fit(X, NUMBERS)
    assert_same(*pair)


@quiet
def test_a_written_output_activation_is_used():
    predicted = []
    for model in pair_for("numbers"):
        model.fit(X, NUMBERS)
        before = model.predict(X)
        model.out_activation_ = "logistic"
        predicted.append(model.predict(X))
        assert not np.allclose(predicted[-1], before)
    assert_allclose(*predicted, rtol=1e-10)


@quiet
def test_what_is_assumed_finite_is_not_looked_at():
    rows = X[:3].copy()
    rows[1, 2] = np.inf
    with config_context(assume_finite=True), np.errstate(all="ignore"):
        mine, expected = (model.fit(X, CLASSES).predict(rows) for model in pair_for("classes"))
    assert mine.tolist()[::2] == expected.tolist()[::2]


@quiet
def test_validation_labels_need_not_have_every_class():
    model = MLPClassifier(**SMALL, warm_start=True)
    for _ in range(2):
        model.fit(X, CLASSES, X_val=X[:4], y_val=np.zeros(4, CLASSES.dtype))
    assert model.warm_start
    with pytest.raises(ValueError, match="classes"):
        model.fit(X, CLASSES, X_val=X[:4], y_val=np.full(4, 7))
