"""A long call has a thread of its own, which ends before its caller goes on."""

import gc
import weakref
from importlib import import_module

import pytest
from numpy.testing import assert_allclose

from fusedmlp import kernels, reference
from fusedmlp.background import BackgroundCall
from fusedmlp.plan import make_state
from fusedmlp.plan.signals import STOP, new_signals
from fusedmlp.training.interruptible import LONG_CALL, interruptible
from tests.cases import Case, prepared


def test_ctrl_c_while_the_thread_starts_ends_its_call(monkeypatch):
    signals, ended, start = new_signals(), [], BackgroundCall.start

    def start_and_interrupt(call):
        start(call)
        raise KeyboardInterrupt

    def until_asked():
        while not signals[STOP]:
            pass
        ended.append(True)

    monkeypatch.setattr(BackgroundCall, "start", start_and_interrupt)
    with pytest.raises(KeyboardInterrupt):
        interruptible(signals, LONG_CALL, until_asked)
    assert ended == [True]


def test_no_python_code_runs_when_the_thread_is_freed():
    """Ctrl-C that comes within such code, such as the function of a weak reference, is lost."""
    call = BackgroundCall(divmod, (7, 2))
    call.start()
    call.wait()
    assert not hasattr(call, "__del__")
    assert all(reference.__callback__ is None for reference in weakref.getweakrefs(call))


@pytest.mark.parametrize("error", [RuntimeError, MemoryError])
def test_without_another_thread_the_call_is_made_in_this_one(error, monkeypatch):
    def start(_):
        raise error("no more threads")

    monkeypatch.setattr(BackgroundCall, "start", start)
    assert interruptible(new_signals(), LONG_CALL, divmod, 7, 2) == (3, 1)


def test_what_the_call_raises_is_raised():
    with pytest.raises(ZeroDivisionError):
        interruptible(new_signals(), LONG_CALL, divmod, 7, 0)


def test_the_reference_ends_between_two_steps(monkeypatch):
    """Within a step, NumPy would have changed some of the weights."""
    case = Case("", (3, 4, 2), 60, {"batch_size": 20, "bias": True})
    run = prepared(*case.data(), **case.arguments())
    states = [make_state(run.plan, run.params.copy(), 60) for _ in range(2)]
    module, steps = import_module("fusedmlp.reference.fit"), []
    take_step = module._take_step

    def ask_in_the_fifth(plan, X, y, state, *rest):
        steps.append(rest)
        state.signals[STOP] = len(steps) == 5
        take_step(plan, X, y, state, *rest)

    monkeypatch.setattr(module, "_take_step", ask_in_the_fifth)
    assert reference.fit(run.plan, run.X, run.y, states[0], 600)
    kernels.fit(run.plan, run.X, run.y, states[1], 100)
    assert len(steps) == 5
    assert states[0].position[0] == states[1].position[0] == 100  # where a resumed run goes on
    assert_allclose(states[0].params, states[1].params, rtol=1e-12)


def test_a_call_that_is_over_is_freed_without_the_garbage_collector():
    """In which Ctrl-C would be lost: Python ignores what is raised there."""
    gc.disable()
    try:
        call = BackgroundCall(divmod, (7, 2))
        call.start()
        call.wait()
        freed = weakref.ref(call)
        del call
        assert freed() is None
    finally:
        gc.enable()
