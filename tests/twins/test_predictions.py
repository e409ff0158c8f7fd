"""Predictions of rows that are not finite: both twins mark them, and `Trained` says where."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import fusedmlp
from fusedmlp import kernels, reference
from tests.cases import Case, prepared


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("rows", [3, 3000])
def test_rows_with_inputs_that_are_not_finite_have_nan_outputs(rows, threads):
    case = Case("", (20, 30, 3), rows, {"activation": "relu", "bias": True})
    run = prepared(*case.data(), **case.arguments())
    plan, X = run.plan._replace(threads=threads), run.X.copy()
    X[0, 19], X[rows // 2, 0], X[-1, 3] = np.nan, np.inf, -np.inf
    results = [np.empty((rows, 3)) for _ in range(2)]
    for twin, outputs in zip((kernels, reference), results, strict=True):
        twin.predict(plan, run.params, X, outputs)
    assert np.isnan(results[0][[0, rows // 2, -1]]).all()
    assert np.isnan(results[0]).sum() == 3 * len({0, rows // 2, rows - 1})
    assert_array_equal(np.isnan(results[0]), np.isnan(results[1]))
    assert_allclose(results[0], results[1], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("backend", ["kernels", "reference"])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("rows", [2, 4000])
def test_a_prediction_names_the_input_that_is_not_finite(rows, activation, backend):
    X = np.random.default_rng(0).normal(size=(rows, 5))
    options = {"activation": activation, "output_activation": "identity", "backend": backend}
    options |= {"random_state": 0}
    run = fusedmlp.train(X, X[:, :2], hidden=7, epochs=1, learning_rate=1e-4, **options)
    X[1, 4] = -np.inf
    with pytest.raises(
        ValueError, match=r"X must be finite in float64, got -inf at index \(1, 4\)"
    ):
        run.predict(X)
    X[1, 4] = 1e300
    assert np.isfinite(run.predict(X)).sum() >= 2 * (rows - 1)


def test_a_network_that_is_not_finite_predicts_nan():
    X = np.ones((4, 2))
    run = fusedmlp.train(X, X[:, :1], hidden=3, epochs=1, random_state=0)
    run.weights[0][:] = np.nan
    assert np.isnan(run.predict(X)).all()


@pytest.mark.parametrize("threads", [0, -1])
def test_a_team_of_no_thread_is_refused(threads):
    case = Case("", (2, 3, 1), 4, {})
    run = prepared(*case.data(), **case.arguments())
    outputs = np.empty((4, 1))
    kernels.predict(run.plan, run.params, run.X, outputs)
    with pytest.raises(ValueError, match=r"plan\.threads must be"):
        kernels.predict(run.plan._replace(threads=threads), run.params, run.X, outputs)


def test_numbers_of_a_plan_may_be_numpys():
    case = Case("", (2, 3, 1), 4, {})
    run = prepared(*case.data(), **case.arguments())
    results = [np.empty((4, 1)) for _ in range(2)]
    size = np.uint64(run.plan.workspace_size)
    for plan, outputs in zip(
        (run.plan, run.plan._replace(workspace_size=size)), results, strict=True
    ):
        kernels.predict(plan, run.params, run.X, outputs)
    assert_array_equal(*results)
