"""Chunks that several threads share: the same bits, their errors, and Ctrl-C."""

import signal
import subprocess
import sys

import numpy as np
import pytest

import fusedmlp
from fusedmlp import kernels
from fusedmlp.plan.signals import STOP, new_signals
from fusedmlp.training.chunks.threads import shared_by_threads
from tests.cases import Case, same_weights
from tests.training.chunks.data import in_chunks

# A step has work enough for several threads.
CASE = Case("", (20, 64, 2), 16_000, {"reduction": "mean", "epochs": 4})
SIZES = [100, 6_000, 900, *[500] * 18]


@pytest.fixture
def chunks():
    return [in_chunks(part, SIZES) for part in CASE.data()]


@pytest.mark.parametrize("optimizer", ["sgd", "lbfgs"])
def test_the_same_bits_for_any_number_of_threads(chunks, optimizer):
    arguments = CASE.arguments(optimizer=optimizer)
    runs = [fusedmlp.train(*chunks, threads=threads, **arguments) for threads in (1, 2, 5, None)]
    assert all(same_weights(run, runs[0]) for run in runs[1:])


def test_what_a_thread_raises_is_raised(chunks, monkeypatch):
    gradient = kernels.gradient

    def failing(plan, params, X, *others):
        if len(X) == 900:
            raise MemoryError("none left")
        return gradient(plan, params, X, *others)

    monkeypatch.setattr(kernels, "gradient", failing)
    with pytest.raises(MemoryError, match="none left"):
        fusedmlp.train(*chunks, threads=2, **CASE.arguments())


def test_results_are_in_the_order_of_the_items():
    items = np.arange(200)
    assert shared_by_threads(3, lambda item: -item, items, new_signals()) == (-items).tolist()


def test_a_failure_stops_the_others():
    signals, seen = new_signals(), []

    def function(item):
        seen.append(item)
        raise ValueError(item)

    with pytest.raises(ValueError, match=r"[0-9]+"):
        shared_by_threads(2, function, range(200), signals)
    assert len(seen) <= 2
    assert signals[STOP]


SCRIPT = """
import signal
import numpy as np
import fusedmlp

X = np.random.default_rng(0).normal(size=(80_000, 64))
X, y = np.array_split(X, 4), np.array_split(X[:, :1], 4)
if {dask}:
    import dask.array as da
    X, y = (da.concatenate([da.from_array(c) for c in part]) for part in (X, y))
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    fusedmlp.train(X, y, (256, 256), reduction="mean", threads={threads}, record_every=1,
        callback=lambda now: print(now.epoch, flush=True))
except KeyboardInterrupt as stopped:
    print("interrupted", stopped.run.epochs, stopped.run.stopped, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT is sent otherwise there")
@pytest.mark.parametrize(("threads", "dask"), [(1, False), (2, False), (1, True)])
def test_ctrl_c_ends_it(threads, dask):
    command = [sys.executable, "-c", SCRIPT.format(threads=threads, dask=dask)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout.readline() == "0\n"
        run.send_signal(signal.SIGINT)
        printed, _ = run.communicate(timeout=60)
    *_, end = printed.splitlines()
    word, epochs, stopped = end.split(maxsplit=2)
    assert word == "interrupted"
    assert stopped == f"interrupted in epoch {epochs}"
    assert int(epochs) >= 1
