"""The error over a grid of two weights: the tutorial's lines, every measure, bad input."""

import re

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import fusedmlp
from fusedmlp import kernels, reference
from fusedmlp import surface as surface_module
from fusedmlp.plan.codes import Measure
from tests.cases import ALL_CASES, SOFTMAX, Case, prepared

X = [[0, 1], [0, 0], [1, 0], [1, 1], [1, 1]]
Y = [0, 0, 1, 1, 0]
BACKENDS = ["kernels", "reference"]


def nonlin(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_seeds_plane(backend):
    run = fusedmlp.train(X, Y, hidden=(), epochs=10, random_state=1)
    found = fusedmlp.error_surface(run, X, Y, (0, 0, 0), (0, 1, 0), points=21, backend=backend)
    values = np.linspace(-10, 10, 21)
    assert_array_equal(found.first, values)
    assert_array_equal(found.second, values)
    for i, x in enumerate(values):
        for j, y in enumerate(values):
            l1 = nonlin(np.dot(np.array(X), np.array([[x], [y]])))
            error = np.mean(np.abs(np.array([Y]).T - l1))
            assert found.values[i, j] == pytest.approx(error, rel=1e-12)


def moved(run, first, x, second, y):
    """Return a network like the run's with two other weights."""
    copy = fusedmlp.train(
        np.zeros((1, 4)), np.full((1, 3), 1 / 3), **{**run.options, "epochs": 1, "warm_start": run}
    )
    for theirs, ours in zip(copy.weights + copy.biases, run.weights + run.biases, strict=True):
        theirs[:] = ours
    for (layer, unit, output), value in ((first, x), (second, y)):
        if unit is None:
            copy.biases[layer][output] = value
        else:
            copy.weights[layer][unit, output] = value
    return copy


DEEP = Case("", (4, 6, 5, 3), 11, {"bias": True, "activation": "tanh"})
BLOCKS = Case("several blocks", (4, 9, 3), 20_000)
DEEP_CLASSES = Case("", (4, 6, 5, 3), 11, {"bias": True, **SOFTMAX})


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", [DEEP, DEEP_CLASSES], ids=["squared error", "log loss"])
@pytest.mark.parametrize(
    ("first", "second"),
    [((0, 3, 5), (2, 0, 1)), ((1, None, 4), (1, 5, 0)), ((2, None, 2), (0, None, 0))],
)
def test_any_two_weights_and_biases(first, second, case, dtype, backend):
    rows, targets = case.data()
    run = fusedmlp.train(rows, targets, **case.arguments(dtype=dtype))
    before = [part.copy() for part in run.weights + run.biases]
    range_ = {"low": -1.5, "high": 2, "points": 3, "backend": backend}
    error, loss = (
        fusedmlp.error_surface(run, rows, targets, first, second, measure=measure, **range_)
        for measure in ("error", "loss")
    )
    assert error.first.dtype == error.second.dtype == dtype
    for i, x in enumerate(error.first):
        for j, y in enumerate(error.second):
            outputs = moved(run, first, x, second, y).predict(rows).astype(float)
            expected = 0.5 * ((outputs - targets) ** 2).sum(axis=1).mean()
            if case is DEEP_CLASSES:
                expected = -(targets * np.log(outputs)).sum(axis=1).mean()
            assert loss.values[i, j] == pytest.approx(
                expected, rel=1e-12 if dtype == "float64" else 1e-5
            )
            expected = np.abs(outputs - targets).mean()
            assert error.values[i, j] == pytest.approx(
                expected, rel=1e-12 if dtype == "float64" else 1e-5
            )
    for now, then in zip(run.weights + run.biases, before, strict=True):
        assert_array_equal(now, then)


def test_where_the_weights_are_it_is_what_history_says():
    init = [np.array([[2.0], [-5.0]])]
    for measure in ("error", "loss"):
        run = fusedmlp.train(X, Y, hidden=(), init=init, epochs=1, learning_rate=1e-300)
        found = fusedmlp.error_surface(
            run, X, Y, (0, 0, 0), (0, 1, 0), low=-5, high=2, points=2, measure=measure
        )
        assert found.values[1, 0] == pytest.approx(run.history[measure][0], rel=1e-12)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", [*ALL_CASES, BLOCKS], ids=str)
def test_twins_agree(case, dtype):
    run = prepared(*case.data(), **case.arguments(dtype=dtype))
    values, last = np.array([-3, 0, 2.5], run.params.dtype), run.params.size - 1
    if last == 0:
        pytest.skip("a surface is over two weights, and this network has one")
    tolerance = {"rtol": 1e-11} if dtype == "float64" else {"rtol": 1e-3, "atol": 1e-4}
    before = run.params.copy()
    for measure in Measure:
        results = np.full((2, 2, 3), np.nan)
        for package, result in zip((kernels, reference), results, strict=True):
            package.error_surface(
                run.plan, run.params, run.X, run.y, 0, values[1:], last, values, measure, result
            )
        assert_allclose(*results, **tolerance)
    assert_array_equal(run.params, before)


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_any_number_of_threads_gives_the_same_bits(threads):
    run = prepared(*DEEP.data(), **DEEP.arguments())
    values = np.linspace(-4, 4, 9)
    results = np.full((2, 9, 9), np.nan)
    for n, result in zip((1, threads), results, strict=True):
        kernels.error_surface(
            run.plan._replace(threads=n), run.params, run.X, run.y, 1, values, 60, values, 0, result
        )
    assert_array_equal(*results)


@pytest.mark.parametrize("flops", [1, 5_000, 30_000, 10**9])
def test_slices_of_any_size_give_the_same_bits(flops, monkeypatch):
    rows, targets = DEEP.data()
    run = fusedmlp.train(rows, targets, **DEEP.arguments(threads=3))
    whole = fusedmlp.error_surface(run, rows, targets, (0, 0, 0), (1, 0, 0), points=7)
    monkeypatch.setattr(surface_module, "SLICE_FLOPS", flops)
    monkeypatch.setattr(surface_module, "MIN_PARALLEL_FLOPS", 0)
    sliced = fusedmlp.error_surface(run, rows, targets, (0, 0, 0), (1, 0, 0), points=7)
    assert_array_equal(sliced.values, whole.values)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"first": (2, 0, 0)}, ValueError, "first must have a layer in 0..1, got (2, 0, 0)"),
        ({"first": (-1, 0, 0)}, ValueError, "first must have a layer in 0..1, got (-1, 0, 0)"),
        ({"first": (0, 2, 0)}, ValueError, "first must have an input in 0..1, got (0, 2, 0)"),
        ({"second": (1, 0, 1)}, ValueError, "second must have an output in 0..0, got (1, 0, 1)"),
        ({"first": (0, None, 0)}, ValueError, "first must be a weight of a network without biases"),
        ({"first": (0, 0)}, TypeError, "first must be a weight (layer, input, output) or a bias"),
        ({"first": (0, 0.0, 0)}, TypeError, "(layer, None, output), got (0, 0.0, 0)"),
        ({"second": None}, TypeError, "second must be a weight (layer, input, output)"),
        ({"second": (0, 0, 0)}, ValueError, "second must be another weight than first, got (0, 0"),
        ({"points": 1}, ValueError, "points must be at least 2, got 1"),
        ({"points": 2.5}, TypeError, "points must be an integer, got 2.5"),
        ({"low": 10}, ValueError, "low must be below high, got low=10 and high=10.0"),
        ({"high": np.nan}, ValueError, "high must be a finite number, got nan"),
        ({"low": "0"}, TypeError, "low must be a finite number, got '0'"),
        ({"measure": "mse"}, ValueError, "measure must be one of 'error', 'loss', got 'mse'"),
        ({"backend": "cuda"}, ValueError, "backend must be one of 'kernels', 'reference'"),
        ({"X": [[1.0]] * 5}, ValueError, "X must have 2 columns as in training, got shape (5, 1)"),
        ({"y": [[1, 0]] * 5}, ValueError, "y must have 1 columns as in training, got shape (5, 2)"),
        ({"y": [0, 1]}, ValueError, "y must have as many rows as X, got 2 for the 5 of X"),
        ({"run": 3}, TypeError, "run must be a Trained, got 3"),
    ],
)
def test_bad_input(given, error, message):
    run = fusedmlp.train(X, Y, epochs=1)
    arguments = {"run": run, "X": X, "y": Y, "first": (0, 0, 0), "second": (1, 3, 0)}
    with pytest.raises(error, match=re.escape(message)):
        fusedmlp.error_surface(**arguments | given)


def test_ends_that_float32_cannot_hold():
    run = fusedmlp.train(X, Y, epochs=1, dtype="float32")
    with pytest.raises(ValueError, match="high in float32 must be a finite number, got inf"):
        fusedmlp.error_surface(run, X, Y, (0, 0, 0), (0, 0, 1), high=1e300)
