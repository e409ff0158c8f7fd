"""Runs that make all digits of their results from the last digit of one number.

In such runs kernels and reference part, and neither is wrong. What amplifies rounding is the same
in both: shown here one by one. What they do in a step is the same too: with the results of the
kernels' twins in its steps, the reference makes the kernels' results (`tests/transplants.py`).
"""

from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import fusedmlp
from fusedmlp import kernels, reference
from fusedmlp.plan.codes import LEAK, Activation
from tests.cases import ALL_CASES
from tests.transplants import UNITS, TwinsDifferError, kernels_twins, noisy_twins


class AmplifyingRun(NamedTuple):
    """A run of which the plain reference gives other numbers than the kernels."""

    rows: int
    n_in: int
    hidden: tuple[int, ...]
    n_out: int
    options: dict[str, Any]

    def data(self):
        random = np.random.RandomState(self.options["random_state"])
        X, y = random.randn(self.rows, self.n_in), random.rand(self.rows, self.n_out)
        return X.astype(self.options["dtype"]), y.astype(self.options["dtype"])


FLOAT_32, FLOAT_64 = {"dtype": "float32", "threads": 1}, {"dtype": "float64", "threads": 1}
# Found among random runs. A tanh or sigmoid that is almost 1 has a derivative that is a few units
# of rounding, or 0.
RUNS = {
    "adam divides a saturated derivative by its own size": AmplifyingRun(
        8, 63, (63,), 23,
        FLOAT_32 | {"output_activation": "tanh", "loss": "huber", "activation": "softplus"}
        | {"bias": True, "optimizer": "adam", "learning_rate": 0.01, "shuffle": False}
        | {"epochs": 2, "random_state": 175174},
    ),
    "rmsprop does so too": AmplifyingRun(
        4, 58, (52,), 6,
        FLOAT_32 | {"loss": "absolute_error", "activation": "elu", "dropout": 0.5}
        | {"optimizer": "rmsprop", "learning_rate": 0.01, "epochs": 2, "random_state": 952060},
    ),
    "rprop takes its sign": AmplifyingRun(
        13, 48, (64, 61, 27), 3,
        FLOAT_32 | {"output_activation": "tanh", "loss": "absolute_error", "activation": "elu"}
        | {"bias": True, "optimizer": "rprop", "epochs": 3, "random_state": 442493},
    ),
    "track_directions counts its signs": AmplifyingRun(
        130, 27, (4,), 20,
        FLOAT_32 | {"output_activation": "tanh", "activation": "relu", "batch_size": 1}
        | {"learning_rate": 0.001, "momentum": 0.9, "track_directions": True}
        | {"epochs": 3, "random_state": 870712},
    ),
    # Two steps of clip_value times the learning rate bring a bias back to 0, or to the rounding
    # error of one product: the kernels multiply and subtract in one operation. Dropconnect leaves
    # out all weights of that unit in the third step, and the bias alone chooses leaky_relu's slope.
    "a bias comes back to the kink of leaky_relu": AmplifyingRun(
        31, 3, (3, 2, 2), 1,
        FLOAT_64 | {"loss": "huber", "activation": "leaky_relu", "bias": True, "batch_size": 13}
        | {"learning_rate": 0.001, "dropconnect": 0.5, "clip_value": 0.1, "clip_norm": 1.0}
        | {"l1": 0.01, "epochs": 9, "record_every": 1, "random_state": 442231},
    ),
}  # fmt: skip


def require_same_run(X, y, **options):
    """Fail if the kernels' run is not that of the reference with the kernels' twins in it."""
    ours = fusedmlp.train(X, y, backend="kernels", **options)
    with kernels_twins():
        theirs = fusedmlp.train(X, y, backend="reference", **options)
    pairs = [(ours._params, theirs._params), (ours._running_stats, theirs._running_stats)]
    pairs += [(ours.history[name], values) for name, values in theirs.history.items()]
    # What has no twin: sums in another order where rows are in lanes or a gradient is divided.
    rounding = UNITS * np.finfo(X.dtype).eps
    for a, b in pairs:
        assert_allclose(a, b, rtol=rounding, atol=rounding * max(1.0, np.abs(b).max(initial=0)))
    for a, b in zip(ours.direction_changes or [], theirs.direction_changes or [], strict=True):
        assert_array_equal(a, b)


