"""What the gate measures: the kernels' part of asv's suites, but for the longest training.

A worker calls these, with the fusedmlp of its side.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.operation_calls import (
    OPERATIONS,
    call_repeatedly,
    calls_in_a_timing,
    check_operation,
    operation_call,
)
from benchmarks.training_calls import (
    EPOCHS,
    MANY,
    ROW,
    check_many,
    check_predict,
    check_training,
    many_call,
    predict_call,
    training_call,
)

TRAININGS = [name for name in ROW if name != "784-512-512-10"]
NETWORK = "20-64-64-2"  # which all steps of a training matter to
PREDICTED_ROWS = (1, 1000)
PREDICTIONS = 100

# Seconds that a call of an operation may take longer, whatever it computes: to check its arguments
# takes 0.1 us, and the smallest operations take 0.25 us in all, most of it in Numba's dispatcher.
CALL_SECONDS = 0.15e-6

Call = Callable[[], Any]


def training(name: str) -> Call:
    """Return a whole `train`."""
    check_training(ROW[name])
    call = training_call("kernels", ROW[name], EPOCHS[name])
    call()
    return call


def many(name: str) -> Call:
    """Return a whole `train_many`, which bases may lack."""
    check_many(name)
    call = many_call(name)
    call()
    return call


def prediction(name: str, rows: int) -> Call:
    """Return a hundred calls of `predict`."""
    check_predict(ROW[name], rows)
    return partial(call_repeatedly, predict_call("kernels", ROW[name], rows), (), PREDICTIONS)


def operation(name: str, network: str) -> Call:
    """Return many calls of a kernel."""
    case = ROW[network].case
    check_operation(name, case, "float32")
    calls = calls_in_a_timing(name, case)
    return partial(call_repeatedly, *operation_call("kernels", name, case, "float32"), calls)


def allowed_seconds(name: str, network: str) -> float:
    """Return what a timing of an operation may take longer without being slower."""
    return CALL_SECONDS * calls_in_a_timing(name, ROW[network].case)


ALLOWED = {f"{name}, {NETWORK}": allowed_seconds(name, NETWORK) for name in OPERATIONS}

# Each returns a call to time, once reference and kernel have been found to agree.
BENCHMARKS: dict[str, Callable[[], Call]] = {
    **{f"train {name}": partial(training, name) for name in TRAININGS},
    **{f"many {name}": partial(many, name) for name in MANY},
    **{f"predict {rows}, {NETWORK}": partial(prediction, NETWORK, rows) for rows in PREDICTED_ROWS},
    **{f"{name}, {NETWORK}": partial(operation, name, NETWORK) for name in OPERATIONS},
}
