"""How many tasks are done at the same time: one for each core, or more threads that share them."""

import joblib
import pytest

from fusedmlp.training import jobs
from fusedmlp.training.jobs import jobs_for, jobs_on


@pytest.fixture
def two_cores(monkeypatch):
    monkeypatch.setattr(jobs, "available_threads", lambda: 2)
    monkeypatch.setattr(jobs, "cores_of_process", lambda: 2)


@pytest.mark.parametrize(
    ("cores", "tasks", "expected"),
    [
        (1, 3, 1),
        (2, 1, 2),
        (2, 2, 2),
        (2, 3, 3),  # 1.5 times a task's time instead of 2
        (2, 4, 2),
        (2, 5, 3),  # three, then the other two
        (2, 101, 2),  # 50.5 instead of 51
        (8, 9, 9),
        (8, 16, 8),
    ],
)
def test_threads_share_the_cores_where_they_end_sooner(cores, tasks, expected):
    assert jobs_on(cores, tasks) == expected


@pytest.mark.usefixtures("two_cores")
def test_nobody_has_said_how_many():
    assert jobs_for(3) == 3


@pytest.mark.usefixtures("two_cores")
def test_a_number_of_joblibs_is_kept():
    with joblib.parallel_config("threading", n_jobs=2):
        assert jobs_for(3) == 2


@pytest.mark.usefixtures("two_cores")
def test_processes_are_as_many_as_cores():
    with joblib.parallel_config("loky"):
        assert jobs_for(3) == 2


def test_a_limit_of_the_environment_is_kept(monkeypatch):
    monkeypatch.setattr(jobs, "cores_of_process", lambda: 8)
    monkeypatch.setattr(jobs, "available_threads", lambda: 2)  # NUMBA_NUM_THREADS
    assert jobs_for(3) == 2


@pytest.mark.usefixtures("two_cores")
@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_within_a_job_there_is_one(backend):
    within = joblib.Parallel(2, backend=backend)(joblib.delayed(jobs_for)(3) for _ in range(2))
    assert within == [1, 1]
