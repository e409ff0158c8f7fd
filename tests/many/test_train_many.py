"""Each of many networks is the one that `train` gives."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import fusedmlp
from tests.many.data import X, Y, arguments, assert_each_equals_train, assert_equals

# A network alone and one in a lane see the same numbers, sums aside.
IN_LANES = {
    "sgd": {"grid": {"learning_rate": [0.1, 1.0], "momentum": [0.0, 0.9]}},
    "nesterov": {"nesterov": True, "grid": {"momentum": [0.5, 0.9]}},
    "adam": {"optimizer": "adam", "grid": {"learning_rate": [0.01, 0.1], "beta_1": [0.8, 0.9]}},
    "adamw": {"optimizer": "adamw", "grid": {"weight_decay": [0.0, 0.1]}},
    # Its steps of nearly equal size overshoot near a minimum, which multiplies any rounding.
    "rmsprop": {"optimizer": "rmsprop", "grid": {"rho": [0.8, 0.9]}, "epochs": 20},
    "adagrad": {"optimizer": "adagrad", "grid": {"epsilon": [1e-8, 1e-3]}},
    "rprop": {"optimizer": "rprop", "grid": {"eta_plus": [1.1, 1.2]}, "epochs": 30},
    "penalties": {"grid": {"l1": [0.0, 0.01], "l2": [0.0, 0.01]}},
    "clipping": {"grid": {"clip_norm": [None, 0.01], "clip_value": [None, 0.01]}},
    "mini-batches": {"batch_size": 5, "grid": {"learning_rate": [0.1, 0.5]}},
    "in order": {"batch_size": 5, "shuffle": False, "grid": {"learning_rate": [0.1, 0.5]}},
    "huber": {"loss": "huber", "grid": {"huber_delta": [0.1, 1.0]}},
    "tanh": {"activation": "tanh", "init": "glorot"},
    "cosine": {"learning_rate_schedule": "cosine", "warmup_epochs": 5},
    "without bias": {"bias": False},
    "no hidden layer": {"hidden": ()},
    "two layers": {"hidden": (4, 3), "activation": ("relu", "tanh"), "learning_rate": 0.1},
    "the reference": {"backend": "reference", "grid": {"learning_rate": [0.1, 1.0]}},
    "a pair as validation": {"validation": (X[:7], Y[:7])},
    "a share as validation": {"validation": 0.3, "grid": {"learning_rate": [0.1, 1.0]}},
}
ONE_BY_ONE = {
    "dropout": {"dropout": 0.3, "grid": {"learning_rate": [0.1, 1.0]}},
    "batch_norm": {"batch_norm": True},
    "silu": {"activation": "silu"},
    "lbfgs": {"optimizer": "lbfgs", "epochs": 20},
    "annealing": {"optimizer": "annealing", "epochs": 3},
    "the reference with dropout": {"dropout": 0.3, "backend": "reference", "epochs": 10},
    "a share as validation": {"dropout": 0.3, "validation": 0.3, "patience": 3},
}


@pytest.mark.parametrize("name", IN_LANES)
def test_in_lanes_each_equals_train_to_rounding(name):
    options = arguments(**IN_LANES[name])
    runs = fusedmlp.train_many(X, Y, starts=5, **options)
    pair = {"validation": options["validation"]} if "pair" in name else {}
    share = {"validation": None} if "share" in name else {}
    assert_each_equals_train(runs, **pair, **share)


@pytest.mark.parametrize("name", ONE_BY_ONE)
def test_one_by_one_each_is_that_of_train_bit_for_bit(name):
    runs = fusedmlp.train_many(X, Y, starts=3, **arguments(**ONE_BY_ONE[name]))
    for k, run in enumerate(runs):
        single = fusedmlp.train(X, Y, **runs[k].options)  # its own seed is among them
        assert_equals(run, single, exact=True)
        assert dict(run.options) == dict(single.options)


def test_a_share_for_validation_holds_out_the_rows_of_train():
    runs = fusedmlp.train_many(X, Y, starts=5, validation=0.3, patience=4, **arguments())
    for run in runs:
        assert_equals(run, fusedmlp.train(X, Y, **run.options))


def test_float32():
    data = X.astype(np.float32), Y.astype(np.float32)
    runs = fusedmlp.train_many(*data, starts=5, **arguments())
    assert runs[0].weights[0].dtype == np.float32
    assert_each_equals_train(runs, X=[data[0]], y=[data[1]])


def test_groups_of_other_structures_in_one_call():
    """The last of the grid's options changes fastest, then starts, then folds."""
    grid = {"hidden": [4, (3, 2)], "activation": ["tanh", "silu"], "l2": [0.0, 0.1]}
    runs = fusedmlp.train_many(X, Y, starts=4, grid=grid, learning_rate=0.1, **more())
    assert runs.shape == (8, 4, 1)
    assert len(runs) == 32
    assert runs.options["hidden"].tolist() == [(4,)] * 16 + [(3, 2)] * 16
    assert (
        runs.options["activation"].reshape(runs.shape)[:, 0, 0].tolist()
        == (["tanh"] * 2 + ["silu"] * 2) * 2
    )
    assert_array_equal(runs.options["l2"].reshape(runs.shape)[:, 0, 0], [0.0, 0.1] * 4)
    assert_each_equals_train(runs)


