"""Several starts at once: jobs, threads, what each start is told, and Ctrl-C."""

import os
import signal
import sys
import threading

import joblib
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

from fusedmlp.training.jobs import jobs_now
from tests.estimators.pairs import CLASSES, NUMBERS, X
from tests.estimators.starts import STARTS, assert_same_bits, starts_for

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# Jobs


@pytest.mark.parametrize("backend", ["threading", "loky"])
@pytest.mark.parametrize("combine", ["best", "average"])
def test_jobs_change_no_bits(combine, backend):
    with joblib.parallel_config(n_jobs=1):
        one = starts_for("classes", combine=combine).fit(X, CLASSES)
    with joblib.parallel_config(backend, n_jobs=2):
        two = starts_for("classes", combine=combine).fit(X, CLASSES)
    assert one.start_scores_.tolist() == two.start_scores_.tolist()
    assert_same_bits(one, two)


def test_number_of_jobs_is_joblibs(monkeypatch):
    path = "fusedmlp.training.jobs.available_threads"
    monkeypatch.setattr(path, lambda: 5)
    assert jobs_now() == 5
    with joblib.parallel_config(n_jobs=3):
        assert jobs_now() == 3
    with joblib.parallel_config("threading"):
        assert jobs_now() == 5
    for backend in ("threading", "loky"):
        within = joblib.Parallel(2, backend=backend)(joblib.delayed(jobs_now)() for _ in range(2))
        assert within == [1, 1]


@pytest.mark.parametrize(
    ("threads", "jobs", "expected"), [(None, 2, 1), (None, 1, None), (2, 2, 2)]
)
def test_threads_of_a_start(threads, jobs, expected):
    seen = []

    def callback(model):
        seen.append(model.threads)

    model = starts_for("numbers", threads=threads, callback=callback, combine="average")
    with joblib.parallel_config(n_jobs=jobs):
        model.fit(X, NUMBERS)
    assert set(seen) == {expected}
    assert {start.threads for start in model.estimators_} == {model.threads} == {threads}


def test_grid_search():
    grid = {"alpha": [0.1, 10.0], "n_starts": [1, 6], "combine": ["best", "average"]}
    results = []
    for jobs in (1, 2):
        search = GridSearchCV(starts_for("classes"), grid, scoring="neg_log_loss", n_jobs=jobs)
        search.fit(X, CLASSES)
        results.append(search.cv_results_["mean_test_score"].tolist())
    assert results[0] == results[1]
    assert np.argmax(results[0]) == search.best_index_
    assert len(set(results[0])) == 6  # with one start, both ways to combine are the same


# What each start is told


def test_callback_sees_and_stops_each_start():
    epochs = []

    def callback(model):
        epochs.append((model.random_state, model.n_iter_))
        return model.n_iter_ == 3

    model = starts_for("numbers", callback=callback).fit(X, NUMBERS)
    expected = [(seed, epoch) for seed in model.start_random_states_ for epoch in (1, 2, 3)]
    assert sorted(epochs) == sorted(expected)
    assert model.n_iter_ == 3


def test_verbose_prints_the_score_of_each_start(capsys):
    model = starts_for("numbers", verbose=True).fit(X, NUMBERS)
    lines = capsys.readouterr().out.splitlines()
    assert sorted(lines) == [
        f"Start {i}, score = {score:.8f}" for i, score in enumerate(model.start_scores_)
    ]


# Ctrl-C


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT is sent otherwise there")
@pytest.mark.usefixtures("ctrl_c_is_heeded")
@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_keeps_the_best_so_far(jobs):
    """It comes in the second epoch of a start: from the callback, or to the main thread."""
    main, begun = threading.main_thread(), threading.Event()

    def callback(model):
        if model.n_iter_ == 2 and not begun.is_set():
            begun.set()
            if threading.current_thread() is main:
                raise KeyboardInterrupt
            os.kill(os.getpid(), signal.SIGINT)

    model = starts_for("numbers", max_iter=10**5, tol=0, n_iter_no_change=10**5, callback=callback)
    with (
        joblib.parallel_config(n_jobs=jobs),
        pytest.warns(UserWarning, match=r"^Training interrupted by user\.$"),
    ):
        model.fit(X, NUMBERS)
    assert begun.is_set()
    assert model.start_scores_[model.best_start_] == -model.loss_
    assert np.isneginf(model.start_scores_[jobs:]).all()
    assert len(model.loss_curve_) == model.n_iter_ < 10**5


class Interrupts:
    """Data that Ctrl-C finds in their first check."""

    def __init__(self):
        self.looked_at = 0

    def __array__(self, dtype=None, copy=None):
        self.looked_at += 1
        raise KeyboardInterrupt


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_before_there_is_a_network(jobs):
    data, model = Interrupts(), starts_for("numbers")
    with joblib.parallel_config(n_jobs=jobs), pytest.raises(KeyboardInterrupt):
        model.fit(data, NUMBERS)
    assert 1 <= data.looked_at <= jobs < STARTS
    assert not hasattr(model, "coefs_")
