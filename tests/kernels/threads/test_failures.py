"""A thread that fails: the others leave, its error is raised, and nothing half done is returned."""

import threading
import time
from importlib import import_module

import numpy as np
import pytest

import fusedmlp
from fusedmlp import kernels
from fusedmlp.background import BackgroundCall
from fusedmlp.kernels.blocked.training_loop import fit_blocks
from fusedmlp.plan import make_state
from fusedmlp.plan.signals import STOP
from tests.cases import Case, prepared
from tests.processes import run_python

FIT = import_module("fusedmlp.kernels.fit")  # kernels.fit is the function
CASE = Case("", (20, 30, 10, 3), 500, {"batch_size": 70, "learning_rate": 0.05})


@pytest.mark.parametrize("victim", [0, 1, 3])
@pytest.mark.parametrize("error", [MemoryError, KeyboardInterrupt, ValueError])
def test_what_a_thread_raises_is_raised_in_the_caller(victim, error, monkeypatch):
    """The others are at a barrier by then: they would wait there for ever."""
    X, y = CASE.data()
    run = prepared(X, y, **CASE.arguments(epochs=1000, threads=4))
    state = make_state(run.plan, run.params, len(run.X))

    def kernel(*arguments):
        if arguments[-2] == victim:
            time.sleep(0.05)
            raise error("no more")
        return fit_blocks(*arguments)

    monkeypatch.setattr(FIT, "fit_blocks", kernel)
    before = threading.active_count()
    with pytest.raises(error, match="no more"):
        kernels.fit(run.plan, run.X, run.y, state, 1000 * len(run.X))
    assert threading.active_count() == before


def test_too_little_memory_for_a_thread_is_a_memory_error():
    """Under each of many limits, a prediction is right or refused."""
    printed = run_python("""
        import resource, numpy as np, fusedmlp
        random = np.random.RandomState(0)
        X = random.normal(size=(100, 100))
        init = [random.normal(size=s) / 50 for s in ((100, 1500), (1500, 1500))]
        run = fusedmlp.train(X[:2], np.zeros((2, 1500)), 1500, init=init, threads=2, epochs=1)
        right = run.predict(X)
        outcomes = []
        with open("/proc/self/statm") as sizes:
            used = int(sizes.read().split()[0]) * resource.getpagesize()
        for more in range(0, 640, 4):
            resource.setrlimit(resource.RLIMIT_AS, (used + (more << 20), resource.RLIM_INFINITY))
            try:
                outcomes.append(bool((run.predict(X) == right).all()))
            except (MemoryError, RuntimeError) as error:  # RuntimeError: no memory for a thread
                outcomes.append(type(error).__name__)
            finally:
                resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
        print(False in outcomes, "MemoryError" in outcomes, True in outcomes)
    """)
    assert printed.split() == ["False", "True", "True"]


def trained_bytes(state):
    return state.params.tobytes() + state.running_stats.tobytes()


@pytest.mark.parametrize(("threads", "batch_norm"), [(1, False), (2, False), (5, False), (1, True)])
def test_a_request_to_stop_leaves_a_run_between_two_updates(threads, batch_norm):
    """Whenever it comes, what is left are the parameters after a whole number of steps."""
    X, y = CASE.data()
    options = {"epochs": 3000, "threads": threads, "shuffle": True, "batch_norm": batch_norm}
    run = prepared(X, y, **CASE.arguments(**options))
    after_steps = set()
    state = make_state(run.plan, run.params.copy(), len(run.X))
    while state.position[0] < 40 * len(run.X):
        kernels.fit(run.plan, run.X, run.y, state, int(state.position[0]) + 1)
        after_steps.add(trained_bytes(state))
    random, left = np.random.default_rng(0), 0
    for _ in range(30):
        state = make_state(run.plan, run.params.copy(), len(run.X))
        signals = state.signals
        requester = threading.Timer(random.uniform(0, 0.002), signals.__setitem__, (STOP, 1))
        requester.start()
        kernels.fit(run.plan, run.X, run.y, state, 40 * len(run.X))
        requester.join()
        assert trained_bytes(state) in after_steps or state.position[0] == 0
        left += state.position[0] < 40 * len(run.X)
    assert left > 0


def test_another_run_works_after_a_failure(monkeypatch):
    X, y = CASE.data()
    with monkeypatch.context() as patched:
        test_what_a_thread_raises_is_raised_in_the_caller(1, MemoryError, patched)
    assert fusedmlp.train(X, y, **CASE.arguments(threads=4)).epochs == 10


def test_nothing_of_a_thread_is_left_after_its_call():
    """A fork right after a prediction would find one: seen in 1 of 10,000 calls."""
    call = BackgroundCall(int, ())
    ended = call._ended.set

    def set_and_linger():
        ended()
        time.sleep(0.01)

    call._ended.set = set_and_linger
    call.start()
    call.wait()
    assert call.result == 0
    assert not call.is_alive()
