"""Threads that take a step together: the same bits, wherever and however many."""

import os
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import fusedmlp
from fusedmlp import kernels
from fusedmlp.kernels.threads.team import run_in_team
from fusedmlp.plan import blocking, make_state
from fusedmlp.plan.threads import MOST_THREADS
from tests.cases import ALL_CASES, ALL_EXTRAS, EVERYTHING, SOFTMAX, Case, prepared, same_weights
from tests.processes import run_python

CASE = Case("", (20, 30, 10, 3), 500, {**EVERYTHING, "batch_size": 70, "learning_rate": 0.05})


MANY_ROWS = Case(
    "a block in parts", (4, 9, 3), 9000, {"bias": True, "reduction": "mean", "record_every": 3}
)
RAGGED_PARTS = Case(
    "batches in parts",
    (4, 9, 3),
    9000,
    {**EVERYTHING, "batch_size": 8960, "track_directions": False},
)
ONE_OUTPUT = Case("one output", (30, 40, 1), 90, {"reduction": "mean", "bias": True})
PARTS_WITH_EXTRAS = Case(
    "parts with extras",
    (4, 9, 3),
    9000,
    {
        **ALL_EXTRAS,
        "batch_size": 8960,
        "track_directions": False,
        "sample_weight": (np.arange(9000) % 7) / 3,
    },
)
# With more than two threads, several share each half.
IN_HALVES = Case(
    "blocks in halves", (64, 100, 10), 650, {**EVERYTHING, "batch_size": 600, "record_every": 1}
)
# The gradients of wide layers read their inputs transposed; one thread is in the first layer while
# another is in the second.
WIDE_LAYERS = Case(
    "wide layers", (784, 512, 401, 3), 250, {**EVERYTHING, "batch_size": 130, "init": "glorot"}
)
LARGE_STEPS = [MANY_ROWS, RAGGED_PARTS, PARTS_WITH_EXTRAS, IN_HALVES, WIDE_LAYERS]


def fitted(case, threads, dtype, epochs=4, stops=()):
    """Return the plan, what training leaves (but for the work space), and predictions."""
    X, y = case.data()
    run = prepared(X, y, **case.arguments(epochs=epochs, dtype=dtype, threads=threads))
    state = make_state(run.plan, run.params.copy(), len(run.X), run.row_weights)
    outputs = np.empty_like(run.y)
    for stop in [*stops, epochs * len(run.X)]:
        if state.position[0] < stop:
            kernels.fit(run.plan, run.X, run.y, state, stop)
    kernels.predict(run.plan, state.params, run.X, outputs)
    return run.plan, [*state[:-1], outputs]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", [*ALL_CASES, CASE, ONE_OUTPUT, *LARGE_STEPS], ids=str)
def test_any_number_of_threads_gives_the_same_bits(case, dtype):
    _, alone = fitted(case, 1, dtype)
    for n in (2, 5):
        _, together_ = fitted(case, n, dtype)
        for ours, theirs in zip(together_, alone, strict=True):
            assert_array_equal(ours, theirs)


@pytest.mark.parametrize("case", LARGE_STEPS, ids=str)
def test_large_steps_agree_with_the_reference(case):
    X, y = case.data()
    run = prepared(X, y, **case.arguments())
    parts = 1 if case is WIDE_LAYERS else 2 if case is IN_HALVES else 8
    assert run.plan.partial_gradients == parts
    assert run.plan.block_rows < run.plan.batch_size
    ours, theirs = (
        fusedmlp.train(X, y, **case.arguments(backend=backend))
        for backend in ("kernels", "reference")
    )
    for a, b in zip(ours.weights + ours.biases, theirs.weights + theirs.biases, strict=True):
        assert_allclose(a, b, rtol=1e-9, atol=1e-12)
    for name, values in theirs.history.items():
        assert_allclose(ours.history[name], values, rtol=1e-9)


