"""The rows of each network: data sets, bootstrap, folds, validation."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.model_selection import KFold, StratifiedKFold

import fusedmlp
from tests.many.data import CASE, X, Y, arguments, assert_each_equals_train

random = np.random.default_rng(1)
SETS_X, SETS_Y = random.normal(size=(4, 9, 3)), random.uniform(size=(4, 9, 2))
RATES = {"learning_rate": [0.1, 1.0]}


def test_a_data_set_for_each_start():
    runs = fusedmlp.train_many(SETS_X, SETS_Y, grid=RATES, **arguments())
    assert runs.shape == (2, 4, 1)
    assert [runs.rows(k)[0] for k in range(8)] == [0, 9, 18, 27] * 2
    assert_each_equals_train(runs, X=SETS_X, y=SETS_Y)


def test_a_data_set_for_each_network():
    runs = fusedmlp.train_many(SETS_X, SETS_Y, grid=RATES, starts=2, **arguments())
    assert runs.shape == (2, 2, 1)
    assert [runs.rows(k)[0] for k in range(4)] == [0, 9, 18, 27]
    assert_each_equals_train(runs, X=SETS_X, y=SETS_Y)


def test_data_sets_of_one_output_each_one_by_one():
    targets = SETS_Y[:, :, 0]
    runs = fusedmlp.train_many(SETS_X, targets, **arguments(dropout=0.2))
    assert_each_equals_train(runs, X=SETS_X, y=targets.reshape(4, 9, 1), exact=True)


def test_data_sets_with_bootstrap_and_a_share_for_validation():
    options = arguments(validation=0.3, patience=3)
    runs = fusedmlp.train_many(SETS_X, SETS_Y, bootstrap=True, **options)
    for k in range(4):
        rows, held_out = runs.rows(k), runs.held_out(k)
        assert (rows.size, held_out.size) == (6, 3)
        assert set(rows // 9) | set(held_out // 9) == {k}  # of its own data set
        assert not set(rows) & set(held_out)
    assert_each_equals_train(runs, X=SETS_X, y=SETS_Y)


@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_bootstrap(dropout):
    runs = fusedmlp.train_many(X, Y, starts=5, bootstrap=True, **arguments(dropout=dropout))
    samples = [tuple(runs.rows(k)) for k in range(5)]
    assert len(set(samples)) == 5
    assert all(len(set(rows)) < len(rows) == CASE.rows for rows in samples)
    assert_each_equals_train(runs, exact=dropout > 0)


@pytest.mark.parametrize("more", [{}, {"patience": 2}, {"dropout": 0.2}, {"bootstrap": True}])
def test_a_number_of_folds(more):
    """23 rows in 4 folds: their sizes differ by one."""
    runs = fusedmlp.train_many(X, Y, starts=2, folds=4, grid=RATES, **arguments(**more))
    assert runs.shape == (2, 2, 4)
    assert runs.options["fold"].tolist() == [0, 1, 2, 3] * 4
    for first in range(0, 16, 4):
        held_out = [runs.held_out(first + fold) for fold in range(4)]
        assert sorted(np.concatenate(held_out)) == list(range(23))
        assert sorted(map(len, held_out)) == [5, 6, 6, 6]
        for fold in range(4):
            assert not set(runs.rows(first + fold)) & set(held_out[fold])
    assert_each_equals_train(runs, exact="dropout" in more)


def test_the_mean_of_the_folds_scores_a_combination():
    runs = fusedmlp.train_many(X, Y, starts=3, folds=4, grid=RATES, **arguments())
    scores = runs.validation_loss.reshape(runs.shape).mean(axis=(1, 2))
    assert scores.shape == (2,)
    assert np.isfinite(scores).all()
    own = [run.history["validation_loss"][-1] for run in runs]
    assert_array_equal(runs.validation_loss, own)


def test_folds_of_a_splitter():
    labels = np.arange(23) % 3
    targets = np.eye(3)[labels]
    options = arguments(output_activation="softmax", loss="log_loss")
    runs = fusedmlp.train_many(X, targets, folds=StratifiedKFold(3), starts=2, **options)
    wanted = [held_out for _, held_out in StratifiedKFold(3).split(X, labels)]
    for k in range(6):
        assert_array_equal(runs.held_out(k), wanted[k % 3])
    assert_each_equals_train(runs, y=[targets])


@pytest.mark.parametrize(
    "pairs",
    [
        list(KFold(3).split(X)),
        [(np.arange(23) < 15, np.arange(23) >= 15), (range(5, 23), range(5))],
        [([0, 0, 1, 5], [7]), ([2, 3, 4, 9], [7])],
    ],
)
def test_folds_as_pairs(pairs):
    runs = fusedmlp.train_many(X, Y, starts=2, folds=pairs, **arguments())
    assert runs.shape == (1, 2, len(pairs))
    for k in range(len(runs)):
        held_out = np.asarray(pairs[k % len(pairs)][1])
        expected = np.flatnonzero(held_out) if held_out.dtype == bool else held_out
        assert_array_equal(runs.held_out(k), expected)
    assert_each_equals_train(runs)


def test_without_folds_a_network_has_all_rows():
    runs = fusedmlp.train_many(X, Y, **arguments())
    assert runs.rows(0).tolist() == list(range(23))
    assert runs.held_out(-1).size == 0
    assert "fold" not in runs.options


@pytest.mark.parametrize(
    ("folds", "error", "message"),
    [
        (1, ValueError, "folds must be at least 2, got 1"),
        (24, ValueError, "folds must be at most the 23 rows, got 24"),
        (True, TypeError, "folds must be a number, a splitter .* got bool"),
        ("ab", TypeError, "folds must be a number, a splitter .* got str"),
        ([], ValueError, "folds must have at least one pair, got none"),
        ([([0, 1], [])], ValueError, r"folds\[0\] must be two arrays of at least one row number"),
        ([([0, 1], [23])], ValueError, r"folds\[0\] must be row numbers in 0..22, got 23"),
        ([([0, -1], [3])], ValueError, r"folds\[0\] must be row numbers in 0..22, got -1"),
        ([([0.5, 1], [3])], ValueError, r"folds\[0\] must be two arrays .* dtype float64"),
    ],
)
def test_folds_that_are_none(folds, error, message):
    with pytest.raises(error, match=message):
        fusedmlp.train_many(X, Y, folds=folds, **arguments())


def test_what_cannot_be_given_together():
    with pytest.raises(ValueError, match="folds must come without validation"):
        fusedmlp.train_many(X, Y, folds=3, validation=0.2, **arguments())
    with pytest.raises(ValueError, match="folds must come with one data set"):
        fusedmlp.train_many(SETS_X, SETS_Y, folds=3, **arguments())


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (SETS_X, SETS_Y[:3], r"y must have the targets of each data set.*\(4, 9\)"),
        (SETS_X, SETS_Y[0], r"y must have the targets of each data set"),
        (SETS_X, SETS_Y[:, :8], r"y must have the targets of each data set"),
    ],
)
def test_data_sets_whose_targets_are_others(X, y, message):
    with pytest.raises(ValueError, match=message):
        fusedmlp.train_many(X, y, **arguments())


def test_another_number_of_data_sets_than_networks():
    message = "X must have a data set for each of the 3 starts, or of the 6 networks, got 4"
    with pytest.raises(ValueError, match=message):
        fusedmlp.train_many(SETS_X, SETS_Y, starts=3, grid=RATES, **arguments())
