"""Options out of range, and options that contradict: an error that names both and what to do."""

import re

import numpy as np
import pytest

import fusedmlp
from fusedmlp.options import OPTIONS
from fusedmlp.options.kept import FixedOptions

X = np.arange(12.0).reshape(6, 2)
Y = np.array([0.0, 1, 1, 0, 1, 0])
INF = float("inf")

OUT_OF_RANGE = {
    "optimizer": ("adagrade", "optimizer must be one of 'sgd', 'adam', 'adamw', 'rmsprop'"),
    "learning_rate_schedule": ("step", "learning_rate_schedule must be one of 'constant'"),
    "learning_rate_final": (
        1.5,
        "learning_rate_final must be a finite number above 0 and at most 1",
    ),
    "warmup_epochs": (-1, "warmup_epochs must be at least 0, got -1"),
    "power_t": (-0.5, "power_t must be a finite number at least 0, got -0.5"),
    "beta_1": (1.0, "beta_1 must be a finite number at least 0 and below 1, got 1.0"),
    "beta_2": (-0.1, "beta_2 must be a finite number at least 0 and below 1, got -0.1"),
    "rho": (1, "rho must be a finite number at least 0 and below 1, got 1"),
    "epsilon": (0, "epsilon must be a finite number above 0, got 0"),
    "weight_decay": (-1, "weight_decay must be a finite number at least 0, got -1"),
    "eta_minus": (1.0, "eta_minus must be a finite number above 0 and below 1, got 1.0"),
    "eta_plus": (1.0, "eta_plus must be a finite number above 1, got 1.0"),
    "least_step": (0, "least_step must be a finite number above 0, got 0"),
    "most_step": (INF, "most_step must be a finite number above 0, got inf"),
    "l1": (-0.1, "l1 must be a finite number at least 0, got -0.1"),
    "l2": (INF, "l2 must be a finite number at least 0, got inf"),
    "dropout": (1.0, "dropout must be a finite number at least 0 and at most 0.999, got 1.0"),
    "dropconnect": (-0.1, "dropconnect must be a finite number at least 0"),
    "clip_value": (0, "clip_value must be a finite number above 0, got 0"),
    "clip_norm": (-1, "clip_norm must be a finite number above 0, got -1"),
    "patience": (0, "patience must be at least 1, got 0"),
    "tol": (-1e-3, "tol must be a finite number at least 0, got -0.001"),
    "sampler_rate": (0, "sampler_rate must be a finite number above 0 and at most 1, got 0"),
    "sampler_floor": (2, "sampler_floor must be a finite number above 0 and at most 1, got 2"),
    "sample_weight": ([1, 2], "sample_weight must have as many numbers as X has rows, got 2 for 6"),
    "validation": (1.0, "validation must be above 0 and below 1, got 1.0"),
}


def test_defaults_need_no_check():
    for name, option in OPTIONS.items():
        assert option.check(name, option.default) == option.default


@pytest.mark.parametrize("name", OUT_OF_RANGE)
def test_out_of_range(name):
    value, message = OUT_OF_RANGE[name]
    with pytest.raises(ValueError, match=re.escape(message)):
        fusedmlp.train(X, Y, **{name: value})


WRONG_TYPES = {
    "batch_norm": (1, "batch_norm must be True or False, got 1"),
    "callback": (3, "callback must be a function, got 3"),
    "warm_start": ([np.ones((2, 4))], "warm_start must be a Trained, got"),
    "validation": ("half", "validation must be None, a share of the rows or a pair (X, y), got"),
    "dropout": ("0.5", "dropout must be a finite number at least 0"),
    "patience": (2.5, "patience must be an integer, got 2.5"),
    "sample_weight": (
        ["a"] * 6,
        "sample_weight must be an array of real numbers, got text",
    ),
}


@pytest.mark.parametrize("name", WRONG_TYPES)
def test_wrong_types(name):
    value, message = WRONG_TYPES[name]
    with pytest.raises(TypeError, match=re.escape(message)):
        fusedmlp.train(X, Y, **{name: value})


