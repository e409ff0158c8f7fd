"""A team whose threads wait for too long leaves before its next step, and the bits stay."""

import time

import pytest
from numpy.testing import assert_array_equal

from fusedmlp import kernels
from fusedmlp.kernels.compilation.jit import compiled
from fusedmlp.kernels.threads.clock import nanoseconds
from fusedmlp.plan import make_state
from fusedmlp.plan.signals import PATIENCE
from tests.cases import Case, prepared

OPTIONS = {"batch_size": 70, "record_every": 1, "shuffle": True, "bias": True}
CASE = Case("", (20, 30, 10, 3), 500, OPTIONS)
RARE = {"dropout": 0.25, "dropconnect": 0.1, "sample_weight": [0.5, 1.0, 0.0, 2.0] * 125}
EXTRAS = Case("", (20, 30, 3), 500, OPTIONS | {"optimizer": "adam", "clip_norm": 1.0} | RARE)
DRAWN = Case("", (20, 30, 3), 500, OPTIONS | {"optimizer": "aw_sgd"})
IN_PARTS = Case("", (64, 32, 4), 8000, {"learning_rate": 1e-3, "record_every": 1})


@compiled
def read_clock():
    return nanoseconds()


def test_the_clock_counts_nanoseconds():
    begun = read_clock(), time.monotonic_ns()
    first = read_clock()
    time.sleep(0.02)
    second = read_clock()
    assert 0 < begun[0] <= first
    assert 0.019e9 < second - first < time.monotonic_ns() - begun[1]


@pytest.mark.parametrize("case", [CASE, EXTRAS, DRAWN, IN_PARTS])
@pytest.mark.parametrize("threads", [2, 5])
def test_a_run_that_pauses_goes_on_with_the_same_bits(case, threads):
    epochs = 6
    run = prepared(*case.data(), **case.arguments(epochs=epochs, threads=threads))
    alone = new_state(run)
    kernels.fit(run.plan._replace(threads=1), run.X, run.y, alone, epochs * len(run.X))
    for _ in range(20):  # five threads on fewer cores wait, but not always before the last step
        state = new_state(run)
        paused = fit_with_pauses(run, state, epochs * len(run.X))
        for name in ("params", "position", "errors", "losses", "velocity", "squares", "row_order"):
            assert_array_equal(getattr(state, name), getattr(alone, name), err_msg=name)
        assert (state.signals != 0).nonzero()[0].tolist() == [PATIENCE]
        if paused:
            break
    assert paused or threads == 2


def new_state(run):
    return make_state(run.plan, run.params.copy(), len(run.X), run.row_weights)


def fit_with_pauses(run, state, stop):
    """Go on after each pause; return how many there were."""
    state.signals[PATIENCE] = 1  # each wait is too long
    for paused in range(10_000):
        kernels.fit(run.plan, run.X, run.y, state, stop)
        if state.position[0] == stop:
            return paused
    raise AssertionError("the run does not end")


def test_without_a_limit_no_run_pauses():
    run = prepared(*CASE.data(), **CASE.arguments(epochs=20, threads=5))
    state = make_state(run.plan, run.params, len(run.X))
    kernels.fit(run.plan, run.X, run.y, state, 20 * len(run.X))
    assert state.position[0] == 20 * len(run.X)
