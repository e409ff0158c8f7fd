"""The threads of a run's teams: kept from slice to slice, and gone at the end of the run."""

import inspect
import os
import signal
import sys
import threading
import weakref
from functools import wraps

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import fusedmlp
from fusedmlp.helper_threads import with_helpers
from fusedmlp.kernels.threads.team import run_in_team
from tests.processes import run_python

RANDOM = np.random.default_rng(0)
X, Y = RANDOM.normal(size=(5000, 20)), RANDOM.uniform(size=(5000, 3))
IN_TWO = {"hidden": (60, 20), "batch_size": 70, "threads": 2, "random_state": 1, "epochs": 20}


@pytest.fixture
def started(monkeypatch):
    """The threads that are started."""
    threads, start = [], threading.Thread.start

    def start_and_note(thread):
        threads.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_and_note)
    return threads


def thread_of_each(threads):
    """Return the threads' numbers, as a kernel of Python's sees them."""
    seen = {}

    def kernel(_signals, thread, _threads):
        seen[thread] = threading.get_ident()

    run_in_team(kernel, (), threads)
    assert len(seen) == threads
    return [seen[thread] for thread in range(1, threads)]


def in_a_run(test):
    """Have a test run as a run of training does, whose helpers are kept."""

    @wraps(test)
    def wrapper(*arguments, **named):
        return with_helpers(True, lambda: test(*arguments, **named))

    return wrapper


def test_helpers_are_kept_within_the_call_and_end_with_it(started):
    def use_them():
        two = thread_of_each(3)
        assert thread_of_each(2) == two[:1]
        assert with_helpers(True, thread_of_each, 3) == two  # a run within a run
        three = thread_of_each(4)
        assert three[:2] == two
        assert len(started) == 3
        assert all(thread.is_alive() for thread in started)

    with_helpers(True, use_them)
    assert not any(thread.is_alive() for thread in started)
    thread_of_each(3)
    assert len(started) == 5
    assert not any(thread.is_alive() for thread in started)


@in_a_run
def test_those_of_one_thread_are_no_others():
    mine, others = thread_of_each(2), []
    other = threading.Thread(target=lambda: others.extend(thread_of_each(2)))
    other.start()
    other.join()
    assert thread_of_each(2) == mine != others


def test_a_run_starts_its_helpers_once_whatever_happens_between_its_slices(started):
    run = fusedmlp.train(X, Y, **IN_TWO, tol=0.0, patience=1000)
    assert len(started) == 1
    assert not started[0].is_alive()
    alone = fusedmlp.train(X, Y, **IN_TWO | {"threads": 1}, tol=0.0, patience=1000)
    assert_array_equal(run.predict(X), alone.predict(X))


def test_a_callback_sees_no_helpers(started):
    def callback(_):
        alive.extend(thread.is_alive() for thread in started)

    alive: list[bool] = []
    fusedmlp.train(X, Y, **IN_TWO, callback=callback, record_every=5)
    assert len(started) > 1
    assert not any(alive)
    settings = {"hidden_layer_sizes": (30, 10), "batch_size": 70, "threads": 2, "max_iter": 10}
    with pytest.warns(match="Maximum iterations"):
        fusedmlp.MLPRegressor(**settings, callback=callback).fit(X, Y)
    assert not any(alive)


@in_a_run
def test_an_error_is_raised_once_and_the_helper_goes_on():
    def failing(_signals, thread, _threads):
        if thread == 1:
            raise ZeroDivisionError

    before = thread_of_each(2)
    with pytest.raises(ZeroDivisionError):
        run_in_team(failing, (), 2)
    assert thread_of_each(2) == before


@in_a_run
def test_an_error_in_the_first_thread_ends_the_helpers(started):
    def failing(_signals, thread, _threads):
        if thread == 0:
            raise ZeroDivisionError

    thread_of_each(2)
    with pytest.raises(ZeroDivisionError):
        run_in_team(failing, (), 2)
    assert not started[0].is_alive()
    thread_of_each(2)


@in_a_run
def test_a_helper_that_waits_keeps_nothing_of_its_last_call():
    data = np.zeros(3)
    run_in_team(lambda *_: None, (data,), 2)
    freed = weakref.ref(data)
    del data
    assert freed() is None


@in_a_run
@pytest.mark.parametrize("left", range(1, 60, 2))
def test_near_the_limit_of_recursion_a_team_works_or_is_refused(left):
    """Refused before a helper has begun: to wait for it takes calls, too."""

    def call_deeper(calls):
        return call_deeper(calls - 1) if calls else thread_of_each(2)

    before, limit = thread_of_each(2), sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + 100)
    try:
        assert call_deeper(100 - left) == before
    except RecursionError:
        pass
    finally:
        sys.setrecursionlimit(limit)
    assert thread_of_each(2) == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_the_child_of_a_fork_within_a_run_has_helpers_of_its_own():
    printed = run_python("""
        import faulthandler, os, warnings
        from fusedmlp.helper_threads import with_helpers
        from tests.kernels.threads.test_helpers import thread_of_each

        faulthandler.dump_traceback_later(60, exit=True)
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 on: threads and a fork

        def fork():
            before = thread_of_each(3)
            child = os.fork()
            if child:
                assert thread_of_each(3) == before
            else:
                thread_of_each(3)
            return child

        child = with_helpers(True, fork)
        if child == 0:
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """)
    assert printed.split() == ["0"]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers that signal")
def test_a_handler_of_a_signal_may_train_within_a_run():
    printed = run_python("""
        import faulthandler, signal
        import fusedmlp
        from tests.kernels.threads.test_helpers import IN_TWO, X, Y

        faulthandler.dump_traceback_later(60, exit=True)

        def train(*_):
            runs.append(fusedmlp.train(X, Y, **IN_TWO).predict(X).tobytes())

        runs = []
        train()
        signal.signal(signal.SIGALRM, train)
        while len(runs) < 60:
            signal.setitimer(signal.ITIMER_REAL, 0.001 + 0.0001 * len(runs))
            train()
            signal.setitimer(signal.ITIMER_REAL, 0)
        print(len(set(runs)))
    """)
    assert printed.split() == ["1"]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers that signal")
def test_ctrl_c_at_any_moment_leaves_no_helper():
    """While it is started, asked, waited for or ended."""
    printed = run_python("""
        import faulthandler, random, threading, time
        from fusedmlp.helper_threads import _OF_THREAD, start_helpers, with_helpers
        from fusedmlp.kernels.threads.team import run_in_team
        from tests.interrupts import interrupted

        faulthandler.dump_traceback_later(60, exit=True)

        def work(signals, thread, threads):
            time.sleep(0.0001)

        def run():
            start_helpers(2)
            for _ in range(3):
                run_in_team(work, (), 3)

        interrupts, end = 0, time.monotonic() + 3
        while time.monotonic() < end:
            # The exception is held, with its traceback, and all frames in that.
            error = interrupted(lambda: with_helpers(True, run), random.uniform(1e-6, 1e-3))
            interrupts += error is not None
            assert _OF_THREAD.kept is None
            deadline = time.monotonic() + 5
            while sum(thread.is_alive() for thread in threading.enumerate()) > 1:
                assert time.monotonic() < deadline, "a helper is left"
        print(interrupts > 100)
    """)
    assert printed.split() == ["True"]
