"""Optimisers, schedules, penalties and bounds: twins, definitions, PyTorch's own trajectories."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_diabetes

import fusedmlp
from fusedmlp import kernels, reference
from tests.cases import Case, same_weights

PACKAGES = {"kernels": kernels, "reference": reference}


@pytest.fixture(params=PACKAGES.values(), ids=PACKAGES)
def package(request):
    return request.param


RULES = {
    "adam": (0.1, 0.8, 0.95, 1e-8, 3),
    "rmsprop": (0.1, 0.5, 0.9, 0.1, 1e-8),
    "rprop": (0.5, 1.2, 1e-3, 0.3),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33, 65])
@pytest.mark.parametrize("rule", RULES)
def test_rules_agree_for_every_size(rule, size, dtype):
    random = np.random.default_rng(size)
    memory = random.uniform(0.01, 0.2, (4, size)).astype(dtype)
    memory[1] *= random.choice([-1, 1], size)
    memory[2] *= random.choice([-1, 0, 1], size)
    ours, theirs = memory.copy(), memory.copy()
    getattr(kernels, rule)(*ours, *RULES[rule])
    getattr(reference, rule)(*theirs, *RULES[rule])
    assert_allclose(ours, theirs, rtol=1e-13 if dtype is np.float64 else 1e-5, atol=1e-7)
    assert not np.array_equal(ours[0], memory[0])


def trajectory(package, make_step, gradients):
    """Return the parameters after each of the steps."""
    params, velocity, squares = np.linspace(-1, 1, gradients.shape[1]), *np.zeros((2, 7))
    places = []
    for number, gradient in enumerate(gradients, 1):
        make_step(package, params, gradient.copy(), velocity, squares, number)
        places.append(params.copy())
    return np.array(places)


def adam(package, *memory):
    package.adam(*memory[:4], 0.01, 0.9, 0.999, 1e-8, memory[4])


def adamw(package, params, *memory):
    params *= 1 - 0.01 * 0.1
    adam(package, params, *memory)


def rmsprop(package, *memory):
    package.rmsprop(*memory[:4], 0.01, 0.6, 0.99, 1 - 0.99, 1e-8)


def adagrad(package, *memory):
    package.rmsprop(*memory[:4], 0.01, 0.0, 1.0, 1.0, 1e-10)


def rprop(package, params, gradient, velocity, squares, number):
    if number == 1:
        squares[:] = 0.01
    package.rprop(params, gradient, velocity, squares, 0.5, 1.2, 1e-6, 50.0)


def sgd(package, params, gradient, velocity, _, __):
    package.update(params, gradient, velocity, 0.01, 0.9, 0)


def nesterov(package, params, gradient, velocity, _, __):
    package.update(params, gradient, velocity, 0.01, 0.9, 1)


PYTORCHS = {
    "Adam": (adam, {"lr": 0.01}),
    "AdamW": (adamw, {"lr": 0.01, "weight_decay": 0.1}),
    "RMSprop": (rmsprop, {"lr": 0.01, "momentum": 0.6}),
    "Adagrad": (adagrad, {"lr": 0.01}),
    "Rprop": (rprop, {"lr": 0.01}),
    "SGD": (sgd, {"lr": 0.01, "momentum": 0.9}),
    "SGD with Nesterov": (nesterov, {"lr": 0.01, "momentum": 0.9, "nesterov": True}),
}


@pytest.mark.parametrize("name", PYTORCHS)
def test_ten_steps_are_pytorchs(package, name):
    torch = pytest.importorskip("torch")
    make_step, options = PYTORCHS[name]
    gradients = np.random.default_rng(0).normal(size=(10, 7))
    gradients[4] = gradients[3]  # a sign that stays
    theirs = torch.nn.Parameter(torch.linspace(-1, 1, 7, dtype=torch.float64))
    optimizer = getattr(torch.optim, name.split()[0])([theirs], **options)
    places = []
    for gradient in gradients:
        theirs.grad = torch.from_numpy(gradient.copy())
        optimizer.step()
        places.append(theirs.detach().numpy().copy())
    assert_allclose(trajectory(package, make_step, gradients), places, rtol=1e-10)


IN_RUNS = {
    "Adam": {"optimizer": "adam", "learning_rate": 0.05, "beta_1": 0.8, "beta_2": 0.9},
    "AdamW": {"optimizer": "adamw", "learning_rate": 0.05, "weight_decay": 0.3},
    "RMSprop": {"optimizer": "rmsprop", "learning_rate": 0.05, "momentum": 0.5, "rho": 0.9},
    "Adagrad": {"optimizer": "adagrad", "learning_rate": 0.1, "epsilon": 1e-10},
    "Rprop": {"optimizer": "rprop", "learning_rate": 0.05},
    "SGD": {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True},
}


@pytest.mark.parametrize("backend", PACKAGES)
@pytest.mark.parametrize("name", IN_RUNS)
def test_runs_are_pytorchs(name, backend):
    torch = pytest.importorskip("torch")
    options = IN_RUNS[name]
    random = np.random.default_rng(1)
    X, y, W = random.normal(size=(20, 3)), random.normal(size=(20, 2)), random.normal(size=(3, 2))
    run = fusedmlp.train(
        X, y, hidden=(), init=[W], output_activation="identity", reduction="mean", epochs=10,
        backend=backend, **options,
    )  # fmt: skip

    theirs = torch.nn.Parameter(torch.from_numpy(W.copy()))
    names = {"learning_rate": "lr", "rho": "alpha", "epsilon": "eps"}
    given = {names.get(key, key): value for key, value in options.items() if key != "optimizer"}
    if "beta_1" in given:
        given["betas"] = given.pop("beta_1"), given.pop("beta_2")
    optimizer = getattr(torch.optim, name)([theirs], **given)
    for _ in range(10):
        optimizer.zero_grad()
        errors = torch.from_numpy(X) @ theirs - torch.from_numpy(y)
        (0.5 * (errors**2).sum(dim=1).mean()).backward()
        optimizer.step()
    assert_allclose(run.weights[0], theirs.detach().numpy(), rtol=1e-10)


def test_adam_by_hand(package):
    """The first step of Adam is the learning rate, whatever the gradient's size."""
    params, memory = np.array([1.0, 1.0]), np.zeros((2, 2))
    package.adam(params, np.array([1e3, -1e-3]), *memory, 0.1, 0.9, 0.999, 1e-30, 1)
    assert_allclose(params, [0.9, 1.1], rtol=1e-12)


