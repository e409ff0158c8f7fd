"""Subclasses of the estimators, with constructors and methods of their own."""

import numpy as np
import pytest
from sklearn.base import clone

from fusedmlp import MLPClassifier, MLPRegressor
from tests.estimators.pairs import CLASSES, NUMBERS, SMALL, X
from tests.estimators.starts import assert_same_bits

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class Narrow(MLPRegressor):
    """A regressor with one parameter, which centres its inputs."""

    def __init__(self, units=3, combine="best"):
        super().__init__(**SMALL | {"hidden_layer_sizes": units}, n_starts=3, combine=combine)
        self.units = units

    def fit(self, X, y):
        self.mean_ = X.mean(axis=0)
        return super().fit(X - self.mean_, y)

    def predict(self, X):
        return super().predict(X - self.mean_)


class Lively(MLPClassifier):
    """A classifier with larger first weights."""

    def _initialize(self, *arguments):
        super()._initialize(*arguments)
        for layer in self.coefs_:
            layer *= 2


@pytest.mark.parametrize("combine", ["best", "average"])
def test_starts_of_a_subclass_with_its_own_constructor_and_fit(combine):
    model = Narrow(combine=combine).fit(X, NUMBERS)
    settings = SMALL | {"hidden_layer_sizes": 3, "n_starts": 3, "combine": combine}
    plain = MLPRegressor(**settings).fit(X - X.mean(axis=0), NUMBERS)
    assert np.array_equal(model.predict(X), plain.predict(X - X.mean(axis=0)))
    assert model.start_scores_.tolist() == plain.start_scores_.tolist()
    assert (model.n_starts, model.units, model.random_state) == (3, 3, SMALL["random_state"])
    assert np.array_equal(clone(model).fit(X, NUMBERS).predict(X), model.predict(X))


def test_starts_of_a_subclass_are_of_that_class():
    several = Lively(**SMALL, n_starts=2).fit(X, CLASSES)
    alone = [Lively(**SMALL | {"random_state": seed}) for seed in several.start_random_states_]
    scores = [-model.fit(X, CLASSES).loss_ for model in alone]
    assert several.start_scores_.tolist() == scores
    assert scores[0] != MLPClassifier(**SMALL, n_starts=2).fit(X, CLASSES).start_scores_[0]


def test_the_mean_of_several_starts_has_the_parameters_of_now():
    settings = SMALL | {"n_starts": 3, "combine": "average"}
    model = MLPClassifier(**settings).fit(X, CLASSES)
    before = model.predict_proba(X)
    model.set_params(activation="tanh", backend="reference", threads=1)
    now = model.predict_proba(X)
    assert not np.allclose(now, before)
    assert np.array_equal(model.predictor()(X), now)
    assert {start.backend for start in model.estimators_} == {"reference"}
    each = [start.predict_proba(X) for start in model.estimators_]
    assert np.allclose(np.mean(each, axis=0), now)
    model.set_params(activation="relu", backend="kernels", threads=None)
    assert_same_bits(model, MLPClassifier(**settings).fit(X, CLASSES))