CONTRADICTIONS = [
    (
        {"optimizer": "rprop", "batch_size": 2},
        "optimizer='rprop' compares the gradients of all rows: it must come with "
        "batch_size=None, got batch_size=2 for 6 rows",
    ),
    (
        {"optimizer": "rprop", "learning_rate_schedule": "cosine"},
        "optimizer='rprop' has steps of its own: it must come with "
        "learning_rate_schedule='constant' and warmup_epochs=0",
    ),
    (
        {"optimizer": "rprop", "least_step": 2.0, "most_step": 1.0},
        "least_step must be at most most_step=1.0, got least_step=2.0",
    ),
    (
        {"optimizer": "lbfgs", "dropout": 0.5},
        "optimizer='lbfgs' must see the same loss whenever it looks: it must come with "
        "dropout=0.0, got dropout=0.5",
    ),
    ({"optimizer": "bfgs", "dropconnect": 0.5}, "it must come with dropconnect=0.0"),
    ({"optimizer": "lbfgs", "batch_norm": True}, "it must come with batch_norm=False"),
    (
        {"batch_norm": True, "batch_size": 1},
        "batch_norm=True must come with at least two rows in a batch, got batch_size=1 for 6 rows",
    ),
    (
        {"loss": "log_loss", "output_activation": "identity"},
        "loss='log_loss' must come with output_activation 'sigmoid' or 'softmax', "
        "got output_activation='identity'",
    ),
    ({"loss": "poisson"}, "loss='poisson' must come with output_activation 'exp' or 'softplus'"),
    (
        {"optimizer": "adam", "momentum": 0.9},
        "momentum=0.9 must come with optimizer 'sgd' or 'rmsprop' or 'aw_sgd', "
        "got optimizer='adam'",
    ),
    ({"beta_1": 0.5}, "beta_1=0.5 must come with optimizer 'adam' or 'adamw', got optimizer='sgd'"),
    ({"weight_decay": 0.1}, "weight_decay=0.1 must come with optimizer 'adamw'"),
    (
        {"power_t": 0.1},
        "power_t=0.1 must come with learning_rate_schedule 'invscaling', "
        "got learning_rate_schedule='constant'",
    ),
    (
        {"sample_weight": [0, 0, 0, 0, 0, 0]},
        "sample_weight must not be 0 for all rows",
    ),
    ({"sample_weight": [1, 1, 1, 1, 1, -1]}, "sample_weight must be at least 0, got -1.0"),
    ({"validation": 0.01}, "validation must leave rows on both sides, got 0.01 of 6 rows"),
    ({"validation": (X[:, :1], Y)}, "validation: X must have 2 columns as in training"),
    ({"validation": (X, Y[:2])}, "validation: y must have as many rows as X"),
    ({"optimizer": "aw_sgd"}, "optimizer='aw_sgd' chooses rows to learn from"),
    ({"hidden": (), "dropout": 0.5}, "dropout=0.5 must come with hidden layers, got hidden=()"),
    (
        {"hidden": (), "batch_norm": True},
        "batch_norm=True must come with hidden layers, got hidden=()",
    ),
    (
        {"huber_delta": 2.0},
        "huber_delta=2.0 must come with loss 'huber', got loss='squared_error'",
    ),
    (
        {"tol": 1e-3},
        "tol=0.001 must come with patience or learning_rate_schedule 'adaptive', got patience=None "
        "and learning_rate_schedule='constant'",
    ),
]


@pytest.mark.parametrize(("options", "message"), CONTRADICTIONS)
def test_contradictions(options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        fusedmlp.train(X, Y, **options)


@pytest.mark.parametrize(
    "options",
    [
        {"hidden": (), "dropconnect": 0.5},
        {"hidden": (), "dropout": 0.0, "batch_norm": False},
        {"huber_delta": 1.0, "tol": 1e-4},
        {"loss": "huber", "huber_delta": 2.0},
        {"tol": 1e-3, "patience": 1},
        {"tol": 1e-3, "learning_rate_schedule": "adaptive"},
    ],
)
def test_what_is_used_or_has_its_default_is_not_refused(options):
    run = fusedmlp.train(X, Y, epochs=2, learning_rate=0.01, **options)
    assert {name: run.options[name] for name in options} == options


def test_many_networks_with_options_that_nothing_uses():
    for grid, message in (
        ({"hidden": [(4,), ()], "dropout": [0.5]}, "dropout=0.5 must come with hidden layers"),
        ({"loss": ["huber", "squared_error"], "huber_delta": [2.0]}, "must come with loss 'huber'"),
        ({"tol": [1e-3]}, "tol=0.001 must come with patience"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            fusedmlp.train_many(X, Y, grid=grid, epochs=2)


def test_estimators_may_have_parameters_that_wait_for_others():
    model = fusedmlp.MLPRegressor(
        hidden_layer_sizes=(), dropout=0.5, huber_delta=2.0, tol=1e-3, random_state=0
    )
    assert model.partial_fit(X, Y).predict(X).shape == (6,)


def test_a_file_of_an_earlier_version_with_an_option_that_nothing_used(tmp_path):
    run = fusedmlp.train(X, Y, epochs=1)
    object.__setattr__(run, "options", FixedOptions(run.options | {"huber_delta": 2.0}))
    run.save(tmp_path / "network.safetensors")
    assert fusedmlp.load(tmp_path / "network.safetensors").options["huber_delta"] == 2.0


def test_a_warm_start_of_another_shape():
    run = fusedmlp.train(X, Y, epochs=1, hidden=3)
    with pytest.raises(
        ValueError, match=re.escape("warm_start must have layers of sizes (2, 4, 1)")
    ):
        fusedmlp.train(X, Y, warm_start=run)
    with pytest.raises(ValueError, match="warm_start must be a network with bias=True"):
        fusedmlp.train(X, Y, warm_start=run, hidden=3, bias=True)


def test_the_surface_of_a_normalised_network():
    run = fusedmlp.train(X, Y, epochs=1, batch_norm=True)
    with pytest.raises(ValueError, match="run must be a network without batch normalisation"):
        fusedmlp.error_surface(run, X, Y, (0, 0, 0), (0, 0, 1))
