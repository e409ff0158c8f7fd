"""AW-SGD in a run: what its draws count, threads and slices, what it is good for, bad input."""

import itertools
import re

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import fusedmlp
from fusedmlp import kernels, reference
from fusedmlp.plan import blocking, make_state
from tests.cases import EVERYTHING, Case, prepared
from tests.kernels.threads.test_threads import fitted
from tests.twins.test_sampling import PACKAGES, chances_of

STILL = {"learning_rate": 1e-300}  # the sampler learns, the network does not


@pytest.fixture(params=PACKAGES.values(), ids=PACKAGES)
def package(request):
    return request.param


def row_gradients(run, params):
    """Return each row's own gradient (rows, parameters)."""
    gradients = np.empty((len(run.X), params.size))
    plain = run.plan._replace(reduction=0)
    for row, gradient in enumerate(gradients):
        reference.gradient(plain, params, run.X[row : row + 1], run.y[row : row + 1], gradient)
    return gradients


# What they count

NETWORK = Case(
    "", (3, 4, 2), 5, {"optimizer": "aw_sgd", "batch_size": 3, "bias": True, "activation": "tanh"}
)


@pytest.mark.parametrize("weights", [None, [0.5, 2.0, 1.0, 0.25, 3.0]], ids=["", "weights"])
@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_a_step_weighs_its_rows_so_that_all_batches_average_to_all_rows(
    package, reduction, weights
):
    options = NETWORK.arguments(reduction=reduction, sample_weight=weights, epochs=20, **STILL)
    run = prepared(*NETWORK.data(), **options)
    gradients = row_gradients(run, run.params)
    weights = np.ones(5) if weights is None else np.array(weights)
    total = 2 * weights.mean() if reduction == "mean" else 1
    state = make_state(run.plan, run.params.copy(), 5, run.row_weights)
    for epoch in range(1, 20):  # the last two draws of an epoch are its last step
        if package is kernels:
            package.fit(run.plan, run.X, run.y, state, 5 * epoch - 2)
            chances = chances_of(package, state.sampler_tree, 0.1)
            scores, usual = state.sampler_tree.copy(), state.sampler_mean.copy()
        package.fit(run.plan, run.X, run.y, state, 5 * epoch)
        drawn, counts = state.row_order[3:], state.draw_weights[3:]
        assert_allclose(state.gradient, counts @ gradients[drawn] / total, rtol=1e-11, atol=1e-14)
        squares = counts**2 * (gradients[drawn] ** 2).sum(axis=1)
        if package is kernels:
            assert_allclose(counts, weights[drawn] / (5 * chances[drawn]), rtol=1e-13)
            reference.learn_to_sample(scores, usual, 0.1, 0.5, drawn, squares)
            assert_allclose(state.sampler_tree, scores, rtol=1e-11)
        else:
            assert_allclose(state.draw_squares[3:], squares, rtol=1e-11)

    chances = chances_of(package, state.sampler_tree, 0.1)
    assert chances.max() > 1.3 * chances.min()
    counts = weights / (5 * chances)
    whole = weights @ gradients / weights.sum() if reduction == "mean" else None
    mean = 2 * weights @ gradients / 5 if whole is None else whole
    one = (chances * counts) @ gradients / (total / 2 if whole is not None else 0.5)
    assert_allclose(one, mean, rtol=1e-12, atol=1e-15)
    pairs = itertools.product(range(5), repeat=2)
    two = sum(
        chances[i] * chances[j] * (counts[i] * gradients[i] + counts[j] * gradients[j]) / total
        for i, j in pairs
    )
    assert_allclose(two, mean, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("weights", [None, [0.5, 2.0, 1.0, 0.25, 3.0]], ids=["", "weights"])
def test_records_are_in_expectation_those_of_all_rows(weights):
    X, y = NETWORK.data()
    options = NETWORK.arguments(epochs=4000, record_every=1, sample_weight=weights, **STILL)
    run = fusedmlp.train(X, y, **options)
    errors = run.predict(X) - y
    for name, rows in (
        ("loss", 0.5 * (errors**2).sum(axis=1)),
        ("error", np.abs(errors).mean(axis=1)),
    ):
        records = run.history[name]
        uncertain = records.std() / np.sqrt(len(records))
        assert abs(records.mean() - np.average(rows, weights=weights)) < 4 * uncertain
        assert 0 < uncertain < 0.02 * records.mean()


# In a run

AW = {**EVERYTHING, "optimizer": "aw_sgd", "learning_rate": 0.05}
IN_PARTS = Case("", (4, 9, 3), 9000, {**AW, "batch_size": 8960, "record_every": 3})
IN_BLOCKS = Case("", (40, 60, 3), 900, {**AW, "batch_size": 700, "bias": False})
WIDE = Case("", (600, 500, 3), 300, {**AW, "batch_size": 280})
SMALL = Case("", (20, 30, 10, 3), 500, {**AW, "batch_size": 70})


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("case", "parts"),
    [(IN_PARTS, 8), (IN_BLOCKS, 2), (WIDE, 1), (SMALL, 1)],
    ids=["parts", "blocks", "wide", "small"],
)
def test_any_threads_and_slices_give_the_same_bits(case, parts, dtype, monkeypatch):
    if case is not SMALL:
        monkeypatch.setattr(blocking, "BLOCK_BYTES", 1 << 15)
    numbers, alone = fitted(case, 1, dtype, epochs=4)
    assert numbers.partial_gradients == parts
    assert (numbers.block_rows < numbers.batch_size) == (case is not SMALL)
    random = np.random.default_rng(0)
    for threads in (1, 2, 5):
        stops = sorted(random.integers(1, 4 * case.rows, 6).tolist())
        _, others = fitted(case, threads, dtype, epochs=4, stops=stops)
        for ours, theirs in zip(others, alone, strict=True):
            assert_array_equal(ours, theirs)