def test_penalties_are_the_derivative_of_what_they_say(package):
    weights, gradient = np.array([-2.0, 0.0, 3.0]), np.ones(3)
    package.penalize(weights, gradient, 0.5, 0.1)
    assert_allclose(gradient, [1 - 0.5 - 0.2, 1, 1 + 0.5 + 0.3])
    assert package.penalty(weights, 0.5, 0.1) == pytest.approx(0.5 * 5 + 0.05 * 13)


@pytest.mark.parametrize("size", [1, 7, 8, 100])
def test_clipping(package, size):
    gradient = np.random.default_rng(size).normal(size=size)
    clipped, shortened = gradient.copy(), gradient.copy()
    package.clip_values(clipped, 0.5)
    assert_array_equal(clipped, gradient.clip(-0.5, 0.5))
    package.clip_norm(shortened, 0.01)
    assert np.linalg.norm(shortened) == pytest.approx(0.01)
    assert_allclose(shortened / np.linalg.norm(shortened), gradient / np.linalg.norm(gradient))
    package.clip_norm(gradient, 1e9)
    assert np.linalg.norm(gradient) < 1e9


def test_penalties_leave_biases_alone():
    X, y = np.zeros((4, 2)), np.ones((4, 1))  # no weight of the first layer has a gradient
    options = {"hidden": 3, "bias": True, "epochs": 50, "l2": 0.5, "learning_rate": 0.1}
    run = fusedmlp.train(X, y, output_activation="identity", reduction="mean", **options)
    assert np.abs(run.weights[0]).max() < 0.1
    assert run.biases[1][0] > 0.5


# What each option is there for, on a real data set.

DIABETES = {
    "hidden": 20,
    "activation": "tanh",
    "output_activation": "identity",
    "bias": True,
    "init": "glorot",
    "reduction": "mean",
    "epochs": 200,
    "batch_size": 32,
    "random_state": 0,
}


