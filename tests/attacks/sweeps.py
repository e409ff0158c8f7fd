"""Killed sweeps: processes that train with a checkpoint are killed; the bits must not change.

An attempt kills a few calls of one sweep, each at a random moment; in some rounds, two train it at
the same time. Then a call goes on to the end: its networks must be those of a sweep that nobody
disturbed.
"""

import os
import random
import signal
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.testing import assert_array_equal

import fusedmlp

ROUNDS = 4  # of each attempt
LONGEST = 0.3  # seconds until a process is killed: a whole sweep takes about as long


def train(number: int, folder: Path | None, threads: int = 1) -> fusedmlp.TrainedMany:
    """Train the sweep of an attempt."""
    numbers = np.random.default_rng(number)
    X, y = numbers.normal(size=(20, 3)), numbers.uniform(size=20)
    return fusedmlp.train_many(
        X,
        y,
        starts=16,
        grid={"learning_rate": [0.1, 1.0], "activation": ["sigmoid", "tanh"]},
        folds=2,
        patience=5 if number % 3 else None,
        epochs=100,
        random_state=number,
        reduction="mean",
        threads=threads,
        checkpoint=folder,
    )


def start(number: int, folder: Path) -> int:
    """Start a process that trains the sweep; return its number."""
    child = os.fork()
    if child:
        return child
    try:
        train(number, folder)
        os._exit(0)
    finally:
        os._exit(1)


def kill(child: int) -> None:
    """Kill a process, which may have ended before, but not have failed."""
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "a call failed"


def attempt(number: int) -> None:
    """Kill calls that train a sweep; then go on, and compare with one that was not disturbed."""
    rng = random.Random(number)
    expected = train(number, None)
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "sweep"
        for _ in range(ROUNDS):
            children = [start(number, folder) for _ in range(rng.choice((1, 2)))]
            time.sleep(rng.uniform(0, LONGEST))
            for child in children:
                kill(child)
        runs = train(number, folder, threads=rng.choice((1, 2)))
        again = train(number, folder)
    for result in (runs, again):
        assert result.stopped == expected.stopped
        for name in ("error", "loss", "validation_loss", "epochs"):
            assert_array_equal(getattr(result, name), getattr(expected, name))
        for run, other in zip(result, expected, strict=True):
            assert_array_equal(run._params, other._params)


if __name__ == "__main__":
    from tests.attacks.campaign import main

    main("tests.attacks.sweeps", 1_000)
