"""When a run's second thread is back: found in times that are made up, and measured once."""

import numpy as np
import pytest

from benchmarks import quiet_again
from benchmarks.peers.rows import ROWS
from benchmarks.quiet_again import EVERY, NEVER, WINDOW, back_after, rate, returns


def epochs_at(*parts):
    """Times of epochs, EVERY at once: parts are (seconds, rate)."""
    times, begin = [], 0.0
    for seconds, its_rate in parts:
        times.append(np.arange(begin, begin + seconds, EVERY / its_rate))
        begin += seconds
    return np.concatenate(times)


def test_a_rate_is_that_of_the_later_epochs():
    assert rate(epochs_at((0.5, 100), (4, 400))) == pytest.approx(400)


def test_the_gain_is_back_when_a_window_has_the_rate():
    times = epochs_at((1.5, 200), (2, 400))
    nearly_a_window = pytest.approx(0.5 + WINDOW, abs=0.05)
    assert back_after(times, 1.0, 380) == nearly_a_window
    assert back_after(times, 1.0, 1000) == NEVER


def test_it_measures_each_round(monkeypatch):
    monkeypatch.setattr(quiet_again, "EVERY", 1)
    monkeypatch.setattr(quiet_again, "WINDOW", 0.02)
    quiet, after = returns({row.name: row for row in ROWS}["64-100-10"], rounds=2, seconds=0.4)
    assert min(quiet) > 0
    assert len(after) == 2
    assert min(after) > 0
