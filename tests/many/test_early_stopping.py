"""Early stopping and the adaptive learning rate of each network."""

import numpy as np
import pytest

import fusedmlp
from tests.many.data import X, Y, arguments, assert_each_equals_train

RATES = {"learning_rate": [0.1, 1.0, 30.0]}


@pytest.mark.parametrize("batch_size", [None, 5])
@pytest.mark.parametrize("validation", [None, (X[:7], Y[:7])])
@pytest.mark.parametrize("patience", [1, 3])
def test_each_network_stops_by_its_own_loss(patience, validation, batch_size):
    options = {"patience": patience, "tol": 1e-4, "record_every": 2, "batch_size": batch_size}
    runs = fusedmlp.train_many(
        X, Y, starts=4, grid=RATES, validation=validation, **arguments(**options)
    )
    assert len(set(runs.epochs.tolist())) > 1
    assert_each_equals_train(runs, validation=validation)


@pytest.mark.parametrize("patience", [None, 3])
def test_each_network_adapts_its_own_learning_rate(patience):
    options = {"learning_rate_schedule": "adaptive", "tol": 1e-3, "patience": patience}
    runs = fusedmlp.train_many(X, Y, starts=4, grid=RATES, **arguments(**options))
    assert_each_equals_train(runs)


def test_all_networks_stop_at_once():
    runs = fusedmlp.train_many(X, Y, starts=5, tol=10.0, patience=1, **arguments())
    assert len(set(runs.epochs.tolist())) == 1
    assert runs.epochs[0] < 100
    assert_each_equals_train(runs)


def test_the_validation_loss_is_that_of_the_weights_that_are_kept():
    """With patience the lowest, else the last: also where a grid has both."""
    grid = {"patience": [None, 3]}
    options = arguments(record_every=1, learning_rate=20.0)
    runs = fusedmlp.train_many(X, Y, starts=6, folds=2, grid=grid, **options)
    assert np.unique(runs.epochs).size > 1
    for k, run in enumerate(runs):
        rows = runs.held_out(k)
        loss = ((run.predict(X[rows]) - Y[rows]) ** 2).sum(axis=1).mean() / 2
        assert runs.validation_loss[k] == pytest.approx(loss, rel=1e-9)
