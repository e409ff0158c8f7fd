"""The log loss from the sums of the last layer, beside mpmath, wherever a user sees it."""

from itertools import product

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_array_equal

import fusedmlp
from fusedmlp import kernels, reference
from fusedmlp.plan.codes import Activation, Loss
from tests.cases import MINI_BATCH, SOFTMAX, Case, prepared

PACKAGES = pytest.mark.parametrize("package", [kernels, reference], ids=["kernels", "reference"])
BACKENDS = pytest.mark.parametrize("backend", ["kernels", "reference"])
DTYPES = pytest.mark.parametrize("dtype", ["float64", "float32"])
SIGMOID_OR_SOFTMAX = pytest.mark.parametrize(
    "activation", [Activation.SIGMOID, Activation.SOFTMAX], ids=["sigmoid", "softmax"]
)
CLOSE = {"rel": 4 * 2.0**-52, "abs": 0}

# float64 rounds a sigmoid to 1 from 37 on, float32 from 17 on.
SUMS = [-800.0, -40.0, -38.0, -34.0, -1.0, 0.0, 1.0, 17.0, 34.0, 38.0, 800.0]
WEIGHTS = [0.5, 2.0, 0.0, 1.0, 1.5, 0.25, 3.0, 1.0, 0.75, 1.25, 4.0]
FEW = slice(7, 11)  # half of the lanes of float32, all of float64 in registers of 32 bytes


def exact_losses(activation, sums, targets):
    """Return the exact loss of each row."""
    with mpmath.workdps(60):
        return [
            row_loss(activation, [mpmath.mpf(float(z)) for z in row], target.tolist())
            for row, target in zip(sums, targets, strict=True)
        ]


def row_loss(activation, sums, targets):
    if activation == Activation.SIGMOID:
        softplus = [max(z, 0) + mpmath.log1p(mpmath.exp(-abs(z))) for z in sums]
        return mpmath.fsum(s - t * z for s, z, t in zip(softplus, sums, targets, strict=True))
    m = max(sums)
    at = sums.index(m)
    rest = mpmath.fsum(mpmath.exp(z - m) for j, z in enumerate(sums) if j != at)
    return mpmath.fsum(t * (m - z + mpmath.log1p(rest)) for z, t in zip(sums, targets, strict=True))


def exact_mean(activation, sums, targets, weights=None):
    """Return the mean of the rows' exact losses."""
    losses = exact_losses(activation, sums, targets)
    weights = [1.0] * len(losses) if weights is None else weights
    with mpmath.workdps(60):
        return float(mpmath.fdot(losses, weights) / mpmath.fsum(weights))


def classes_or_shares(activation, rows, units, share):
    """Return targets that a loss can take: a share for a class or, of softmax, for the first."""
    targets = np.full((rows, units), share)
    if activation == Activation.SOFTMAX:
        targets[:, 1:] = (1 - share) / (units - 1)
    return targets


def saturated(activation, share, part=slice(None)):
    """Return inputs, targets and weights of a network whose sums are the inputs."""
    if activation == Activation.SIGMOID:
        sums = np.array(SUMS)[part, None]
    else:
        sums = np.array([[z, 0.0, -z / 2] for z in SUMS[part]])
    units = sums.shape[1]
    return sums, classes_or_shares(activation, len(sums), units, share), [np.eye(units)]


@PACKAGES
@DTYPES
@SIGMOID_OR_SOFTMAX
@pytest.mark.parametrize("share", [0.0, 1.0, 0.3])
def test_every_row_is_exact(package, dtype, activation, share):
    sums, targets, _ = saturated(activation, share)
    sums, targets = sums.astype(dtype), targets.astype(dtype)
    exact = exact_losses(activation, sums, targets)
    for row, loss in enumerate(exact):
        rows = slice(row, row + 1)
        found = package.log_loss_of_sums(activation, sums[rows], targets[rows])
        assert found == pytest.approx(float(loss), rel=CLOSE["rel"], abs=1e-300)
    whole = package.log_loss_of_sums(activation, sums, targets)
    assert whole == pytest.approx(float(sum(exact)), **CLOSE)
    weights = np.array(WEIGHTS, dtype)
    weighted = package.log_loss_of_sums(activation, sums, targets, weights)
    expected = sum(w * loss for w, loss in zip(WEIGHTS, exact, strict=True))
    assert weighted == pytest.approx(float(expected), **CLOSE)


