"""train and Trained: what a user sees."""

import copy
import inspect
import pickle
import re
import signal
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import fusedmlp
from fusedmlp.options import OPTIONS
from tests.cases import OPTION_CASES, SHAPE_CASES, Case, same_weights

CASE = Case("", (3, 5, 2), 11, {"batch_size": 4})
DIGITS = {
    "hidden": 100,
    "activation": "relu",
    "output_activation": "softmax",
    "loss": "log_loss",
    "bias": True,
    "init": "glorot",
    "learning_rate": 0.1,
    "momentum": 0.9,
    "epochs": 60,
    "batch_size": 32,
    "reduction": "mean",
    "dtype": "float32",
}


def test_first_weights_are_the_seeds():
    run = fusedmlp.train([[1, 2, 3]], [0], hidden=4, epochs=1, learning_rate=1e-300, random_state=1)
    random = np.random.RandomState(1)
    for weights in run.weights:
        assert_array_equal(weights, 2 * random.random_sample(weights.shape) - 1)


@pytest.mark.parametrize("init", ["glorot", "he"])
def test_first_weights_have_the_spread_of_their_source(init):
    n_in, n_out = 300, 200
    options = {"init": init, "epochs": 1, "learning_rate": 1e-300, "random_state": 0}
    run = fusedmlp.train(np.ones((1, n_in)), np.zeros(1), hidden=n_out, bias=True, **options)
    weights = run.weights[0]
    variance = 2 / (n_in + n_out) if init == "glorot" else 2 / n_in
    assert weights.var() == pytest.approx(variance, rel=0.02)
    assert abs(weights.mean()) < 4 * np.sqrt(variance / weights.size)
    if init == "glorot":
        assert np.abs(weights).max() <= np.sqrt(6 / (n_in + n_out))
    assert_allclose(run.biases[0], 0, atol=1e-290)


def test_first_weights_may_be_given():
    weights = [np.full((2, 3), 0.5), np.full((3, 1), -0.5)]
    biases = [np.array([1.0, 2.0, 3.0]), np.array([4.0])]
    still = {"hidden": 3, "epochs": 1, "learning_rate": 1e-300}
    for init in (weights, tuple(weights), [w.tolist() for w in weights]):
        run = fusedmlp.train([[1, 2]], [0], init=init, **still)
        assert_array_equal(run.weights[0], weights[0])
        assert_array_equal(run.biases[0], np.zeros(3))
    run = fusedmlp.train([[1, 2]], [0], init=(weights, biases), bias=True, **still)
    for ours, given in zip(run.biases, biases, strict=True):
        assert_array_equal(ours, given)


def test_random_state_is_scikit_learns():
    X, y = CASE.data()
    by_number = fusedmlp.train(X, y, **CASE.arguments(random_state=5))
    by_state = fusedmlp.train(X, y, **CASE.arguments(random_state=np.random.RandomState(5)))
    assert same_weights(by_number, by_state)
    np.random.seed(5)
    assert same_weights(by_number, fusedmlp.train(X, y, **CASE.arguments(random_state=None)))
    assert not same_weights(by_number, fusedmlp.train(X, y, **CASE.arguments(random_state=None)))


def test_the_same_seed_gives_the_same_bits_in_many_threads_and_in_other_processes():
    X, y = CASE.data()
    alone = fusedmlp.train(X, y, **CASE.arguments(epochs=500))
    with ThreadPoolExecutor(8) as pool:
        runs = list(
            pool.map(lambda _: fusedmlp.train(X, y, **CASE.arguments(epochs=500)), range(16))
        )
    assert all(same_weights(alone, run) for run in runs)
    script = (
        "import fusedmlp; from tests.training.test_training import CASE;"
        "run = fusedmlp.train(*CASE.data(), **CASE.arguments(epochs=500));"
        "print(b''.join(w.tobytes() for w in run.weights).hex())"
    )
    printed = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout
    assert printed.strip() == b"".join(w.tobytes() for w in alone.weights).hex()


