"""The same bits from any number of threads, processes and workers, also if one is lost."""

import logging
import os
import signal
import sys
import threading
import time

import joblib
import numpy as np
import pytest

import fusedmlp
from fusedmlp.many import jobs
from fusedmlp.many.results import Results
from fusedmlp.training import calls_in_jobs
from tests.many.data import X, Y, arguments, assert_same_bits

RATES = {"learning_rate": [0.1, 1.0], "dropout": [0.0, 0.1]}
DEADLINE = 60  # seconds


def sweep(rows=1, **options):
    """A sweep in lanes and one by one; rows: how often the data are repeated."""
    given = {"grid": RATES, "starts": 24, "folds": 2, "patience": 5, **options}
    return fusedmlp.train_many(np.tile(X, (rows, 1)), np.tile(Y, (rows, 1)), **arguments(**given))


def test_the_same_bits_for_any_number_of_threads():
    alone = sweep(threads=1)
    assert_same_bits(sweep(threads=2), alone)
    assert_same_bits(sweep(), alone)
    for backend in ("threading", "loky", "sequential"):
        with joblib.parallel_config(backend, n_jobs=2 if backend != "sequential" else 1):
            assert_same_bits(sweep(), alone)


@pytest.mark.skipif(sys.platform == "win32", reason="processes are forked here")
@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_backends_that_give_results_only_at_the_end(monkeypatch):
    """Such as Ray's, which joblib's "multiprocessing" is below: a few batches at a time."""
    monkeypatch.setattr(calls_in_jobs, "CALLS_AT_A_TIME", 1)
    alone = sweep(threads=1)
    with joblib.parallel_config("multiprocessing", n_jobs=2):
        assert_same_bits(sweep(), alone)


def test_three_batches_in_lanes_share_two_cores(monkeypatch):
    for name in ("available_threads", "cores_of_process"):
        monkeypatch.setattr(f"fusedmlp.training.jobs.{name}", lambda: 2)
    train, all_three = jobs.train_batch, threading.Barrier(3)

    def train_beside_two(*arguments):
        all_three.wait(DEADLINE)
        return train(*arguments)

    alone = fusedmlp.train_many(X, Y, threads=1, **arguments(starts=48))
    assert sum(batch.in_lanes for batch in alone._groups[0].batches) == 3
    monkeypatch.setattr(jobs, "train_batch", train_beside_two)
    assert_same_bits(fusedmlp.train_many(X, Y, **arguments(starts=48)), alone)


def test_networks_may_be_trained_in_jobs_that_are_jobs_themselves():
    alone = sweep(threads=1)
    results = joblib.Parallel(2, backend="threading")(joblib.delayed(sweep)() for _ in range(2))
    for runs in results:
        assert_same_bits(runs, alone)


def test_an_error_in_a_job_is_raised_and_no_batch_goes_on(monkeypatch):
    train, called = jobs.train_batch, []

    def fail_in_the_third(*arguments):
        called.append(threading.current_thread())
        if len(called) == 3:
            raise MemoryError("no more")
        return train(*arguments)

    monkeypatch.setattr(jobs, "train_batch", fail_in_the_third)
    with pytest.raises(MemoryError, match="no more"):
        sweep(threads=2)
    count = len(called)
    for thread in called:  # joblib's pool does not wait for them
        thread.join(DEADLINE)
        assert not thread.is_alive()
    assert len(called) == count


def test_a_batch_that_ends_every_worker_ends_the_call(monkeypatch):
    called = []

    def lost(*_):
        called.append(1)
        raise jobs.CancelledError

    monkeypatch.setattr(jobs, "train_batch", lost)
    with pytest.raises(jobs.CancelledError):
        sweep(threads=1)
    assert len(called) == jobs.MOST_LOSSES


@pytest.fixture(scope="module")
def client():
    """A client of two processes on this machine."""
    distributed = pytest.importorskip("distributed")
    options = {"dashboard_address": ":0", "silence_logs": logging.CRITICAL}
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, **options) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def test_a_cluster_gives_the_bits_of_one_core(client):
    assert len(client.nthreads()) == 2
    with joblib.parallel_config("dask"):
        runs = sweep()
    assert_same_bits(runs, sweep(threads=1))


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("rows", [1, 20])  # data that joblib sends with each batch, and once
def test_a_worker_that_is_killed_changes_nothing(client, rows, monkeypatch):
    put, arrived = Results.put, []

    def kill_now_and_then(results, first, batch):
        put(results, first, batch)
        arrived.append(first)
        if len(arrived) in (3, 7):  # one worker, then the other: one of them had the data
            os.kill(workers.pop().pid, signal.SIGKILL)

    end = time.monotonic() + DEADLINE
    while len(client.nthreads()) != 2:
        assert time.monotonic() < end
        time.sleep(0.02)
    workers = list(client.cluster.workers.values())
    with monkeypatch.context() as patch, joblib.parallel_config("dask"):
        patch.setattr(Results, "put", kill_now_and_then)
        runs = sweep(rows)
    assert not workers
    assert_same_bits(runs, sweep(rows, threads=1))
