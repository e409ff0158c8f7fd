"""Activations and losses beyond the first five, in both implementations: limits, worked examples,
and what the kernels do differently for them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import fusedmlp
from fusedmlp import kernels, reference
from fusedmlp.plan import make_state
from fusedmlp.plan.codes import NEEDS_PREACTIVATION, Activation, Loss
from tests.cases import Case, prepared

INF, NAN = np.inf, np.nan
PACKAGES = pytest.mark.parametrize("package", [kernels, reference], ids=["kernels", "reference"])
TYPES = pytest.mark.parametrize("real", [np.float64, np.float32])

# At infinity, minus infinity, NaN, 0, and far out to either side.
LIMITS = {
    Activation.LEAKY_RELU: [INF, -INF, NAN, 0, 1e4, -1e2],
    Activation.ELU: [INF, -1, NAN, 0, 1e4, -1],
    Activation.SOFTPLUS: [INF, 0, NAN, np.log(2), 1e4, 0],
    Activation.SILU: [INF, 0, NAN, 0, 1e4, 0],
    Activation.GELU: [INF, 0, NAN, 0, 1e4, 0],
    Activation.EXP: [INF, 0, NAN, 1, INF, 0],
}
SLOPES = {
    Activation.LEAKY_RELU: [1, 0.01],
    Activation.ELU: [1, 0],
    Activation.SOFTPLUS: [1, 0],
    Activation.SILU: [1, 0],
    Activation.GELU: [1, 0],
}


@PACKAGES
@TYPES
@pytest.mark.parametrize("activation", LIMITS)
def test_limits(package, real, activation):
    out = np.array([[INF, -INF, NAN, 0, 1e4, -1e4]], real)
    with np.errstate(over="ignore"):
        package.activate(activation, out)
    assert_allclose(out, [LIMITS[activation]], rtol=1e-6)


@PACKAGES
@TYPES
@pytest.mark.parametrize("activation", SLOPES)
def test_slopes_far_out(package, real, activation):
    z = np.array([[1e4, -1e4]], real)
    out, delta = z.copy(), np.empty_like(z)
    package.activate(activation, out)
    read_off = z if activation in NEEDS_PREACTIVATION else out
    package.error_weighted_derivative(activation, read_off, np.ones_like(z), delta)
    assert_allclose(delta, [SLOPES[activation]], rtol=1e-6)


@PACKAGES
@TYPES
def test_losses_of_worked_examples(package, real):
    out, target = np.array([[1.0, 2.0, 5.0]], real), np.array([[1.0, 2.5, 1.0]], real)
    identity = Activation.IDENTITY
    assert package.loss(Loss.ABSOLUTE_ERROR, identity, out, target) == pytest.approx(0.5 + 4)
    assert package.loss(Loss.HUBER, identity, out, target) == pytest.approx(0.125 + 3.5)
    assert package.loss(Loss.HUBER, identity, out, target, 2.0) == pytest.approx(0.125 + 2 + 4)
    assert package.loss(Loss.HUBER, identity, out, target, 9.0) == pytest.approx(0.125 + 8)
    counts = np.array([[0.0, 2.0, 10.0]], real)
    expected = 1 + 0 + 10 * np.log(2) - 10 + 5
    assert package.loss(Loss.POISSON, Activation.EXP, out, counts) == pytest.approx(expected)


@PACKAGES
@TYPES
def test_deltas_of_worked_examples(package, real):
    out, target = np.array([[1.0, 2.0, 5.0]], real), np.array([[1.0, 2.25, 1.0]], real)
    delta, scale = np.empty_like(out), real(0.5)
    package.output_delta(Loss.ABSOLUTE_ERROR, Activation.IDENTITY, out, target, scale, delta)
    assert_array_equal(delta, [[0, -0.5, 0.5]])
    package.output_delta(Loss.HUBER, Activation.IDENTITY, out, target, scale, delta)
    assert_array_equal(delta, [[0, -0.125, 0.5]])
    package.output_delta(Loss.HUBER, Activation.IDENTITY, out, target, scale, delta, real(2))
    assert_array_equal(delta, [[0, -0.125, 1.0]])
    package.output_delta(Loss.POISSON, Activation.EXP, out, target, scale, delta)
    assert_array_equal(delta, [[0, -0.125, 2.0]])


@PACKAGES
@TYPES
def test_poisson_where_softplus_is_nearly_or_wholly_0(package, real):
    """The delta tends to output - target: the slope to the output, by which the loss divides."""
    tiny = np.finfo(real).tiny
    out, target = np.array([[0.0, tiny, 1e-12]], real), np.array([[3.0, 2.0, 1.0]], real)
    delta = np.empty_like(out)
    package.output_delta(Loss.POISSON, Activation.SOFTPLUS, out, target, real(1), delta)
    assert_allclose(delta, [[-3, -2, -1]], rtol=1e-6)
    assert package.loss(Loss.POISSON, Activation.SOFTPLUS, out[:, :1], target[:, :1]) == INF
    nothing = np.zeros((1, 1), real)
    assert package.loss(Loss.POISSON, Activation.SOFTPLUS, nothing, nothing) == 0


@PACKAGES
@pytest.mark.parametrize("loss", [Loss.ABSOLUTE_ERROR, Loss.HUBER])
def test_nan_comes_through_the_deltas(package, loss):
    out, target = np.array([[NAN, 1.0]]), np.zeros((1, 2))
    delta = np.empty_like(out)
    package.output_delta(loss, Activation.IDENTITY, out, target, 1.0, delta)
    assert_array_equal(delta, [[NAN, 1.0]])


@PACKAGES
def test_poisson_is_half_of_scikit_learns_deviance(package):
    from sklearn.metrics import mean_poisson_deviance

    random = np.random.default_rng(0)
    out, counts = random.uniform(0.1, 5, (50, 1)), random.poisson(2.0, (50, 1)).astype(float)
    ours = package.loss(Loss.POISSON, Activation.EXP, out, counts) / 50
    assert ours == pytest.approx(mean_poisson_deviance(counts, out) / 2, rel=1e-12)


@PACKAGES
@pytest.mark.parametrize(
    ("activation", "loss"),
    [
        (activation, loss)
        for activation in Activation
        if activation not in NEEDS_PREACTIVATION
        for loss in Loss
        if loss != Loss.LOG_LOSS or activation in (Activation.SIGMOID, Activation.SOFTMAX)
        if loss != Loss.POISSON or activation in (Activation.EXP, Activation.SOFTPLUS)
    ],
)
def test_delta_is_the_derivative_of_the_loss(package, activation, loss):
    """Every loss behind every output: the five-point stencil at points away from the kinks."""
    z = np.array([[0.3, -0.7, 1.1], [-1.9, 0.6, 0.2], [2.4, -0.4, -1.2]])
    target = np.array([[0.55, 0.15, 0.3], [0.2, 0.7, 0.1], [0.0, 0.35, 0.65]])
    if activation == Activation.IDENTITY:
        target = target + 0.004

    def loss_of(sums):
        out = sums.copy()
        package.activate(activation, out)
        return package.loss(loss, activation, out, target, 0.3)

    out, delta = z.copy(), np.empty_like(z)
    package.activate(activation, out)
    package.output_delta(loss, activation, out, target, 1.0, delta, 0.3)
    for where in np.ndindex(z.shape):
        step = np.zeros_like(z)
        step[where] = 1e-3
        near, far = (loss_of(z + n * step) - loss_of(z - n * step) for n in (1, 2))
        assert delta[where] == pytest.approx((8 * near - far) / 12e-3, rel=1e-8, abs=1e-10)


def test_activations_of_layers_may_differ():
    X, y = Case("", (3, 4, 5, 2), 9).data()
    options = {"epochs": 5, "random_state": 1, "bias": True}
    run = fusedmlp.train(X, y, (4, 5), activation=["silu", "leaky_relu"], **options)
    out = X
    for weights, biases, activation in zip(
        run.weights,
        run.biases,
        (Activation.SILU, Activation.LEAKY_RELU, Activation.SIGMOID),
        strict=True,
    ):
        out = out @ weights + biases
        reference.activate(activation, out)
    assert_allclose(run.predict(X), out, rtol=1e-12)
    same = fusedmlp.train(X, y, (4, 5), activation=("elu", "elu"), **options)
    one = fusedmlp.train(X, y, (4, 5), activation="elu", **options)
    assert_array_equal(same.weights[0], one.weights[0])
    assert fusedmlp.train(X, y, (), activation=[], epochs=1).epochs == 1


def test_a_list_of_activations_is_saved(tmp_path):
    X, y = Case("", (3, 4, 5, 2), 9).data()
    run = fusedmlp.train(X, y, (4, 5), activation=["silu", "elu"], epochs=3)
    run.save(tmp_path / "network")
    again = fusedmlp.load(tmp_path / "network")
    assert again.options == run.options
    assert_array_equal(again.predict(X), run.predict(X))


def test_only_networks_that_need_preactivations_save_them():
    sizes = {}
    for activation in ("elu", "silu", "gelu"):
        case = Case("", (3, 4, 2), 9, {"activation": activation})
        run = prepared(*case.data(), **case.arguments())
        sizes[activation] = make_state(run.plan, run.params, 9).workspace.size
    assert sizes["silu"] == sizes["gelu"] == sizes["elu"] + 9 * (4 + 2)


@pytest.mark.parametrize("activation", ["silu", "gelu"])
@pytest.mark.parametrize("threads", [1, 2])
def test_threads_change_no_bit_of_networks_that_save_preactivations(activation, threads):
    case = Case("", (20, 64, 48, 2), 600, {"activation": activation, "reduction": "mean"})
    X, y = case.data()
    runs = [fusedmlp.train(X, y, **case.arguments(threads=n)) for n in (1, threads)]
    assert_array_equal(runs[0].weights[0], runs[1].weights[0])


@pytest.mark.parametrize("output_activation", ["exp", "softplus"])
def test_poisson_learns_the_rate_of_counts(output_activation):
    random = np.random.default_rng(0)
    X = random.uniform(-1, 1, (500, 2))
    rate = np.exp(0.5 + X[:, 0])
    options = {"bias": True, "init": "glorot", "reduction": "mean", "learning_rate": 0.05}
    run = fusedmlp.train(
        X,
        random.poisson(rate),
        hidden=8,
        activation="silu",
        loss="poisson",
        output_activation=output_activation,
        epochs=2000,
        random_state=0,
        **options,
    )
    assert np.corrcoef(run.predict(X).ravel(), rate)[0, 1] > 0.95


def test_absolute_error_and_huber_do_not_follow_outliers():
    """The constant that is best: the mean for squares, the median for sizes, for huber between."""
    X, y = np.ones((5, 1)), np.array([1.0, 2.0, 3.0, 4.0, 100.0])
    options = {"output_activation": "identity", "reduction": "mean", "hidden": (), "epochs": 20_000}
    learnt = {
        loss: fusedmlp.train(X, y, loss=loss, learning_rate=0.01, **options).predict([[1.0]]).item()
        for loss in ("squared_error", "absolute_error", "huber")
    }
    assert learnt["squared_error"] == pytest.approx(22)
    assert learnt["absolute_error"] == pytest.approx(3, abs=0.02)
    # The sum of the errors within 1, and of 1 for each beyond, is 0: -1 - 1 + 0 + 1 + 1.
    assert learnt["huber"] == pytest.approx(3, abs=1e-6)