@pytest.mark.parametrize("case", [IN_PARTS, IN_BLOCKS], ids=["parts", "blocks"])
def test_large_batches_agree_with_the_reference(case):
    X, y = case.data()
    options = case.arguments(epochs=3)
    ours, theirs = (fusedmlp.train(X, y, **options, backend=name) for name in PACKAGES)
    for a, b in zip(ours.weights + ours.biases, theirs.weights + theirs.biases, strict=True):
        assert_allclose(a, b, rtol=1e-9, atol=1e-12)
    for name, values in theirs.history.items():
        assert_allclose(ours.history[name], values, rtol=1e-9)


def rare_rows(rows=400):
    """Rows of which one in twenty has a large gradient, and always will: a line with noise."""
    random = np.random.default_rng(0)
    X = random.normal(size=(rows, 8))
    X[::20] *= 5
    noise = np.where(np.arange(rows) % 20 == 0, 1.0, 0.05)
    return X, X @ random.normal(size=(8, 1)) + noise[:, None] * random.normal(size=(rows, 1))


LINE = {
    "hidden": (),
    "output_activation": "identity",
    "reduction": "mean",
    "init": "glorot",
    "learning_rate": 0.01,
    "batch_size": 4,
    "epochs": 20,
}


def state_of(**options):
    run = prepared(*rare_rows(), **LINE | options)
    state = make_state(run.plan, run.params, len(run.X))
    kernels.fit(run.plan, run.X, run.y, state, LINE["epochs"] * len(run.X))
    return run, state


def test_the_estimate_varies_less_than_that_of_uniform_draws():
    ratios, bests = [], []
    for seed in range(5):
        run, state = state_of(optimizer="aw_sgd", random_state=seed)
        chances = chances_of(kernels, state.sampler_tree, 0.1)
        gradients = row_gradients(run, state.params)
        squares, whole = (gradients**2).sum(axis=1), (gradients.mean(axis=0) ** 2).sum()
        learnt_, uniform = ((squares / 400**2 / q).sum() - whole for q in (chances, 1 / 400))
        ratios.append(learnt_ / uniform)
        bests.append((np.sqrt(squares).mean() ** 2 - whole) / uniform)
    assert np.mean(ratios) < 0.3
    assert np.mean(ratios) < 1.5 * np.mean(bests)


def test_where_few_rows_matter_it_gets_closer():
    X, y = rare_rows()
    least = np.linalg.lstsq(X, y, rcond=None)[1][0] / 800

    def distance(**options):
        losses = []
        for seed in range(12):
            outputs = fusedmlp.train(X, y, **LINE | options, random_state=seed).predict(X)
            losses.append(0.5 * ((outputs - y) ** 2).mean() - least)
        return np.mean(losses)

    learnt_ = distance(optimizer="aw_sgd")
    uniform = distance(optimizer="aw_sgd", sampler_floor=1.0)
    assert learnt_ < 0.5 * uniform
    assert learnt_ < 0.5 * distance()


# Bad input


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"batch_size": None},
            "optimizer='aw_sgd' chooses rows to learn from, and has no choice with all of them: it "
            "must come with batch_size below the 5 rows, got batch_size=None; or take "
            "optimizer='sgd'",
        ),
        ({"batch_size": 5}, "must come with batch_size below the 5 rows, got batch_size=5"),
        (
            {"shuffle": False},
            "optimizer='aw_sgd' draws its rows: it must come with shuffle=True, got shuffle=False",
        ),
        (
            {"batch_norm": True},
            "batch_norm=True must come with another optimizer, got optimizer='aw_sgd'",
        ),
        (
            {"optimizer": "sgd", "sampler_rate": 0.3},
            "sampler_rate=0.3 must come with optimizer 'aw_sgd', got optimizer='sgd'",
        ),
        (
            {"optimizer": "sgd", "sampler_floor": 0.3},
            "sampler_floor=0.3 must come with optimizer 'aw_sgd', got optimizer='sgd'",
        ),
        ({"sampler_rate": 0}, "sampler_rate must be a finite number above 0 and at most 1, got 0"),
        ({"sampler_floor": 0}, "sampler_floor must be a finite number above 0 and at most 1"),
        ({"sampler_floor": 1.5}, "sampler_floor must be a finite number above 0 and at most 1"),
        ({"beta_1": 0.5}, "beta_1=0.5 must come with optimizer 'adam' or 'adamw'"),
    ],
    ids=str,
)
def test_bad_input(options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        fusedmlp.train(*NETWORK.data(), **NETWORK.arguments(**options))
