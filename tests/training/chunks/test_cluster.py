"""Dask arrays on the processes of a cluster: the same bits for any number of them."""

import logging
import os
import signal
import sys
import time

import dask
import dask.array as da
import numpy as np
import pytest

import fusedmlp
from tests.cases import same_weights
from tests.training.chunks.data import CASE, SIZES, in_chunks

distributed = pytest.importorskip("distributed")

WEIGHTS = np.arange(CASE.rows) % 4 / 2
X, Y = CASE.data()
DEADLINE = 60  # seconds


@pytest.fixture(scope="module")
def client():
    """A client of processes on this machine."""
    options = {"dashboard_address": ":0", "silence_logs": logging.CRITICAL}
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, **options) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def set_workers(client, count):
    client.cluster.scale(count)
    end = time.monotonic() + DEADLINE
    while len(client.nthreads()) != count:
        assert time.monotonic() < end
        time.sleep(0.02)


def persisted():
    """X and y on the workers, as the results of tasks that can be run again."""
    arrays = [
        da.concatenate(
            [
                da.from_delayed(dask.delayed(np.asarray)(chunk), chunk.shape, chunk.dtype)
                for chunk in in_chunks(array)
            ]
        )
        for array in (X, Y)
    ]
    return dask.persist(*arrays)


def test_the_same_bits_for_any_number_of_workers(client):
    options = {"sample_weight": WEIGHTS, "epochs": 5}
    arguments = [CASE.arguments(optimizer=name, **options) for name in ("adam", "lbfgs")]
    here = [fusedmlp.train(in_chunks(X), in_chunks(Y), **each) for each in arguments]
    for workers in (1, 2, 3):
        set_workers(client, workers)
        for each, expected in zip(arguments, here, strict=True):
            run = fusedmlp.train(*persisted(), **each)
            assert same_weights(run, expected)
            assert run.history["loss"].tolist() == expected.history["loss"].tolist()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_worker_that_is_killed_changes_nothing(client):
    set_workers(client, 2)
    killed = []

    def kill(now):
        if now.epoch == 3:
            worker = next(iter(client.cluster.workers.values()))
            os.kill(worker.pid, signal.SIGKILL)
            killed.append(worker.pid)

    chunks, arguments = persisted(), CASE.arguments(sample_weight=WEIGHTS)
    run = fusedmlp.train(*chunks, callback=kill, **arguments)
    assert killed
    assert same_weights(run, fusedmlp.train(in_chunks(X), in_chunks(Y), **arguments))


def test_what_is_wrong_with_a_chunk_is_said_by_its_number(client):
    set_workers(client, 2)
    wrong = X.copy()
    wrong[[20, 60], 2] = np.nan, np.inf  # in chunks 2 and 3
    arrays = da.from_array(wrong, chunks=(SIZES, 4)), da.from_array(Y, chunks=(SIZES, 2))
    message = r"chunk 2: X must be finite in float64, got nan at index \(9, 2\)"
    with pytest.raises(ValueError, match=message):
        fusedmlp.train(*arrays, **CASE.arguments())
