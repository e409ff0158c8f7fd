"""The cap of the recorded log loss: what it cuts, and that each kernel and its twin know of it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from fusedmlp import kernels, reference
from fusedmlp.plan import make_state
from fusedmlp.plan.codes import Activation
from tests.cases import MINI_BATCH, SOFTMAX, Case, prepared

PACKAGES = pytest.mark.parametrize("package", [kernels, reference], ids=["kernels", "reference"])
DTYPES = pytest.mark.parametrize("dtype", ["float64", "float32"])
OUTPUTS = pytest.mark.parametrize("output", ["sigmoid", "softmax"])
CAP = 3.5


def units_of_sigmoid(random, rows):
    """Return sums, targets and the loss of each unit."""
    sums = random.normal(0, 5, (rows, 3)).astype(np.float32)
    targets = random.integers(0, 2, (rows, 3))
    return sums, targets, np.logaddexp(0, np.where(targets > 0, -sums, sums).astype(float))


def rows_of_softmax(random, rows):
    """Return sums, targets and the loss of each row, as a column."""
    sums = random.normal(0, 5, (rows, 3)).astype(np.float32)
    sums[0], sums[1] = [-5, 5, 0], [-5, 5, 0]
    targets = np.eye(3)[np.arange(rows) % 2]  # the last unit is never right
    right = (sums.astype(float) * targets).sum(axis=1)
    return sums, targets, (np.logaddexp.reduce(sums.astype(float), axis=1) - right)[:, None]


LOSSES_OF = {Activation.SIGMOID: units_of_sigmoid, Activation.SOFTMAX: rows_of_softmax}


@PACKAGES
@DTYPES
@pytest.mark.parametrize("activation", LOSSES_OF, ids=["sigmoid", "softmax"])
@pytest.mark.parametrize("rows", [4, 5, 8, 19])
@pytest.mark.parametrize("weighted", [False, True], ids=["", "weights"])
def test_each_unit_of_sigmoid_and_each_row_of_softmax_is_cut(
    package, dtype, activation, rows, weighted
):
    random = np.random.default_rng(rows)
    sums, targets, losses = LOSSES_OF[activation](random, rows)
    assert (losses > CAP).any()
    assert (losses < CAP).any()
    weights = random.uniform(0, 2, rows).astype(dtype) if weighted else None
    given = sums.astype(dtype), targets.astype(dtype), weights
    loss = package.log_loss_of_sums(activation, *given, CAP)
    of_rows = np.minimum(losses, CAP).sum(axis=1)
    assert loss == pytest.approx(of_rows.sum() if weights is None else of_rows @ weights)


@PACKAGES
@DTYPES
@pytest.mark.parametrize("activation", [Activation.SIGMOID, Activation.SOFTMAX])
def test_infinity_is_cut_and_nan_stays(package, dtype, activation):
    def loss(*sums):
        targets = np.array([[1.0, 0.0]], dtype)
        return package.log_loss_of_sums(activation, np.array([sums], dtype), targets, None, CAP)

    assert loss(-np.inf, -1000.0) == CAP
    assert np.isnan(loss(np.nan, 0.0))
    assert np.isnan(loss(0.0, np.nan))


@PACKAGES
@pytest.mark.parametrize("cap", [-1.0, np.nan, "1"])
def test_a_cap_is_a_number_of_at_least_0(package, cap):
    sums, targets = np.zeros((2, 1)), np.zeros((2, 1))
    with pytest.raises((TypeError, ValueError), match="cap must be"):
        package.log_loss_of_sums(Activation.SIGMOID, sums, targets, None, cap)


CASES = [
    Case("lanes", (3, 4, 3), 4, {}),
    Case("mini-batches", (5, 6, 3), 30, MINI_BATCH),
    Case("weights", (3, 4, 2), 1000, {"sample_weight": np.linspace(0, 2, 1000)}),
    Case("Adam", (5, 6, 3), 30, {"optimizer": "adam", **MINI_BATCH}),
    Case("parts", (4, 32, 16, 4), 2500, {"reduction": "mean", "threads": 2}),
]


@OUTPUTS
@DTYPES
@pytest.mark.parametrize("case", CASES, ids=str)
def test_records_are_cut(case, dtype, output):
    """The weights stay for the one epoch: what is recorded is known from the first ones."""
    options = SOFTMAX if output == "softmax" else {"loss": "log_loss"}
    X, y = Case("", case.sizes, case.rows, options).data()
    y = np.eye(y.shape[1])[np.arange(case.rows) % y.shape[1]]  # at random: many are wrong
    random = np.random.default_rng(0)
    shapes = zip(case.sizes[:-1], case.sizes[1:], strict=True)
    arguments = {**case.options, **options, "dtype": dtype, "backend": "kernels", "epochs": 1}
    arguments |= {"init": [random.normal(0, 20, shape) for shape in shapes]}
    arguments["learning_rate"] = 1e-30
    run = prepared(X, y, case.sizes[1:-1], **arguments)
    recorded = []
    for cap in (CAP, np.inf):
        plan = run.plan._replace(log_loss_cap=cap)
        losses = []
        for package in (kernels, reference):
            state = make_state(plan, run.params.copy(), case.rows, run.row_weights)
            assert package.fit(plan, run.X, run.y, state, case.rows)
            losses.append(state.losses[0])
        assert_allclose(losses[0], losses[1], rtol=1e-12 if dtype == "float64" else 1e-4)
        recorded.append(losses[0])
    assert recorded[0] < 0.7 * recorded[1]
