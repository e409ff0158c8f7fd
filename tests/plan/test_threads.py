"""How many threads a step gets."""

import os

import pytest

import fusedmlp
from fusedmlp.plan import make_plan, threads
from fusedmlp.plan.threads import FLOPS_PER_THREAD, available_threads, threads_for


def test_a_step_gets_as_many_threads_as_it_feeds(monkeypatch):
    monkeypatch.setattr(threads, "cores_of_process", lambda: 4)
    monkeypatch.delenv("NUMBA_NUM_THREADS", raising=False)
    work = [threads_for(None, n * FLOPS_PER_THREAD) for n in (0, 1, 2, 3, 4, 5)]
    assert work == [1, 1, 2, 3, 4, 4]
    assert threads_for(1, 10**12) == 1
    assert threads_for(7, 0) == 7


@pytest.mark.parametrize(("variable", "expected"), [("3", 3), ("99", 4), ("0", 1), ("many", 4)])
def test_the_environment_may_lower_the_number_of_threads(monkeypatch, variable, expected):
    monkeypatch.setattr(threads, "cores_of_process", lambda: 4)
    monkeypatch.setenv("NUMBA_NUM_THREADS", variable)
    assert available_threads() == expected
    limit = {"3": 3, "0": 1}.get(variable, 7)
    assert threads_for(7, 0) == min(7, limit)  # an explicit number too
    assert fusedmlp.train([[0.0], [1.0]], [0, 1], epochs=1, threads=7).options["threads"] == 7


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this system")
def test_the_cores_are_looked_up_at_each_call():
    cores = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(cores)})
        assert available_threads() == 1
    finally:
        os.sched_setaffinity(0, cores)
    assert available_threads() > 1 or len(cores) == 1


def test_small_networks_are_left_to_one_thread():
    run = fusedmlp.train([[0.0], [1.0]], [0, 1], epochs=1)
    assert make_plan(dict(run.options), (1, 4, 1), 2).threads == 1