def random_case(random):
    """A network, rows in any number, batches in any size; larger ones more often than elsewhere."""

    def pick(*choices):
        return choices[random.integers(len(choices))]

    sizes = tuple(int(n) for n in random.integers(1, pick(8, 40, 120), random.integers(2, 5)))
    rows = int(pick(random.integers(1, 300), random.integers(300, 12_000)))
    options = {
        "activation": pick("sigmoid", "tanh", "relu"),
        "bias": pick(True, False),
        "init": "glorot",
        "reduction": "mean",
        "learning_rate": 0.1,
        "batch_size": pick(None, int(random.integers(1 + rows // 50, rows + 1))),
        "shuffle": pick(True, False),
        "momentum": pick(0.0, 0.9),
        "record_every": pick(1, 2, 5),
        "track_directions": pick(True, False),
    }
    return Case("", sizes, rows, options | (SOFTMAX if sizes[-1] > 1 and pick(True, False) else {}))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_random_runs_are_the_same_in_any_threads_and_slices(dtype, monkeypatch):
    monkeypatch.setattr(blocking, "FLOPS_PER_THREAD", 1000)  # parts for small steps too
    random = np.random.default_rng(1)
    counts = Counter[int]()
    for _ in range(100):
        case, n = random_case(random), int(random.integers(2, MOST_THREADS + 1))
        plan_, alone = fitted(case, 1, dtype, epochs=2)
        stops = sorted(random.integers(1, 2 * case.rows + 1, 2).tolist())
        _, together_ = fitted(case, n, dtype, epochs=2, stops=stops)
        for ours, theirs in zip(together_, alone, strict=True):
            assert_array_equal(ours, theirs, err_msg=f"{case} in {n} threads")
        counts[plan_.partial_gradients] += 1
    assert min(counts[n] for n in (1, 2, 8)) > 5


def test_several_python_threads_train_at_once_with_threads_of_their_own():
    X, y = CASE.data()
    alone = fusedmlp.train(X, y, **CASE.arguments(threads=1, epochs=200))
    with ThreadPoolExecutor(4) as pool:
        options = CASE.arguments(threads=2, epochs=200)
        train = [pool.submit(fusedmlp.train, X, y, **options) for _ in range(12)]
    assert all(same_weights(alone, run.result()) for run in train)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_trains_while_its_parent_does():
    printed = run_python("""
        import os, threading, warnings, fusedmlp
        from tests.kernels.threads.test_threads import CASE
        X, y = CASE.data()
        def train(epochs=200):
            return fusedmlp.train(X, y, **CASE.arguments(threads=2, epochs=epochs))
        before = train()
        other = threading.Thread(target=train, kwargs={"epochs": 5000})
        other.start()
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 on: threads and a fork
        child = os.fork()
        same = train().predict(X).tobytes() == before.predict(X).tobytes()
        if child == 0:
            os._exit(0 if same else 1)
        _, status = os.waitpid(child, 0)
        other.join()
        print(same, os.waitstatus_to_exitcode(status))
    """)
    assert printed.split() == ["True", "0"]


def test_one_thread_starts_none(monkeypatch):
    def start(_):
        raise AssertionError("a thread was started")

    X, y = CASE.data()
    monkeypatch.setattr(threading.Thread, "start", start)
    run = fusedmlp.train(X, y, **CASE.arguments(threads=1, epochs=100))
    run.predict(np.zeros((100_000, 20)))
    with pytest.raises(AssertionError, match="was started"):
        fusedmlp.train(X, y, **CASE.arguments(threads=2, epochs=100))
    monkeypatch.setattr("fusedmlp.training.slice_choice.ALONE_SECONDS", 1e9)
    run = fusedmlp.train(X, y, **CASE.arguments(threads=2, epochs=1))  # too short for a start
    run.predict(X)
    with pytest.raises(AssertionError, match="was started"):
        run.predict(np.zeros((100_000, 20)))


def test_a_team_that_cannot_gather_lets_its_helpers_go(monkeypatch):
    start, started = threading.Thread.start, []

    def start_two(thread):
        if len(started) == 2:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    X, y = CASE.data()
    monkeypatch.setattr(threading.Thread, "start", start_two)
    with pytest.raises(RuntimeError, match="can't start"):
        fusedmlp.train(X, y, **CASE.arguments(threads=4, epochs=100))
    assert len(started) == 2
    assert not any(thread.is_alive() for thread in started)


def test_the_first_threads_result_is_returned():
    assert run_in_team(lambda *arguments: (arguments[0], *arguments[2:]), ("x",), 3) == ("x", 0, 3)


@pytest.mark.parametrize("rows", [1, 65_536, 65_537, 200_000])
def test_predicting_many_rows_in_parts_gives_what_single_rows_do(rows):
    X, y = CASE.data()
    run = fusedmlp.train(X, y, **CASE.arguments(threads=2))
    many = np.random.default_rng(0).normal(size=(rows, 20))
    out = run.predict(many)
    assert out.shape == (rows, 3)
    for row in {0, rows // 3, rows // 2, rows - 1}:
        assert_array_equal(out[row], run.predict(many[row : row + 1])[0])
