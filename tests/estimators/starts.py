"""Estimators of several starts, the same of one, and how they compare."""

import copy

import numpy as np

from tests.estimators.pairs import X, assert_same_weights, pair_for

STARTS = 4


def starts_for(target, **settings):
    """An estimator of several starts, of which the first is not the best."""
    return pair_for(target)[0].set_params(**{"n_starts": STARTS, "random_state": 1} | settings)


def alone(model, random_state):
    """The same estimator, unfitted, with one start from a random_state."""
    parameters = model.get_params(deep=False) | {"n_starts": 1}
    return type(model)(**parameters | {"random_state": copy.deepcopy(random_state)})


def assert_same_bits(a, b):
    assert_same_weights(a, b, 0)
    assert np.array_equal(a._forward_pass_fast(X), b._forward_pass_fast(X))


SETTINGS = {
    "adam": {},
    "lbfgs": {"solver": "lbfgs"},
    "early stopping": {"early_stopping": True},
    "masks": {"dropout": 0.3, "dropconnect": 0.2},
    "batch_norm": {"batch_norm": True, "solver": "sgd"},
    "reference": {"backend": "reference"},
}
