"""A run ends where its recorded losses no longer fall: both kernels, resumed anywhere."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from fusedmlp import kernels, reference
from fusedmlp.plan import make_state
from tests.cases import MINI_BATCH, Case, prepared

PACKAGES = pytest.mark.parametrize("package", [kernels, reference], ids=["kernels", "reference"])
CASES = [
    Case("few rows", (3, 4, 2), 4, {"learning_rate": 0.5}),
    Case("mini-batches", (5, 6, 3), 30, {**MINI_BATCH, "epochs": 60}),
    Case("every third", (5, 6, 3), 30, {**MINI_BATCH, "epochs": 90, "record_every": 3}),
    Case("Adam", (5, 6, 3), 30, {**MINI_BATCH, "optimizer": "adam", "learning_rate": 0.1}),
    Case("parts", (4, 32, 16, 4), 2500, {"reduction": "mean", "learning_rate": 20.0}),
    Case("threads", (4, 32, 16, 4), 2500, {"optimizer": "rprop", "threads": 2}),
]
EPOCHS = 60
WAIT = 3


def plan_and_state(case, limit, tol, divisor=1.0):
    """Return a plan, its data and a state with room for all records."""
    X, y = case.data()
    run = prepared(X, y, **case.arguments(epochs=EPOCHS, record_every=1) | case.options)
    plan = run.plan._replace(records_to_wait=limit, progress_tol=tol, loss_divisor=divisor)
    return plan, run, make_state(plan, run.params.copy(), case.rows)


def record_that_ends(losses, tol, waited=0, lowest=np.inf):
    """Return how many records a run has, and how many had no progress by then."""
    for number, loss in enumerate(losses, 1):
        waited = waited + 1 if loss > lowest - tol else 0
        lowest = min(lowest, loss)
        if waited > WAIT:
            return number, waited, lowest
    raise AssertionError("the losses fall")


@PACKAGES
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_run_ends_after_so_many_records_without_progress(case, package):
    plan, run, state = plan_and_state(case, 2**40, 0.0)  # never, but by the same kernel
    last = plan.epochs * case.rows
    assert package.fit(plan, run.X, run.y, state, last)
    assert state.position[0] == last
    divisor = 7.0
    losses = state.losses / divisor
    tol = float(losses[0] / 30)
    records, waited, lowest = record_that_ends(losses, tol)
    assert WAIT < records < len(losses)
    plan, run, ended = plan_and_state(case, WAIT, tol, divisor)
    assert package.fit(plan, run.X, run.y, ended, last)
    assert ended.position[0] == ((records - 1) * plan.record_every + 1) * case.rows
    assert_array_equal(ended.losses[:records], state.losses[:records])
    assert_array_equal(ended.progress, [lowest, waited])
    params = ended.params.copy()
    assert package.fit(plan, run.X, run.y, ended, last)  # it waits in vain: nothing more is done
    assert_array_equal(ended.params, params)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_kernel_and_reference_end_together_wherever_they_are_interrupted(case):
    ends, last = [], None
    for package, step in ((kernels, None), (reference, None), (kernels, 17)):
        plan, run, state = plan_and_state(case, WAIT, 1e-3, case.rows)
        last = plan.epochs * case.rows
        state.progress[:] = np.inf, 1
        while state.position[0] < last:
            before = int(state.position[0])
            stop = last if step is None else min(last, before + step * case.rows // 5)
            assert package.fit(plan, run.X, run.y, state, stop)
            if state.position[0] == before:
                break
        ends.append(state)
    assert len({int(end.position[0]) for end in ends}) == 1
    assert_array_equal(ends[0].params, ends[2].params)
    assert_array_equal(ends[0].progress, ends[2].progress)
    assert_allclose(ends[0].progress, ends[1].progress, rtol=1e-9)


@PACKAGES
def test_nan_counts_as_progress_as_in_scikit_learn(package):
    case = CASES[1]
    plan, run, state = plan_and_state(case, 1, 0.0)
    run.y[0] = np.nan
    assert not package.fit(plan, run.X, run.y, state, case.rows)
    assert_array_equal(state.progress, [np.inf, 0])


@PACKAGES
def test_another_number_of_records_to_wait_is_refused(package):
    plan, run, state = plan_and_state(CASES[1], 1, 0.0)
    for wrong in (-1, 2**41):
        with pytest.raises(ValueError, match=r"plan\.records_to_wait must be in 0"):
            package.fit(plan._replace(records_to_wait=wrong), run.X, run.y, state, 30)
    with pytest.raises(ValueError, match=r"state\.progress must have shape"):
        package.fit(plan, run.X, run.y, state._replace(progress=np.zeros(1)), 30)