def more():
    return {name: value for name, value in arguments().items() if name != "hidden"}


def test_a_grid_of_optimizers():
    options = arguments(grid={"optimizer": ["sgd", "adam", "lbfgs"]}, record_every=1)
    runs = fusedmlp.train_many(X, Y, starts=4, **{**options, "epochs": 20})
    assert_each_equals_train(runs)
    rates = runs.options["learning_rate"].reshape(runs.shape)[:, 0, 0]
    assert rates[:2].tolist() == [1.0, 0.001]  # each optimiser's own default


def test_a_grid_of_seeds_and_the_seeds_of_starts():
    options = {**arguments(), "random_state": None}
    runs = fusedmlp.train_many(X, Y, **{**options, "random_state": 7}, starts=4)
    seeds = runs.options["random_state"].tolist()
    assert seeds[0] == 7
    del options["random_state"]
    again = fusedmlp.train_many(X, Y, grid={"random_state": seeds}, **options)
    assert again.shape == (1, 4, 1)
    assert_array_equal(again.loss, runs.loss)
    assert_each_equals_train(again)


def test_init_as_arrays():
    random = np.random.default_rng(0)
    init = [random.normal(size=shape) for shape in ((3, 5), (5, 2))]
    options = arguments(init=init, bias=False, grid={"learning_rate": [0.1, 0.5, 1.0, 2.0]})
    runs = fusedmlp.train_many(X, Y, **options)
    assert runs.options["init"].tolist() == ["given, not kept"] * 4
    assert_each_equals_train(runs, init=init)


def test_options_of_numbers_run_in_one_group():
    """Also those of early stopping, which belong to each network."""
    grid = {
        "learning_rate": [0.1, 1.0],
        "patience": [2, 3],
        "tol": [1e-3, 1e-2],
        "l2": [0.0, 0.1],
    }
    runs = fusedmlp.train_many(X, Y, grid=grid, **arguments())
    assert len(runs._groups) == 1
    assert_each_equals_train(runs)
    assert len(set(runs.epochs.tolist())) > 2


def test_networks_that_diverge_are_told_of_once():
    with pytest.warns(RuntimeWarning) as warned:
        runs = fusedmlp.train_many(
            X, Y, starts=4, grid={"learning_rate": [0.1, 1e200]},
            **arguments(activation="identity", output_activation="identity"),
        )  # fmt: skip
    assert [str(w.message) for w in warned] == [
        "4 of 8 networks diverged: a weight was no longer finite; a learning_rate below 1e+200 or "
        "clip_norm=1.0 may help"
    ]
    assert warned[0].filename == __file__
    assert [text.startswith("diverged") for text in runs.stopped] == [False] * 4 + [True] * 4
    assert set(runs.ranking[:4].tolist()) == {0, 1, 2, 3}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert_each_equals_train(runs)


def test_without_a_random_state_each_call_draws_others():
    options = {**arguments(), "random_state": None}
    assert fusedmlp.train_many(X, Y, **options).loss != fusedmlp.train_many(X, Y, **options).loss