def diabetes():
    X, y = load_diabetes(return_X_y=True)
    return X * 20, (y - y.mean()) / y.std()


@pytest.mark.parametrize(
    "options",
    [
        {"optimizer": "adam", "learning_rate": 0.003},
        {"optimizer": "adamw", "learning_rate": 0.003},
        {"optimizer": "rmsprop", "learning_rate": 0.003},
        {"optimizer": "adagrad", "learning_rate": 0.03},
        {"optimizer": "rprop", "batch_size": None},
        {"learning_rate": 0.1, "learning_rate_schedule": "cosine"},
        {"learning_rate": 0.1, "learning_rate_schedule": "exponential", "warmup_epochs": 5},
        {"learning_rate": 0.1, "learning_rate_schedule": "adaptive", "patience": 10},
        {"learning_rate": 0.5, "learning_rate_schedule": "invscaling", "power_t": 0.1},
    ],
    ids=str,
)
def test_a_real_data_set_is_learnt(options):
    X, y = diabetes()
    run = fusedmlp.train(X, y, **DIABETES | options)
    explained = 1 - ((run.predict(X)[:, 0] - y) ** 2).mean()
    assert explained > 0.55  # a linear fit explains 0.52


def test_l2_keeps_weights_small_and_l1_makes_them_nothing():
    X, y = diabetes()
    options = DIABETES | {"learning_rate": 0.05}
    free, small, sparse = (
        np.concatenate([w.ravel() for w in fusedmlp.train(X, y, **options | more).weights])
        for more in ({}, {"l2": 0.03}, {"l1": 0.01})
    )
    assert np.linalg.norm(small) < 0.5 * np.linalg.norm(free)
    near = [float((np.abs(weights) < 2e-3).mean()) for weights in (free, sparse)]
    assert near[0] < 0.05
    assert near[1] > 0.5


def test_clipping_keeps_steep_steps_from_diverging():
    X, y = diabetes()
    options = DIABETES | {"learning_rate": 0.2, "reduction": "sum", "activation": "relu"}
    with pytest.warns(RuntimeWarning, match="diverged"):
        fusedmlp.train(X, y, **options)
    for bound in ({"clip_norm": 0.1}, {"clip_value": 0.01}):
        assert fusedmlp.train(X, y, **options | bound).stopped == "all epochs run"


def test_rates_follow_the_schedule():
    rates = {}
    for schedule in ("constant", "cosine", "exponential", "invscaling"):
        seen = []
        options = {"learning_rate": 2.0, "learning_rate_schedule": schedule, "warmup_epochs": 4}
        options |= {"callback": lambda now, seen=seen: seen.append(now.learning_rate)}
        fusedmlp.train([[1.0], [2.0]], [0, 1], epochs=9, record_every=1, **options)
        assert_allclose(seen[:4], [0.5, 1.0, 1.5, 2.0])
        rates[schedule] = np.array(seen[4:])
    assert_allclose(rates["constant"], 2)
    assert_allclose(rates["invscaling"], 2 / np.sqrt(2 * np.arange(5) + 1))
    assert_allclose(rates["exponential"], 2 * 0.01 ** (np.arange(5) / 5))
    golden = (1 + np.sqrt(5)) / 4  # cos(pi / 5)
    assert_allclose(rates["cosine"][[0, 1]], [2, 0.02 + 1.98 * (1 + golden) / 2])
    assert_allclose(rates["cosine"][1:] + rates["cosine"][:0:-1], 2.02)


@pytest.mark.parametrize("size", [8, 20])
def test_off_is_the_same_bits(size):
    """Compiled with extras, which all are off but for one that changes nothing."""
    case = Case("", (5, 6, 2), size, {"batch_size": 3, "momentum": 0.9, "reduction": "mean"})
    X, y = case.data()
    plain = fusedmlp.train(X, y, **case.arguments())
    for nothing in ({"clip_norm": 1e9}, {"clip_value": 1e9}, {"sample_weight": np.ones(size)}):
        assert same_weights(fusedmlp.train(X, y, **case.arguments(**nothing)), plain)
