"""SciPy's optimisers: its own trajectories, what they are good for, what they refuse."""

import signal
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize

import fusedmlp
from fusedmlp import kernels, reference
from tests.cases import SOFTMAX, WEIGHTS_OF_SEVEN, Case, prepared, same_weights

XOR = [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], [0, 1, 1, 0]
CASE = Case("", (4, 8, 2), 60, {"reduction": "mean", "bias": True})
WEIGHTS = np.arange(60) % 4 / 2
BACKENDS = ["kernels", "reference"]
SOLVERS = ["lbfgs", "bfgs", "annealing"]

# A sigmoid network of 4 without a bias ends in a local minimum from every other start.
EASY = {"hidden": 8, "activation": "tanh", "random_state": 1}


def flat(run):
    parts = zip(run.weights, run.biases, strict=True)
    return np.concatenate([part.ravel() for layer in parts for part in layer])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("optimizer", "method"), [("lbfgs", "L-BFGS-B"), ("bfgs", "BFGS")])
@pytest.mark.parametrize(
    "options", [{}, {"l2": 0.01, **SOFTMAX}, {"sample_weight": WEIGHTS}], ids=str
)
def test_ten_iterations_are_scipys(optimizer, method, options, backend):
    X, y = Case("", CASE.sizes, 60, options).data()
    start = prepared(X, y, **CASE.arguments(**options))
    places = [start.params.copy()]

    def value(x):
        result = np.empty_like(x)
        weights = start.row_weights
        return reference.gradient(start.plan, x, start.X, start.y, result, weights), result

    minimize(
        value, places[0], jac=True, method=method, callback=places.append, options={"maxiter": 10}
    )
    seen = []
    run = fusedmlp.train(
        X, y, optimizer=optimizer, backend=backend,
        callback=lambda now: seen.append(np.concatenate([w.ravel() for w in now.weights])),
        **CASE.arguments(**options),
    )  # fmt: skip
    assert run.epochs == 10
    assert run.stopped == "all epochs run"
    assert_allclose(flat(run), places[10], rtol=1e-10, atol=1e-12)
    weights = np.r_[0:32, 40:56]
    assert_allclose(seen, np.array(places)[1:, weights], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("optimizer", SOLVERS)
def test_records_are_of_the_weights_before_each_epoch(optimizer):
    X, y = CASE.data()
    kept = []
    run = fusedmlp.train(
        X, y, optimizer=optimizer, record_every=3, sample_weight=WEIGHTS,
        callback=lambda now: kept.append((now.epoch, now.loss, now.error)),
        **CASE.arguments(epochs=8),
    )  # fmt: skip
    assert_array_equal(run.history["epoch"], [0, 3, 6])
    assert kept == list(zip([0, 3, 6], run.history["loss"], run.history["error"], strict=True))
    for record, epoch in enumerate([0, 3, 6]):
        init = {"learning_rate": 1e-300, "epochs": 1}
        if epoch:
            before = fusedmlp.train(
                X, y, **CASE.arguments(optimizer=optimizer, epochs=epoch, sample_weight=WEIGHTS)
            )
            init["warm_start"] = before
        still = fusedmlp.train(X, y, **CASE.arguments(sample_weight=WEIGHTS) | init)
        for name in ("error", "loss"):
            assert run.history[name][record] == pytest.approx(still.history[name][0], rel=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("optimizer", ["lbfgs", "bfgs"])
def test_the_seeds_task_is_solved_in_a_few_iterations(optimizer, backend):
    run = fusedmlp.train(*XOR, optimizer=optimizer, backend=backend, **EASY)
    assert run.epochs < 50
    assert run.stopped.startswith("converged: ")
    assert run.history["error"][-1] < 0.01
    assert len(run.history["loss"]) == run.epochs
    assert_array_equal(run.predict(XOR[0]).round().ravel(), XOR[1])


@pytest.mark.parametrize("optimizer", ["lbfgs", "bfgs"])
def test_a_linear_network_finds_the_least_squares(optimizer):
    X, y = Case("", (5, 2), 40).data()
    run = fusedmlp.train(
        X, y, hidden=(), optimizer=optimizer, output_activation="identity", reduction="mean"
    )
    assert_allclose(run.weights[0], np.linalg.lstsq(X, y)[0], atol=2e-5)
    assert run.stopped.startswith("converged")


@pytest.mark.parametrize("optimizer", SOLVERS)
def test_both_backends_agree(optimizer):
    X, y = Case("", (3, 5, 2), 7).data()
    options = {"optimizer": optimizer, "sample_weight": WEIGHTS_OF_SEVEN, "l2": 0.01}
    ours, theirs = (
        fusedmlp.train(
            X, y, hidden=5, epochs=15, record_every=2, random_state=1, backend=backend, **options
        )
        for backend in BACKENDS
    )
    assert_allclose(flat(ours), flat(theirs), rtol=1e-8, atol=1e-10)
    for name, values in theirs.history.items():
        assert_allclose(ours.history[name], values, rtol=1e-8)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("case", [CASE, Case("blocks", (4, 9, 3), 20_000, SOFTMAX)], ids=str)
def test_weighted_gradients_agree_and_count_rows(case, reduction, dtype):
    X, y = case.data()
    options = case.arguments(dtype=dtype) | {"reduction": reduction}
    weights = np.random.default_rng(0).integers(0, 3, case.rows).astype(dtype)
    run = prepared(X, y, **options)
    copies = prepared(
        np.repeat(X, weights.astype(int), 0), np.repeat(y, weights.astype(int), 0), **options
    )
    results = []
    for package in (kernels, reference):
        for data, row_weights in ((run, weights), (copies, None)):
            gradient = np.full_like(run.params, np.nan)
            value = package.gradient(data.plan, run.params, data.X, data.y, gradient, row_weights)
            results.append(np.append(gradient, value))
    assert case is CASE or run.plan.block_rows < case.rows
    rounding = 1e-11 if dtype == "float64" else 1e-4
    scale = np.abs(results[0]).max()
    for other in results[1:]:
        assert_allclose(other, results[0], rtol=rounding, atol=rounding * scale)


@pytest.mark.parametrize("optimizer", SOLVERS)
def test_float32(optimizer):
    X, y = CASE.data()
    single, double = (
        fusedmlp.train(X, y, dtype=dtype, optimizer=optimizer, **CASE.arguments(epochs=20))
        for dtype in ("float32", "float64")
    )
    assert single.weights[0].dtype == np.float32
    assert single.history["loss"][-1] == pytest.approx(double.history["loss"][-1], rel=0.01)


def test_float32_ends_where_its_digits_do():
    X, y = (part.astype(np.float32) for part in CASE.data())
    run = fusedmlp.train(X, y, optimizer="bfgs", dtype="float32", **CASE.arguments(epochs=5000))
    assert run.epochs < 5000
    assert run.stopped.startswith(("converged: ", "no better step: "))


def test_annealing_is_reproducible_and_leaves_a_local_minimum():
    options = {"epochs": 1500, "random_state": 1}  # from there, L-BFGS ends with an error of 0.125
    run = fusedmlp.train(*XOR, optimizer="annealing", **options)
    assert run.stopped == "all epochs run"
    assert run.history["error"][-1] < 0.02
    assert (np.diff(run.history["loss"]) <= 0).all()
    assert max(abs(w).max() for w in run.weights) <= 10
    assert same_weights(run, fusedmlp.train(*XOR, optimizer="annealing", **options))
    options["random_state"] = 2
    assert not same_weights(run, fusedmlp.train(*XOR, optimizer="annealing", **options))


@pytest.mark.parametrize("optimizer", SOLVERS)
def test_evaluations_are_bounded(optimizer, monkeypatch):
    gradient, evaluations = reference.gradient, []
    monkeypatch.setattr(
        reference, "gradient", lambda *given: evaluations.append(1) or gradient(*given)
    )
    options = {"optimizer": optimizer, "backend": "reference", "random_state": 1}
    run = fusedmlp.train(*XOR, evaluations=14, **options)
    assert len(evaluations) == 14
    assert run.stopped == "all 14 evaluations made"
    if optimizer == "annealing":
        assert run.epochs == 14
        fusedmlp.train(*XOR, epochs=200, **options)
        assert len(evaluations) == 14 + 200


def test_annealing_stays_within_its_radius():
    run = fusedmlp.train(*XOR, optimizer="annealing", search_radius=2.5, epochs=500)
    assert max(abs(w).max() for w in run.weights) == 2.5
    message = "search_radius must be at least the size of the largest first weight, 2.5, got 1.0"
    with pytest.raises(ValueError, match=message):
        fusedmlp.train(*XOR, optimizer="annealing", search_radius=1.0, warm_start=run)


@pytest.mark.parametrize("optimizer", SOLVERS)
def test_patience_brings_back_the_best(optimizer):
    X, y = Case("", (4, 20, 2), 30).data()
    others = Case("", (4, 20, 2), 30).data(seed=1)
    options = {"hidden": 20, "optimizer": optimizer, "record_every": 1, "random_state": 1}
    run = fusedmlp.train(X, y, validation=others, patience=5, epochs=300, **options)
    losses = run.history["validation_loss"]
    assert run.epochs == len(losses) < 300
    assert run.stopped.startswith("validation_loss no better by 0.0001 in 5 records; ")
    best = int(losses.argmin())
    assert same_weights(run, fusedmlp.train(X, y, epochs=best + 1, **options))


@pytest.mark.parametrize("optimizer", SOLVERS)
def test_a_callback_stops_it(optimizer):
    options = {"optimizer": optimizer, "record_every": 2, "random_state": 1}
    run = fusedmlp.train(*XOR, **options, callback=lambda now: now.epoch >= 4)
    assert run.stopped == "the callback stopped it after epoch 4"
    assert run.epochs == 5


@pytest.mark.parametrize("optimizer", ["lbfgs", "bfgs"])
def test_a_solved_task_has_nothing_to_do(optimizer):
    X, y = Case("", (3, 5, 2), 7).data()
    first = fusedmlp.train(X, y, hidden=5, optimizer=optimizer, random_state=2)
    again = fusedmlp.train(X, y, hidden=5, optimizer=optimizer, warm_start=first)
    assert again.stopped.startswith("converged: ")
    assert again.epochs == len(again.history["loss"]) < 5
    assert "converged" in repr(again)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("optimizer", SOLVERS)
def test_a_loss_that_is_infinite_from_the_start(optimizer, backend):
    init = [np.full((3, 1), 1e200)]
    with pytest.warns(RuntimeWarning, match="diverged: the loss was no longer finite in epoch 0"):
        run = fusedmlp.train(
            *XOR, hidden=(), init=init, output_activation="identity", optimizer=optimizer,
            backend=backend, **({"search_radius": 1e200} if optimizer == "annealing" else {}),
        )  # fmt: skip
    assert_array_equal(run.weights[0], init[0])
    assert run.stopped.startswith("diverged")


def test_annealing_takes_l1():
    run = fusedmlp.train(*XOR, optimizer="annealing", l1=0.5, epochs=300, random_state=1)
    assert max(abs(w).max() for w in run.weights) < 0.01


@pytest.mark.parametrize("optimizer", SOLVERS)
def test_they_are_saved_and_loaded(optimizer, tmp_path):
    run = fusedmlp.train(*XOR, optimizer=optimizer, epochs=20, random_state=1)
    run.save(tmp_path / "network")
    again = fusedmlp.load(tmp_path / "network")
    assert again.options["optimizer"] == optimizer
    assert again.stopped == run.stopped
    assert same_weights(run, again)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT is sent otherwise there")
def test_ctrl_c_ends_it():
    script = (
        "import signal, fusedmlp\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "def say(now):\n    print(now.epoch, flush=True)\n"
        "try:\n    fusedmlp.train([[0, 1], [1, 0]], [0, 1], optimizer='annealing',\n"
        "        epochs=10**8, record_every=1000, backend='reference', callback=say)\n"
        "except KeyboardInterrupt:\n    print('interrupted', flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout.readline() == "0\n"
        run.send_signal(signal.SIGINT)
        printed, _ = run.communicate(timeout=60)
    assert printed.endswith("interrupted\n")


@pytest.mark.parametrize(
    "sample_weight", [None, np.arange(8) % 3 + 0.5], ids=["all alike", "weights"]
)
def test_records_have_the_hubers_own_delta(sample_weight):
    """At weights that one epoch of plain steps, which learn nothing, records as well."""
    X, y = Case("", (3, 4, 2), 8).data()
    options = {"loss": "huber", "huber_delta": 0.01, "hidden": 4, "random_state": 0, "epochs": 1}
    losses = [
        fusedmlp.train(X, y, sample_weight=sample_weight, **options, **more).history["loss"][0]
        for more in ({"optimizer": "lbfgs"}, {"learning_rate": 1e-300})
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)