@PACKAGES
@DTYPES
@SIGMOID_OR_SOFTMAX
@pytest.mark.parametrize("units", [1, 2, 3, 4, 7, 8, 9, 17, 1000])
def test_any_number_of_rows_and_units(package, dtype, activation, units):
    random = np.random.default_rng(units)
    for rows in (1, 2, 3, 4, 5, 8, 9, 17, 33) if units < 1000 else (3,):
        sums = random.normal(0, 20, (rows, units)).astype(dtype)
        targets = random.uniform(0, 1, (rows, units)).astype(dtype)
        weights = random.uniform(0, 2, rows).astype(dtype)
        exact = exact_losses(activation, sums, targets)
        loss = package.log_loss_of_sums(activation, sums, targets)
        assert loss == pytest.approx(float(sum(exact)), rel=2e-15, abs=1e-300)
        loss = package.log_loss_of_sums(activation, sums, targets, weights)
        with mpmath.workdps(60):
            expected = float(mpmath.fdot(exact, weights.tolist()))
        assert loss == pytest.approx(expected, rel=2e-15, abs=1e-300)


@PACKAGES
@pytest.mark.parametrize("order", [1, -1], ids=["growing", "falling"])
def test_the_largest_sum_may_come_first_or_last(package, order):
    sums = np.linspace(-30, 30, 41)[None, ::order].copy()
    targets = np.full_like(sums, 1 / 41)
    exact = float(exact_losses(Activation.SOFTMAX, sums, targets)[0])
    loss = package.log_loss_of_sums(Activation.SOFTMAX, sums, targets)
    assert loss == pytest.approx(exact, rel=2e-15)


@PACKAGES
@DTYPES
def test_sums_that_are_not_finite(package, dtype):
    def loss(activation, sums, targets):
        return package.log_loss_of_sums(
            activation, np.array([sums], dtype), np.array([targets], dtype)
        )

    assert loss(Activation.SIGMOID, [np.inf, -np.inf], [1.0, 0.0]) == 0
    assert loss(Activation.SIGMOID, [np.inf], [0.0]) == np.inf
    assert loss(Activation.SIGMOID, [-np.inf], [0.5]) == np.inf
    assert loss(Activation.SOFTMAX, [-np.inf, 0.0, -np.inf], [0.0, 1.0, 0.0]) == 0
    assert loss(Activation.SOFTMAX, [-np.inf, 0.0], [1.0, 0.0]) == np.inf
    for activation, sums in product(
        (Activation.SIGMOID, Activation.SOFTMAX), ([np.nan, 1.0], [1.0, np.nan])
    ):
        assert np.isnan(loss(activation, sums, [1.0, 0.0]))


@PACKAGES
@DTYPES
def test_probabilities_have_no_end_but_the_types(package, dtype):
    limits = np.finfo(dtype)

    def loss(probability, target):
        p, t = np.array([[probability]], dtype), np.array([[target]], dtype)
        found = package.loss(Loss.LOG_LOSS, Activation.SIGMOID, p, t)
        weighted = package.weighted_loss(Loss.LOG_LOSS, Activation.SIGMOID, p, t, t[0] + 1)
        assert_array_equal(weighted, found * (target + 1))
        return found

    least, almost_1 = float(limits.smallest_subnormal), 1 - float(limits.epsneg)
    assert loss(1e-30, 1.0) == pytest.approx(-np.log(float(np.array(1e-30, dtype))), rel=1e-15)
    assert loss(1e-30, 0.0) == pytest.approx(float(np.array(1e-30, dtype)), rel=1e-15)
    assert loss(almost_1, 0.0) == pytest.approx(-np.log(limits.epsneg.astype(float)), rel=1e-15)
    assert loss(0.0, 1.0) == loss(least, 1.0) == pytest.approx(-np.log(least), rel=1e-15)
    assert loss(1.0, 0.0) == pytest.approx(-np.log(limits.epsneg.astype(float) / 2), rel=1e-15)
    assert loss(0.0, 0.0) == loss(1.0, 1.0) == 0
    assert np.isnan(loss(np.nan, 0.0))
    assert np.isnan(loss(np.nan, 1.0))


RUNS = {
    "full batch": {},
    "mini-batches": {"batch_size": 3},
    "extras": {"optimizer": "adam", "batch_size": 4},
    "L-BFGS": {"optimizer": "lbfgs"},
}


def options_of(activation, dtype, backend, weights, run, part=slice(None)):
    """Return options of a run whose weights stay, for its one epoch, what they are."""
    chosen = SOFTMAX if activation == Activation.SOFTMAX else {"loss": "log_loss"}
    options = {**chosen, **RUNS[run], "dtype": dtype, "backend": backend, "epochs": 1, "hidden": ()}
    if run != "L-BFGS":
        options["learning_rate"] = 1e-30
    if weights:
        options["sample_weight"] = WEIGHTS[part]
    return options


