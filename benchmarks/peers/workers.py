"""Each side in a process of its own, so that no library's threads or settings meet another's.

A turn is a message and its reply, which takes less than a tenth of a millisecond.
"""

import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from benchmarks.peers.rows import Row

# Name of a peer: the column of the table, the package it needs, the module here.
PEERS = {
    "numpy": ("NumPy", "numpy", "numpy_lines"),
    "sklearn": ("scikit-learn", "sklearn", "scikit"),
    "torch": ("PyTorch", "torch", "pytorch"),
    "jax": ("JAX", "jax", "jax_scan"),
}
MODULES = {"ours": "ours", "peak": "peak", "bound": "bound"}
MODULES |= {name: peer[2] for name, peer in PEERS.items()}

# What the libraries read when they start. JAX's processor client takes its number of threads from
# NPROC, and asks a flag whether a product may use them.
ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "NPROC": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
}


def installed(peer: str) -> bool:
    """Whether the peer's package can be imported."""
    return find_spec(PEERS[peer][1]) is not None


@contextmanager
def environment(one_thread: bool) -> Iterator[None]:
    """Set the variables that a new process is to see, and put back what was there."""
    before = {name: os.environ.pop(name, None) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD if one_thread else {})
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


class Worker:
    """A process that trains one side's networks when it is told to.

    Parameters
    ----------
    side : str
        "ours", "peak", "bound", a peer's name, or else the name of a module.
    one_thread : bool
        Whether the library gets one thread, or what it takes by default.
    package : str
        Where the side's module is.
    """

    def __init__(self, side: str, one_thread: bool, package: str = "benchmarks.peers") -> None:
        context = multiprocessing.get_context("spawn")
        self._here, there = context.Pipe()
        with environment(one_thread):
            self._process = context.Process(target=serve, args=(there, side, package), daemon=True)
            self._process.start()
        there.close()

    def __call__(self, what: str, *arguments: Any) -> Any:
        """Have `what` done, and return what comes of it."""
        self._here.send((what, arguments))
        try:
            done, result = self._here.recv()
        except EOFError:
            raise RuntimeError(f"the process died at {what!r}") from None
        if not done:
            raise RuntimeError(result)
        return result

    def close(self) -> None:
        """End the process."""
        self._here.close()
        self._process.join()


def serve(connection: Connection, side: str, package: str) -> None:
    """Answer requests until the other end closes: what a worker's process does."""
    module = import_module(f"{package}.{MODULES.get(side, side)}")
    run: Any = None
    while True:
        try:
            what, arguments = connection.recv()
        except EOFError:
            return
        try:
            result = None
            if what == "version":
                result = module.version()
            elif what == "prepare":
                run = module.Run(*arguments)
            elif what == "length":
                result = timing_length(run, *arguments)
            elif what == "timed":
                result = timed(run, *arguments)
            elif what == "repeat":
                repeats, epochs = arguments
                for _ in range(repeats):
                    run.train(epochs)
            else:
                result = getattr(run, what)(*arguments)
            connection.send((True, result))
        except Exception as error:
            connection.send((False, f"{side}: {type(error).__name__}: {error}"))


def timed(run: Any, epochs: int, after_product: bool) -> float:
    """Return the seconds of a run; `after_product`: right after a product of NumPy's."""
    if after_product:
        matrix = np.ones((1500, 1500), np.float32)
        matrix @ matrix
    begun = time.perf_counter()
    run.train(epochs)
    return time.perf_counter() - begun


def timing_length(run: Any, row: Row, seconds: float) -> tuple[int, int]:
    """Return how many runs of how many epochs take about so many seconds; compile for them too.

    The epochs grow until they do, or until they are the row's most; then the runs are repeated.
    """
    epochs = 1
    while True:
        run.train(epochs)
        begun = time.perf_counter()
        run.train(epochs)
        took = time.perf_counter() - begun
        if epochs >= row.most_epochs or took > 0.7 * seconds:
            return max(1, round(seconds / took)), epochs
        growth = min(max(seconds / took, 2), 50)
        epochs = min(row.most_epochs, int(epochs * growth))
