"""The waits after failures of a team: each twice as long, up to a third of a second."""

import pytest

from fusedmlp.plan import backoff
from fusedmlp.plan.backoff import FIRST_SECONDS, MOST_SECONDS, Backoff


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test sets."""
    now = [1000.0]
    monkeypatch.setattr(backoff.time, "perf_counter", lambda: now[0])
    return now


def test_each_wait_is_twice_as_long_up_to_a_limit(clock):
    waits, attempts = [], Backoff()
    assert attempts.seconds_left() == 0
    for _ in range(7):
        attempts.failed()
        waits.append(attempts.seconds_left())
        clock[0] += waits[-1]
        assert attempts.seconds_left() == pytest.approx(0, abs=1e-9)
        clock[0] += 1e-6
    assert waits == pytest.approx([min(FIRST_SECONDS * 2**n, MOST_SECONDS) for n in range(7)])


def test_a_failure_within_a_wait_changes_nothing(clock):
    attempts = Backoff()
    attempts.failed()
    clock[0] += FIRST_SECONDS / 2
    attempts.failed()
    assert attempts.seconds_left() == pytest.approx(FIRST_SECONDS / 2)


def test_after_a_while_the_waits_begin_anew(clock):
    attempts = Backoff()
    for _ in range(5):
        attempts.failed()
        clock[0] += attempts.seconds_left() + 1e-6
    clock[0] += MOST_SECONDS
    attempts.failed()
    assert attempts.seconds_left() == pytest.approx(FIRST_SECONDS)
