"""What is wrong with the arguments of train_many is said before anything is built."""

import itertools
import re
import tracemalloc

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.model_selection import KFold

import fusedmlp
from tests.many.data import X, Y, arguments

MANY = range(10**6)
NO_SEED = [{}, {"random_state": None}]


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"grid": {"rate": [1]}}, ValueError, "grid must have options of train, got 'rate'; they"),
        ({"grid": [1]}, TypeError, "grid must be a mapping .* got list"),
        (
            {"grid": {"l2": []}},
            ValueError,
            r"grid\['l2'\] must have 1 to 100,000,000 values, got 0",
        ),
        ({"grid": {"l2": 0.1}}, TypeError, r"grid\['l2'\] must be a list of values, got 0.1"),
        ({"grid": {"loss": "huber"}}, TypeError, r"grid\['loss'\] must be a list of values"),
        ({"grid": {"l2": {0.1, 0.2}}}, TypeError, r"grid\['l2'\] must be a list of values"),
        ({"grid": {"l2": np.float64(1)}}, TypeError, r"grid\['l2'\] must be a list of values"),
        ({"grid": {"l2": itertools.count()}}, TypeError, r"grid\['l2'\] must be a list of values"),
        ({"grid": {"l2": [-1.0]}}, ValueError, "l2 must be a finite number at least 0, got -1.0"),
        ({"grid": {"l2": ["a"]}}, TypeError, "l2 must be"),
        ({"grid": {"hidden": [0]}}, ValueError, "hidden"),
        ({"grid": {"dtype": ["float32"]}}, ValueError, "grid must not have dtype: it is the same"),
        ({"grid": {"l2": [1.0]}, "l2": 1.0}, ValueError, "l2 must be in the grid or be an option"),
        ({"grid": {"random_state": [None]}}, ValueError, "random_state must be in the grid or"),
        ({"grid": {"hidden": [3, 4]}, "hidden": 5}, ValueError, "hidden must be in the grid or"),
        ({"starts": 0}, ValueError, "starts must be at least 1, got"),
        ({"starts": 1.5}, TypeError, "starts must be"),
        ({"starts": True}, TypeError, "starts must be"),
        ({"bootstrap": "yes"}, TypeError, "bootstrap must be"),
        ({"threads": 0}, ValueError, "threads must be"),
        ({"callback": print}, ValueError, "callback must be left out"),
        ({"sample_weight": np.ones(23)}, ValueError, "sample_weight must be left out"),
        ({"learning_rat": 1.0}, TypeError, "unknown option 'learning_rat'"),
        ({"validation": 0.001}, ValueError, "validation must leave rows on both sides"),
        (
            {"folds": 3, "optimizer": "rprop", "batch_size": 15},
            ValueError,
            "it must come with batch_size=None, got batch_size=15 for 16 rows",
        ),
        (
            {"optimizer": "annealing", "init": "he", "search_radius": 2.5, "starts": 500},
            ValueError,
            "search_radius must be at least the size of the largest first weight",
        ),
        ({"folds": KFold(30)}, ValueError, "n_splits=30 greater than the number of samples"),
        ({"folds": 5.0}, TypeError, "folds must be a number, a splitter"),
        ({"checkpoint": 5}, TypeError, "checkpoint must be the path"),
        ({"checkpoint": ""}, ValueError, "checkpoint must not be empty"),
    ],
)
def test_what_is_wrong_is_said(given, error, message):
    with pytest.raises(error, match=message):
        fusedmlp.train_many(X, Y, **arguments(**given))


@pytest.mark.parametrize("wrong", [csr_matrix(X), None, 5, iter(X)])
def test_a_wrong_x_is_refused_as_by_train(wrong):
    with pytest.raises((TypeError, ValueError)) as refused:
        fusedmlp.train(wrong, Y, **arguments())
    with pytest.raises(refused.type, match=re.escape(str(refused.value))):
        fusedmlp.train_many(wrong, Y, **arguments())


def test_masked_targets_of_data_sets_are_refused():
    targets = np.ma.masked_array(np.stack([Y, Y]), mask=False)
    targets[1, 3] = np.ma.masked
    with pytest.raises(ValueError, match="y must have no masked values"):
        fusedmlp.train_many(np.stack([X, X]), targets, **arguments())


def test_seeds_in_the_grid_are_whole_numbers_and_their_number_is_that_of_starts():
    options = {k: v for k, v in arguments().items() if k != "random_state"}
    with pytest.raises(TypeError, match=r"grid\['random_state'\] must be whole numbers, got None"):
        fusedmlp.train_many(X, Y, grid={"random_state": [None]}, **options)
    with pytest.raises(ValueError, match="starts must be left out where the grid has the 2 seeds"):
        fusedmlp.train_many(X, Y, grid={"random_state": [1, 2]}, starts=3, **options)
    grid = {"random_state": [1, 2]}
    given = [fusedmlp.train_many(X, Y, grid=grid, **options, **more) for more in NO_SEED]
    assert np.array_equal(*(runs.loss for runs in given))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"grid": {"l1": np.zeros(10**6), "l2": np.zeros(10**6)}},
            r"at most 100,000,000 networks, got 1,000,000,000,000 \(1000000 x 1000000 combinations",
        ),
        ({"grid": {"epochs": range(10**12)}}, "must have 1 to 100,000,000 values, got 1,000,000,0"),
        ({"grid": {"l2": [0.0] * 1000}, "starts": 10**6}, "got 1,000,000,000 .*1,000,000 starts"),
        ({"starts": 10**12}, "starts must be .*100000000"),
        ({"starts": 10**8, "folds": 2}, "got 200,000,000"),
    ],
)
def test_too_many_networks_are_refused_before_anything_is_built(given, message):
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=message):
            fusedmlp.train_many(X, Y, **arguments(**given))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 80e6  # the values of the two options themselves, as a list of numbers


def test_lists_and_strings_as_data():
    """As train takes them; and data sets must be an array."""
    runs = fusedmlp.train_many(X.tolist(), Y.tolist(), **arguments())
    assert runs.loss == fusedmlp.train_many(X, Y, **arguments()).loss
    with pytest.raises((TypeError, ValueError), match="X must"):
        fusedmlp.train_many([["a"]], [1], **arguments())
    with pytest.raises(ValueError, match="X must"):
        fusedmlp.train_many([[[0.0, 1.0]]], [[1.0]], **arguments())