@BACKENDS
@DTYPES
@SIGMOID_OR_SOFTMAX
@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("weights", [False, True], ids=["", "weights"])
def test_history(backend, dtype, activation, run, weights):
    for share, part in product((0.0, 1.0, 0.3), (slice(None), FEW, slice(3, 6))):
        X, y, init = saturated(activation, share, part)
        options = options_of(activation, dtype, backend, weights, run, part)
        seen = []
        history = fusedmlp.train(X, y, init=init, callback=seen.append, **options).history
        if run == "L-BFGS" and not seen:  # the gradient is 0: there is no epoch
            continue
        exact = exact_mean(activation, X, y.astype(dtype), WEIGHTS[part] if weights else None)
        assert history["loss"][0] == seen[0].loss == pytest.approx(exact, **CLOSE)


@BACKENDS
@DTYPES
@SIGMOID_OR_SOFTMAX
@pytest.mark.parametrize("share", [0.0, 1.0, 0.3])
def test_validation(backend, dtype, activation, share):
    X, y, init = saturated(activation, share)
    options = options_of(activation, dtype, backend, False, "full batch")
    run = fusedmlp.train(X[5:7], y[5:7], init=init, validation=(X, y), **options)
    exact = exact_mean(activation, X, y.astype(dtype))
    assert run.history["validation_loss"][0] == pytest.approx(exact, **CLOSE)


@BACKENDS
@DTYPES
@SIGMOID_OR_SOFTMAX
def test_surface(backend, dtype, activation):
    X, y, init = saturated(activation, 0.3)
    options = options_of(activation, dtype, backend, False, "full batch")
    run = fusedmlp.train(X, y, init=init, **options | {"bias": True})
    surface = fusedmlp.error_surface(
        run, X, y, (0, 0, 0), (0, None, 0), low=-2, high=2, points=5, measure="loss"
    )
    for i, factor in enumerate(surface.first.tolist()):
        for j, bias in enumerate(surface.second.tolist()):
            sums = X.copy()
            sums[:, 0] = factor * X[:, 0] + bias
            exact = exact_mean(activation, sums, y.astype(dtype))
            assert surface.values[i, j] == pytest.approx(exact, **CLOSE)


@PACKAGES
@DTYPES
@SIGMOID_OR_SOFTMAX
def test_what_gradient_returns(package, dtype, activation):
    for share, weights in product((0.0, 1.0, 0.3), (False, True)):
        X, y, init = saturated(activation, share)
        options = options_of(activation, dtype, None, weights, "full batch")
        run = prepared(X, y, init=init, **options | {"backend": "kernels", "reduction": "mean"})
        gradient = np.empty_like(run.params)
        loss = package.gradient(run.plan, run.params, run.X, run.y, gradient, run.row_weights)
        exact = exact_mean(activation, run.X, run.y, WEIGHTS if weights else None)
        # The kernels multiply by the scale of a row, which is rounded in the run's type.
        rounding = CLOSE if dtype == "float64" or package is reference else {"rel": 2.0**-23}
        assert loss == pytest.approx(exact, **rounding)


STEEP = [
    Case("parts", (4, 32, 16, 4), 2500, {"reduction": "mean", "threads": 2}),
    Case("blocks", (5, 6, 3), 301, {"batch_size": 150, "threads": 2}),
    Case("dropout", (5, 6, 3), 30, {"dropout": 0.4, **MINI_BATCH}),
    Case("dropconnect", (5, 6, 3), 30, {"dropconnect": 0.3, **MINI_BATCH}),
    Case("batch_norm", (5, 6, 3), 30, {"batch_norm": True, **MINI_BATCH}),
    Case("aw_sgd", (5, 6, 3), 30, {"optimizer": "aw_sgd", "batch_size": 7}),
    Case("many rows and weights", (3, 4, 2), 3000, {"sample_weight": np.linspace(0, 2, 3000)}),
]


@SIGMOID_OR_SOFTMAX
@pytest.mark.parametrize("case", STEEP, ids=str)
def test_twins_agree_on_saturated_networks(case, activation):
    options = SOFTMAX if activation == Activation.SOFTMAX else {"loss": "log_loss"}
    X, y = Case("", case.sizes, case.rows, options).data()
    random = np.random.default_rng(0)
    shapes = zip(case.sizes[:-1], case.sizes[1:], strict=True)
    init = [random.normal(0, 40, shape) for shape in shapes]
    losses = []
    for backend in ("kernels", "reference"):
        arguments = case.arguments(backend=backend, epochs=1, init=init, **options)
        arguments["learning_rate"] = 1e-9
        losses.append(fusedmlp.train(X, y, **arguments).history["loss"][0])
    assert losses[1] > 20
    assert losses[0] == pytest.approx(losses[1], rel=1e-9)