@pytest.mark.parametrize("name", RUNS)
def test_only_rounding_in_a_twin_parts_the_two(name):
    run = RUNS[name]
    require_same_run(*run.data(), hidden=run.hidden, **run.options)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", ALL_CASES, ids=str)
def test_steps_agree_whatever_the_twins_round_to(case, dtype):
    X, y = (array.astype(dtype) for array in case.data())
    require_same_run(X, y, **case.arguments(dtype=dtype))


def test_a_twin_that_differs_by_more_than_rounding_is_found(monkeypatch):
    def update(params, gradient, velocity, learning_rate, momentum, nesterov):
        reference.update(params, gradient, velocity, learning_rate, momentum, nesterov)
        params *= 1 + 1e-13

    monkeypatch.setattr(kernels, "update", update)
    with kernels_twins(), pytest.raises(TwinsDifferError, match="update"):
        fusedmlp.train([[1.0]], [0.0], hidden=1, epochs=1, backend="reference")


def test_noise_is_of_the_size_of_rounding():
    X, y = np.random.default_rng(0).random((2, 9, 3))
    plain = fusedmlp.train(X, y, epochs=5, random_state=1, backend="reference")
    with noisy_twins(0):
        noisy = fusedmlp.train(X, y, epochs=5, random_state=1, backend="reference")
    moved = np.abs(noisy._params - plain._params).max()
    assert 1e-17 < moved < 1e-12


# What amplifies, in both implementations.

both = pytest.mark.parametrize("package", [kernels, reference], ids=["kernels", "reference"])
one_type = pytest.mark.parametrize("real", [np.float64, np.float32])


@both
@one_type
def test_the_last_digit_of_a_saturated_output_is_all_of_its_derivative(package, real):
    almost_one = np.array([[np.nextafter(real(1), real(0)), 1]], real)
    for activation, slope in ((Activation.TANH, 2), (Activation.SIGMOID, 1)):
        delta = np.empty_like(almost_one)
        package.error_weighted_derivative(activation, almost_one, np.ones_like(almost_one), delta)
        assert_allclose(delta, [[slope * np.finfo(real).epsneg, 0]], rtol=1e-6)


RULES = {
    "adam": (0.01, 0.9, 0.999, 1e-8, 1),
    "rmsprop": (0.01, 0.0, 0.99, 1 - 0.99, 1e-8),
    "rprop": (0.5, 1.2, 1e-6, 50.0),
}


@both
@pytest.mark.parametrize("rule", RULES)
def test_adaptive_steps_are_as_large_for_rounding_as_for_a_gradient(package, rule):
    gradient = np.array([1e-7, -1e-7, 0.0], np.float32)  # float32's rounding of numbers of order 1
    params, velocity, squares = np.zeros((3, 3), np.float32)
    if rule == "rprop":
        squares[:] = 0.01
    getattr(package, rule)(params, gradient, velocity, squares, *RULES[rule])
    assert params[0] < -0.008
    assert params[1] > 0.008
    assert params[2] == 0


@both
def test_a_weight_that_goes_there_and_back_may_miss_0_by_rounding(package):
    params, velocity = np.zeros((2, 1))
    for gradient in (0.1, -0.1):
        package.update(params, np.array([gradient]), velocity, 0.001, 0.0, 0)
    assert abs(params[0]) <= 0.001 * 0.1 * 2.0**-53


@both
@pytest.mark.parametrize(
    ("activation", "below"), [(Activation.LEAKY_RELU, LEAK), (Activation.RELU, 0)]
)
def test_slopes_jump_at_0(package, activation, below):
    outputs, delta = np.array([[2.8e-21, 0.0]]), np.empty((1, 2))
    package.error_weighted_derivative(activation, outputs, np.ones((1, 2)), delta)
    assert_array_equal(delta, [[1, below]])