def test_shuffling_changes_mini_batches_only():
    X, y = CASE.data()
    full = [CASE.arguments(batch_size=None, shuffle=shuffle) for shuffle in (True, False)]
    assert same_weights(*(fusedmlp.train(X, y, **options) for options in full))
    mini = [CASE.arguments(shuffle=shuffle) for shuffle in (True, False)]
    assert not same_weights(*(fusedmlp.train(X, y, **options) for options in mini))


def test_batch_size_beyond_the_rows_is_one_full_batch():
    X, y = CASE.data()
    runs = [fusedmlp.train(X, y, **CASE.arguments(batch_size=n)) for n in (None, 11, 12, 10**9)]
    assert all(same_weights(runs[0], run) for run in runs)


@pytest.mark.parametrize("case", [*OPTION_CASES, *SHAPE_CASES], ids=str)
def test_a_trained_network_has_the_shapes_that_were_asked_for(case):
    X, y = case.data()
    run = fusedmlp.train(X, y, **case.arguments(dtype="float32"))
    assert [w.shape for w in run.weights] == list(zip(case.sizes, case.sizes[1:], strict=False))
    assert [b.shape for b in run.biases] == [(n,) for n in case.sizes[1:]]
    assert all(a.dtype == np.float32 for a in [*run.weights, *run.biases, run.predict(X)])
    assert run.predict(X).shape == y.shape
    assert run.epochs == 10
    assert run.stopped == "all epochs run"
    assert run.options["hidden"] == case.sizes[1:-1]
    every = case.options.get("record_every") or 1
    assert_array_equal(run.history["epoch"], np.arange(0, 10, every))
    assert all(len(values) == len(run.history["epoch"]) for values in run.history.values())
    tracked = case.options.get("track_directions", False)
    assert (run.direction_changes is not None) == tracked
    if tracked:
        assert [c.shape for c in run.direction_changes] == [w.shape for w in run.weights]


def test_history_is_measured_before_the_update():
    case = Case("", (3, 5, 2), 11, {"loss": "log_loss", "record_every": 1})
    X, y = case.data()
    history = fusedmlp.train(X, y, **case.arguments()).history
    for epoch in (1, 4, 9):
        out = fusedmlp.train(X, y, **case.arguments(epochs=epoch)).predict(X)
        assert history["error"][epoch] == pytest.approx(np.abs(out - y).mean(), rel=1e-12)
        losses = -(y * np.log(out) + (1 - y) * np.log(1 - out)).sum(axis=1)
        assert history["loss"][epoch] == pytest.approx(losses.mean(), rel=1e-12)


def test_weights_may_be_edited_and_predict_sees_it():
    run = fusedmlp.train([[1.0]], [1.0], hidden=(), epochs=1)
    run.weights[0][:] = 0
    assert run.predict([[3.0]]).item() == 0.5


@pytest.mark.parametrize("backend", ["kernels", "reference"])
@pytest.mark.parametrize("batch_size", [None, 2])
def test_a_diverging_run_stops_and_says_in_which_epoch(backend, batch_size):
    X, y = [[3.0], [4.0], [5.0]], [1.0, 2.0, 3.0]
    options = {
        "hidden": (),
        "output_activation": "identity",
        "batch_size": batch_size,
        "record_every": 1,
        "random_state": 0,
        "backend": backend,
    }
    with pytest.warns(RuntimeWarning, match=r"diverged: a weight was no longer finite after epoch"):
        run = diverged = fusedmlp.train(X, y, epochs=1_000_000, **options)
    assert diverged.stopped.startswith("diverged")
    last = int(diverged.stopped.split()[-1])
    assert diverged.epochs == last + 1 < 1000
    assert len(run.history["error"]) == diverged.epochs
    assert not np.isfinite(diverged.weights[0]).all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        before = fusedmlp.train(X, y, epochs=last, **options)
    assert np.isfinite(before.weights[0]).all()


