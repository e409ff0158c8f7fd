"""What the system says of idle cores, and where it cannot tell."""

import os

import pytest

from fusedmlp.plan import idle_cores as module
from fusedmlp.plan.idle_cores import idle_cores, seem_free


@pytest.fixture
def system(tmp_path, monkeypatch):
    """A system with four cores, whose load a test writes."""
    monkeypatch.setattr(module, "LOAD", tmp_path / "loadavg")
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    return tmp_path / "loadavg"


@pytest.mark.parametrize(("running", "idle"), [(1, 3), (3, 1), (4, 0), (9, 0)])
def test_a_core_is_idle_for_each_thread_that_does_not_run(running, idle, system):
    system.write_text(f"0.20 0.18 0.12 {running}/80 11206\n")
    assert idle_cores() == idle
    assert seem_free(idle + 1)
    assert not seem_free(idle + 2)


@pytest.mark.parametrize("text", ["", "0.2 0.1 0.1 one/80 1", "0.2 0.1"])
def test_a_system_that_says_something_else_is_not_believed(text, system):
    system.write_text(text)
    assert idle_cores() is None
    assert seem_free(100)


def test_without_linux_nobody_can_tell(system):
    assert not system.exists()
    assert idle_cores() is None


def test_of_a_process_that_may_not_use_all_cores_nobody_can_tell(system, monkeypatch):
    system.write_text("0.20 0.18 0.12 4/80 11206\n")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {2})
    assert idle_cores() is None
