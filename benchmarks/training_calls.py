"""The peers' trainings, and predictions of what they trained, as one call each with one thread."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.testing import assert_allclose
from numpy.typing import NDArray

import fusedmlp
from benchmarks.common import IMPLEMENTATIONS
from benchmarks.many.cases import ADAM_ROW
from benchmarks.peers.rows import ROWS, Row
from fusedmlp.options import OPTIONS

ROW = {row.name: row for row in ROWS}

# They take the kernels milliseconds, so that drawing the first weights is a small part of it, and
# NumPy about a second at most.
EPOCHS = {
    "3-4-1": 20_000,
    "3-32-1": 20_000,
    "8-16-2": 100,
    "20-64-64-2": 20,
    "64-100-10": 20,
    "784-100-10": 10,
    "784-512-512-10": 5,
    "4-32-16-4": 20,
    "4-32-16-4 Adam": 20,
}

# Those that are also measured after each epoch: an epoch of 40 us, and one of a millisecond.
VALIDATED = ["8-16-2", "64-100-10"]

# Networks, and the epochs of each, in a call of `train_many`.
MANY = {
    "256 of 3-4-1": (ROW["3-4-1"], 256, 1000),
    "16 of 10-32-32-1 Adam": (ADAM_ROW, 16, 20),
}


def training_call(backend: str, row: Row, epochs: int) -> Callable[[], fusedmlp.Trained]:
    """Return a function that trains a row's network from its first weights, in one call."""
    X, y = row.data()
    options: dict[str, Any] = {**row.options, "backend": backend, "epochs": epochs}
    if "threads" in OPTIONS:  # which the first commits do not have
        options["threads"] = 1
    return partial(fusedmlp.train, X, y, **options)


def validated_call(backend: str, row: Row, epochs: int) -> Callable[[], fusedmlp.Trained]:
    """Return such a function that measures 100 rows after each epoch, too."""
    X, y = row.data()
    others = X[:100], y[:100]
    return partial(training_call(backend, row, epochs), validation=others, record_every=1)


def check_validated(row: Row) -> None:
    """Raise an AssertionError unless reference and kernels measure the same losses."""
    expected, got = (validated_call(backend, row, 2)() for backend in IMPLEMENTATIONS)
    losses = expected.history["validation_loss"]
    assert_allclose(got.history["validation_loss"], losses, **_tolerance(row))


def check_training(row: Row) -> None:
    """Raise an AssertionError unless reference and kernels train to the same outputs and losses.

    For about ten steps: what rounding does to one grows in those that follow.
    """
    epochs = max(1, 10 // row.steps)
    expected, got = (training_call(backend, row, epochs)() for backend in IMPLEMENTATIONS)
    X = row.data()[0][:100]
    assert_allclose(got.predict(X), expected.predict(X), **_tolerance(row))
    assert_allclose(got.history["loss"], expected.history["loss"], **_tolerance(row))


def many_call(name: str, threads: int = 1) -> Callable[[], Any]:
    """Return a function that trains many networks in one call; AttributeError before there was."""
    row, networks, epochs = MANY[name]
    X, y = row.data()
    options: dict[str, Any] = {**row.options, "epochs": epochs, "threads": threads}
    return partial(fusedmlp.train_many, X, y, starts=networks, **options)


def check_many(name: str) -> None:
    """Raise an AssertionError unless the last of many networks is that of `train`, nearly."""
    row, networks, _ = MANY[name]
    epochs = max(1, 10 // row.steps)
    (X, y), options = row.data(), {**row.options, "epochs": epochs, "threads": 1}
    got = fusedmlp.train_many(X, y, starts=networks, **options)[networks - 1]
    seed = got.options["random_state"]
    expected = fusedmlp.train(X, y, **{**options, "random_state": seed})
    assert_allclose(got.predict(X[:100]), expected.predict(X[:100]), **_tolerance(row))


def predict_call(backend: str, row: Row, rows: int) -> Callable[[], NDArray[Any]]:
    """Return a function that predicts that many rows, the row's own over and over."""
    run = training_call(backend, row, epochs=1)()
    X = row.data()[0]
    return partial(run.predict, np.resize(X, (rows, X.shape[1])))


def check_predict(row: Row, rows: int) -> None:
    """Raise an AssertionError unless reference and kernel predict the same."""
    expected, got = (predict_call(backend, row, rows)() for backend in IMPLEMENTATIONS)
    assert_allclose(got, expected, **_tolerance(row))


def _tolerance(row: Row) -> dict[str, float]:
    if row.dtype == "float64":
        return {"rtol": 1e-10, "atol": 0.0}
    return {"rtol": 1e-3, "atol": 1e-4}
