"""Dropout, dropconnect, batch normalisation: twins, definitions, and what they are there for."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_diabetes, load_digits

import fusedmlp
from fusedmlp import kernels, reference
from tests.cases import Case, same_weights

PACKAGES = {"kernels": kernels, "reference": reference}


@pytest.fixture(params=PACKAGES.values(), ids=PACKAGES)
def package(request):
    return request.param


@pytest.fixture(params=[np.float64, np.float32], ids=["float64", "float32"])
def real(request):
    return request.param


@pytest.mark.parametrize("start", [0, 1, 2, 3, 4, 1001])
def test_masks_are_equal_wherever_they_begin(start, real):
    for size in range(1, 20):
        ours, theirs = np.full(size, np.nan, real), np.full(size, np.nan, real)
        kernels.keep_mask(99, 20_000, start, ours)
        reference.keep_mask(99, 20_000, start, theirs)
        assert_array_equal(ours, theirs)
    whole = np.empty(start + 19, real)
    reference.keep_mask(99, 20_000, 0, whole)
    assert_array_equal(ours, whole[start:])


@pytest.mark.parametrize("dropped", [1, 655, 6554, 32768, 60_000])
def test_masks_leave_expectations_as_they_are(package, dropped):
    mask = np.empty(1_000_000)
    package.keep_mask(2**62 + 5, dropped, 0, mask)
    share = dropped / 65536
    assert set(np.unique(mask)) <= {0.0, 1 / (1 - share)}
    deviation = np.sqrt(share / (1 - share) / mask.size)
    assert abs(mask.mean() - 1) < 5 * deviation
    assert abs(np.corrcoef(mask[:-1], mask[1:])[0, 1]) < 0.005


@pytest.mark.parametrize("backend", PACKAGES)
def test_a_rows_mask_depends_on_row_and_epoch_alone(backend):
    """A step on one row moves the weights into its kept units, whatever batch it is in."""
    X, y = np.eye(6), np.ones((6, 1))
    options = {
        "hidden": 40, "activation": "identity", "output_activation": "identity", "dropout": 0.5,
        "random_state": 3, "epochs": 1, "learning_rate": 1e-3, "backend": backend,
    }  # fmt: skip
    moved = {}
    for batch_size in (1, 2, 6):
        first = fusedmlp.train(X, y, **options | {"learning_rate": 1e-300}).weights[0]
        run = fusedmlp.train(X, y, batch_size=batch_size, **options)
        moved[batch_size] = run.weights[0] != first
    assert_array_equal(moved[1], moved[2])
    assert_array_equal(moved[1], moved[6])
    assert 0.35 < moved[1].mean() < 0.65
    assert not (moved[1][0] == moved[1][1]).all()


def test_dropconnect_moves_the_weights_that_it_keeps():
    X, y = np.random.default_rng(0).normal(size=(8, 30)), np.ones((8, 20))
    options = {"hidden": (), "epochs": 1, "random_state": 0, "dropconnect": 0.25}
    still = fusedmlp.train(X, y, learning_rate=1e-300, **options).weights[0]
    moved = fusedmlp.train(X, y, learning_rate=1e-3, **options).weights[0] != still
    assert 0.68 < moved.mean() < 0.82
    everywhere = fusedmlp.train(X, y, **options | {"epochs": 60, "learning_rate": 1e-3})
    assert (everywhere.weights[0] != still).all()


def diabetes():
    X, y = load_diabetes(return_X_y=True)
    return X * 20, (y - y.mean()) / y.std()


def unexplained(run, X, y):
    return ((run.predict(X)[:, 0] - y) ** 2).mean()


@pytest.mark.parametrize("thinned", [{"dropout": 0.5}, {"dropconnect": 0.2}], ids=str)
def test_thinning_narrows_the_gap_between_training_and_validation(thinned):
    X, y = diabetes()
    by_heart = {
        "hidden": 100, "activation": "tanh", "output_activation": "identity", "bias": True,
        "init": "glorot", "reduction": "mean", "optimizer": "adam", "learning_rate": 0.003,
        "batch_size": 30, "epochs": 500, "random_state": 0,
    }  # fmt: skip
    gaps, others = [], []
    for options in ({}, thinned):
        run = fusedmlp.train(X[:150], y[:150], **by_heart | options)
        others.append(unexplained(run, X[150:], y[150:]))
        gaps.append(others[-1] - unexplained(run, X[:150], y[:150]))
    assert gaps[0] > 0.9
    assert gaps[1] < 0.4 * gaps[0]
    assert others[1] < 0.6 * others[0]


@pytest.mark.parametrize("rows", [1, 2, 5, 33])
@pytest.mark.parametrize("units", [1, 3, 8, 17])
def test_normalisation_agrees(rows, units, real):
    random = np.random.default_rng(rows * units)
    z, delta = random.normal(2, 3, (2, rows, units)).astype(real)
    scale, shift = random.normal(size=(2, units)).astype(real)
    results = []
    for package in PACKAGES.values():
        out, below = z.copy(), delta.copy()
        normalized, (mean, variance, of_scale, of_shift) = (
            np.empty_like(z),
            np.empty((4, units), real),
        )
        package.normalize(out, scale, shift, normalized, mean, variance)
        package.normalize_backward(below, normalized, variance, scale, of_scale, of_shift)
        means, variances = np.zeros(units, real), np.ones(units, real)
        package.follow(mean, variance, rows, means, variances)
        results.append(
            (out, normalized, mean, variance, below, of_scale, of_shift, means, variances)
        )
    rounding = (
        {"rtol": 1e-11, "atol": 1e-12} if real is np.float64 else {"rtol": 1e-3, "atol": 2e-4}
    )
    for ours, theirs in zip(*results, strict=True):
        assert_allclose(ours, theirs, **rounding)


def test_normalised_sums_have_mean_0_and_variance_1(package):
    z = np.random.default_rng(0).normal(5, 20, (200, 3))
    normalized, mean, variance = np.empty_like(z), np.empty(3), np.empty(3)
    package.normalize(z, np.ones(3), np.zeros(3), normalized, mean, variance)
    assert_allclose(normalized.mean(axis=0), 0, atol=1e-12)
    assert_allclose(normalized.var(axis=0), 1, rtol=1e-6)
    assert_array_equal(z, normalized)


def test_normalisation_is_pytorchs(package):
    torch = pytest.importorskip("torch")
    random = np.random.default_rng(1)
    z, delta = random.normal(2, 3, (2, 9, 4))
    layer = torch.nn.BatchNorm1d(4, dtype=torch.float64)
    with torch.no_grad():
        layer.weight[:] = torch.from_numpy(random.normal(size=4))
        layer.bias[:] = torch.from_numpy(random.normal(size=4))
    inputs = torch.from_numpy(z.copy()).requires_grad_()
    theirs = layer(inputs)
    theirs.backward(torch.from_numpy(delta.copy()))

    normalized, (mean, variance, of_scale, of_shift) = np.empty_like(z), np.empty((4, 4))
    scale, shift = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    package.normalize(z, scale, shift, normalized, mean, variance)
    package.normalize_backward(delta, normalized, variance, scale, of_scale, of_shift)
    means, variances = np.zeros(4), np.ones(4)
    package.follow(mean, variance, 9, means, variances)
    for ours, expected in (
        (z, theirs.detach()),
        (delta, inputs.grad),
        (of_scale, layer.weight.grad),
        (of_shift, layer.bias.grad),
        (means, layer.running_mean),
        (variances, layer.running_var),
    ):
        assert_allclose(ours, expected.numpy(), rtol=1e-10)


def test_predictions_use_the_running_numbers():
    case = Case("", (4, 5, 3, 2), 40, {"batch_norm": True, "batch_size": 10, "activation": "tanh"})
    X, y = case.data()
    run = fusedmlp.train(X, y, **case.arguments())
    out = X
    for norm, weights in zip(run.batch_norm, run.weights, strict=False):
        z = (out @ weights - norm.means) / np.sqrt(norm.variances + 1e-5)
        out = np.tanh(z * norm.scales + norm.shifts)
    z = out @ run.weights[2] + run.biases[2]
    assert_allclose(run.predict(X), 1 / (1 + np.exp(-z)), rtol=1e-12)


@pytest.mark.filterwarnings("ignore:X gives sums so large:UserWarning")  # as is meant
def test_batch_norm_forgives_first_weights_of_any_scale():
    X, y = diabetes()
    random = np.random.default_rng(0)
    init = [random.normal(0, 30, (10, 30)), random.normal(0, 0.1, (30, 1))]
    options = {
        "hidden": 30, "activation": "tanh", "output_activation": "identity", "bias": True,
        "init": init, "reduction": "mean", "learning_rate": 0.05, "batch_size": 40,
        "epochs": 60, "random_state": 0,
    }  # fmt: skip
    plain, normalized = (
        unexplained(fusedmlp.train(X, y, batch_norm=on, **options), X, y) for on in (False, True)
    )
    assert normalized < 0.55
    assert normalized < plain - 0.05


def test_a_network_with_batch_norm_is_saved_whole(tmp_path):
    case = Case("", (4, 5, 2), 12, {"batch_norm": True, "batch_size": 6})
    X, y = case.data()
    run = fusedmlp.train(X, y, **case.arguments())
    run.save(tmp_path / "network")
    again = fusedmlp.load(tmp_path / "network")
    assert_array_equal(again.predict(X), run.predict(X))
    for ours, theirs in zip(again.batch_norm[0], run.batch_norm[0], strict=True):
        assert_array_equal(ours, theirs)
    longer = fusedmlp.train(X, y, warm_start=again, **case.arguments())
    assert not same_weights(longer, run)


EVERYTHING_AT_ONCE = {
    "activation": ["gelu", "leaky_relu"],
    "optimizer": "adamw",
    "learning_rate": 0.01,
    "learning_rate_schedule": "cosine",
    "warmup_epochs": 3,
    "batch_norm": True,
    "dropout": 0.1,
    "dropconnect": 0.05,
    "l1": 1e-5,
    "l2": 1e-4,
    "clip_value": 1.0,
    "clip_norm": 5.0,
    "hidden": (40, 20),
    "init": "he",
    "reduction": "mean",
    "batch_size": 50,
    "epochs": 80,
    "validation": 0.2,
    "patience": 40,
    "random_state": 0,
}


def test_everything_at_once_learns_digits():
    X, digits = load_digits(return_X_y=True)
    X, y = X / 16, np.eye(10)[digits]
    classes = {"output_activation": "softmax", "loss": "log_loss", "dtype": "float32"}
    weights = np.random.default_rng(0).uniform(0.5, 1.5, 1300)
    run = fusedmlp.train(X[:1300], y[:1300], sample_weight=weights, **EVERYTHING_AT_ONCE | classes)
    assert (run.predict(X[1300:]).argmax(1) == digits[1300:]).mean() > 0.9


def test_everything_at_once_learns_diabetes():
    X, y = diabetes()
    numbers = {"output_activation": "identity", "loss": "huber"}
    assert unexplained(fusedmlp.train(X, y, **EVERYTHING_AT_ONCE | numbers), X, y) < 0.55