def test_ctrl_c_stops_a_long_run_at_once():
    script = (
        "import signal, numpy as np, fusedmlp\n"
        # A process that was started in the background may ignore it.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "X = np.random.RandomState(0).normal(size=(20_000, 50)); y = X[:, :1] > 0\n"
        "fusedmlp.train(X[:10], y[:10], hidden=100, epochs=1)\n"
        "print('ready', flush=True)\n"
        "try:\n    fusedmlp.train(X, y, hidden=100, epochs=10**9)\n"
        "except KeyboardInterrupt as stopped:\n"
        "    print(stopped.run.stopped, stopped.run.predict(X).shape, flush=True)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        assert re.match(r"interrupted in epoch \d+ \(20000, 1\)", process.stdout.readline())


def test_other_threads_run_while_a_network_trains():
    """A run lets go of the GIL: another thread sees many moments of it."""
    X, y = np.ones((5000, 50)), np.ones(5000)
    fusedmlp.train(X[:2], y[:2], hidden=100, epochs=1)
    moments, done = [], threading.Event()

    def watch():
        while not done.is_set():
            moments.append(time.perf_counter())
            time.sleep(0.001)

    watcher = threading.Thread(target=watch)
    watcher.start()
    begun = time.perf_counter()
    fusedmlp.train(X, y, hidden=100, epochs=30, learning_rate=1e-6)
    ended = time.perf_counter()
    done.set()
    watcher.join()
    assert sum(begun < moment < ended for moment in moments) >= 10


@pytest.mark.parametrize("seed", range(3))
def test_digits_are_learnt(seed):
    X, labels = load_digits(return_X_y=True)
    split = train_test_split(
        X / 16, np.eye(10)[labels], test_size=0.25, stratify=labels, random_state=seed
    )
    X_train, X_test, y_train, y_test = split
    run = fusedmlp.train(X_train, y_train, **DIGITS, random_state=seed)
    right = run.predict(X_test).argmax(axis=1) == y_test.argmax(axis=1)
    assert right.mean() >= 0.97


def test_numbers_are_learnt():
    random = np.random.RandomState(0)
    X = random.uniform(-1, 1, (400, 2))
    y = np.sin(3 * X[:, 0]) * X[:, 1]
    run = fusedmlp.train(
        X,
        y,
        hidden=(32, 32),
        activation="tanh",
        output_activation="identity",
        bias=True,
        init="glorot",
        learning_rate=0.05,
        momentum=0.9,
        epochs=400,
        batch_size=20,
        reduction="mean",
        random_state=0,
    )
    assert np.mean((run.predict(X)[:, 0] - y) ** 2) < 0.01 * y.var()


def test_a_trained_network_can_be_pickled():
    run = fusedmlp.train([[0.0, 1.0]], [1.0], epochs=5, bias=True)
    again = pickle.loads(pickle.dumps(run))
    assert same_weights(run, again)
    assert_array_equal(again.predict([[1.0, 2.0]]), run.predict([[1.0, 2.0]]))
    for network in (again, copy.deepcopy(run)):
        for part in network.weights + network.biases:
            part[:] = 0
        assert network.predict([[1.0, 2.0]]).item() == 0.5


def test_the_repr_names_the_network_and_its_end():
    run = fusedmlp.train([[0.0, 1.0]], [1.0], hidden=(3, 4), epochs=5, random_state=0)
    assert repr(run).startswith("<Trained 2-3-4-1 network: 5 epochs, all epochs run, loss 0.")


def test_signature_and_documentation_spell_out_every_option():
    parameters = inspect.signature(fusedmlp.train).parameters
    assert list(parameters)[:3] == ["X", "y", "hidden"]
    assert set(parameters) == {"X", "y", "hidden", *OPTIONS}
    for name, option in OPTIONS.items():
        assert parameters[name].default == option.default
        assert f"\n{name} : default {option.default!r}" in fusedmlp.train.__doc__


def test_progress_shows_epoch_loss_and_rate(capsys):
    pytest.importorskip("rich")
    X, y = CASE.data()
    quiet = fusedmlp.train(X, y, **CASE.arguments(epochs=3000))
    assert capsys.readouterr().out == ""
    shown = fusedmlp.train(X, y, **CASE.arguments(epochs=3000, progress=True))
    assert same_weights(quiet, shown)
    printed = capsys.readouterr().out
    assert "epoch 3,000 of 3,000" in printed
    assert "loss 0." in printed
    assert "epochs/s" in printed
