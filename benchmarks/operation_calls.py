"""Each operation of the two implementations on one batch, as a function and its arguments."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.testing import assert_allclose
from numpy.typing import NDArray

import fusedmlp
from benchmarks.common import IMPLEMENTATIONS
from fusedmlp.plan import Activation, Loss  # where earlier commits have them, too
from tests.cases import Case, prepared

Array = NDArray[Any]

SIGMOID, LOG_LOSS, SQUARED_ERROR = map(int, (Activation.SIGMOID, Loss.LOG_LOSS, Loss.SQUARED_ERROR))


class Batch:
    """Random numbers for one batch in the first hidden layer of a case's network."""

    def __init__(self, case: Case, dtype: str) -> None:
        self.case, self.dtype = case, dtype
        self.rows = case.options.get("batch_size", case.rows)
        self.n_in, self.n_out = case.sizes[:2]
        self._random = np.random.default_rng(0)

    def normal(self, *shape: int) -> Array:
        """Return numbers around zero."""
        return self._random.normal(size=shape).astype(self.dtype)

    def within(self, *shape: int) -> Array:
        """Return numbers between 0 and 1, as sigmoids give."""
        return self._random.uniform(0.01, 0.99, shape).astype(self.dtype)

    def empty(self, *shape: int) -> Array:
        """Return room for results: zeros, since NaN may slow a processor."""
        return np.zeros(shape, self.dtype)

    @cached_property
    def inputs(self) -> Array:
        """Return what comes in, (rows, n_in)."""
        return self.within(self.rows, self.n_in)

    @cached_property
    def weights(self) -> Array:
        """Return weights (n_in, n_out) that keep sums around 1."""
        return self.normal(self.n_in, self.n_out) / np.sqrt(self.n_in).astype(self.dtype)

    @cached_property
    def outputs(self) -> Array:
        """Return what the layer gives, (rows, n_out)."""
        return self.within(self.rows, self.n_out)

    @cached_property
    def delta(self) -> Array:
        """Return what comes back, (rows, n_out)."""
        return self.normal(self.rows, self.n_out)

    def number(self, value: float) -> Any:
        """Return a number of the batch's type."""
        return np.dtype(self.dtype).type(value)


def _activate(batch: Batch) -> tuple[Any, ...]:
    return SIGMOID, batch.normal(batch.rows, batch.n_out)


def _error_weighted_derivative(batch: Batch) -> tuple[Any, ...]:
    return SIGMOID, batch.outputs, batch.delta, batch.empty(batch.rows, batch.n_out)


def _forward(batch: Batch) -> tuple[Any, ...]:
    biases, outputs = batch.normal(batch.n_out), batch.empty(batch.rows, batch.n_out)
    return batch.inputs, batch.weights, biases, SIGMOID, outputs


def _backpropagate(batch: Batch) -> tuple[Any, ...]:
    below = batch.empty(batch.rows, batch.n_in)
    return batch.delta, batch.weights, SIGMOID, batch.inputs, below


def _layer_gradient(batch: Batch) -> tuple[Any, ...]:
    gradients = batch.empty(batch.n_in, batch.n_out), batch.empty(batch.n_out)
    return batch.inputs, batch.delta, *gradients


def _loss(batch: Batch) -> tuple[Any, ...]:
    return LOG_LOSS, SIGMOID, batch.outputs, batch.within(batch.rows, batch.n_out)


def _log_loss_of_sums(batch: Batch) -> tuple[Any, ...]:
    return SIGMOID, batch.normal(batch.rows, batch.n_out), batch.within(batch.rows, batch.n_out)


def _absolute_error(batch: Batch) -> tuple[Any, ...]:
    return batch.outputs, batch.within(batch.rows, batch.n_out)


def _output_delta(batch: Batch) -> tuple[Any, ...]:
    targets, delta = batch.within(batch.rows, batch.n_out), batch.empty(batch.rows, batch.n_out)
    return SQUARED_ERROR, SIGMOID, batch.outputs, targets, batch.number(0.25), delta


def _update(batch: Batch) -> tuple[Any, ...]:
    params, gradient, velocity = (batch.normal(batch.n_in * batch.n_out) for _ in range(3))
    return params, gradient, velocity, batch.number(0.01), batch.number(0.9), 0


def _adam(batch: Batch) -> tuple[Any, ...]:
    return *_memory(batch), 1e-3, 0.9, 0.999, 1e-8, 3


def _rmsprop(batch: Batch) -> tuple[Any, ...]:
    return *_memory(batch), 1e-3, 0.5, 0.99, 0.01, 1e-8


def _rprop(batch: Batch) -> tuple[Any, ...]:
    return *_memory(batch), 0.5, 1.2, 1e-6, 50.0


def _memory(batch: Batch) -> tuple[Any, ...]:
    """Return parameters, a gradient, a velocity and squares."""
    size = batch.n_in * batch.n_out
    return *(batch.normal(size) for _ in range(3)), batch.within(1, size)[0] + batch.number(0.1)


def _penalize(batch: Batch) -> tuple[Any, ...]:
    size = batch.n_in * batch.n_out
    return batch.normal(size), batch.normal(size), batch.number(0.01), batch.number(0.1)


def _penalty(batch: Batch) -> tuple[Any, ...]:
    return batch.normal(batch.n_in * batch.n_out), batch.number(0.01), batch.number(0.1)


def _clipped(batch: Batch) -> tuple[Any, ...]:
    return batch.normal(batch.n_in * batch.n_out), batch.number(0.5)


def _keep_mask(batch: Batch) -> tuple[Any, ...]:
    return 5, 20_000, 0, batch.empty(1, batch.n_in * batch.n_out)[0]


def _normalize(batch: Batch) -> tuple[Any, ...]:
    sums, n_out = batch.normal(batch.rows, batch.n_out), batch.n_out
    found = batch.empty(2, n_out)
    return sums, batch.normal(n_out), batch.normal(n_out), np.empty_like(sums), *found


def _normalize_backward(batch: Batch) -> tuple[Any, ...]:
    n_out = batch.n_out
    delta, normalized = (batch.normal(batch.rows, n_out) for _ in range(2))
    variance = batch.within(1, n_out)[0] + batch.number(0.1)
    return delta, normalized, variance, batch.normal(n_out), *batch.empty(2, n_out)


def _follow(batch: Batch) -> tuple[Any, ...]:
    mean, means, variances = (batch.normal(batch.n_out) for _ in range(3))
    return mean, batch.within(1, batch.n_out)[0], batch.rows, means, variances


def _weighted_loss(batch: Batch) -> tuple[Any, ...]:
    return *_loss(batch), batch.within(1, batch.rows)[0]


def _count_direction_changes(batch: Batch) -> tuple[Any, ...]:
    size = batch.n_in * batch.n_out
    return batch.normal(size), np.full(size, -1, np.int8), np.zeros(size, np.int64)


def _row_order(batch: Batch) -> tuple[Any, ...]:
    return 1, 0, np.arange(batch.case.rows)


def _numpy_shuffles(batch: Batch) -> tuple[Any, ...]:
    first = np.arange(batch.case.rows)
    return np.arange(624, dtype=np.uint32), 0, first, first[None].copy()


def _gradient(batch: Batch) -> tuple[Any, ...]:
    X, y = batch.case.data()
    run = prepared(X, y, **batch.case.arguments(dtype=batch.dtype))
    params = run.params.copy()
    rows = slice(batch.rows)
    return run.plan, params, run.X[rows], run.y[rows], np.zeros_like(params)


_ARGUMENTS = {
    "activate": _activate,
    "error_weighted_derivative": _error_weighted_derivative,
    "forward": _forward,
    "backpropagate": _backpropagate,
    "layer_gradient": _layer_gradient,
    "loss": _loss,
    "log_loss_of_sums": _log_loss_of_sums,
    "absolute_error": _absolute_error,
    "output_delta": _output_delta,
    "update": _update,
    "adam": _adam,
    "rmsprop": _rmsprop,
    "rprop": _rprop,
    "penalize": _penalize,
    "penalty": _penalty,
    "clip_values": _clipped,
    "clip_norm": _clipped,
    "keep_mask": _keep_mask,
    "normalize": _normalize,
    "normalize_backward": _normalize_backward,
    "follow": _follow,
    "weighted_loss": _weighted_loss,
    "count_direction_changes": _count_direction_changes,
    "row_order": _row_order,
    "numpy_shuffles": _numpy_shuffles,
    "gradient": _gradient,
}
OPERATIONS = list(_ARGUMENTS)
MATRIX_PRODUCTS = ("forward", "backpropagate", "layer_gradient", "gradient")


def operation_arguments(operation: str, case: Case, dtype: str = "float64") -> tuple[Any, ...]:
    """Return the arguments of an operation on one batch."""
    return _ARGUMENTS[operation](Batch(case, dtype))


def operation_call(
    backend: str, operation: str, case: Case, dtype: str = "float64"
) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """Return one implementation of an operation and its arguments, after a first call of it."""
    function = getattr(getattr(fusedmlp, backend), operation)
    function(*operation_arguments(operation, case, dtype))
    return function, operation_arguments(operation, case, dtype)


def calls_in_a_timing(operation: str, case: Case) -> int:
    """Return how many calls take a compiled operation some milliseconds, and NumPy below a second.

    asv times single calls where there is a setup, and those of most kernels are too short.
    """
    rows = case.options.get("batch_size", case.rows)
    additions = rows * case.sizes[0] * case.sizes[1]
    if operation in MATRIX_PRODUCTS:
        return max(20, min(5000, (1 << 26) // additions))
    return 5000 if additions < 1000 else 2000


def call_repeatedly(function: Callable[..., Any], arguments: tuple[Any, ...], calls: int) -> None:
    """Call it again and again; the loop costs some 20 ns a call."""
    for _call in range(calls):
        function(*arguments)


def check_operation(operation: str, case: Case, dtype: str = "float64") -> None:
    """Raise an AssertionError unless reference and kernel return and leave the same."""
    # atol is a few roundings of a number around 1, for sums of such numbers that end near 0.
    rtol, atol = (1e-11, 1e-14) if dtype == "float64" else (1e-4, 1e-5)
    results = []
    for backend in IMPLEMENTATIONS:
        arguments = operation_arguments(operation, case, dtype)
        returned = getattr(getattr(fusedmlp, backend), operation)(*arguments)
        arrays = [each for each in arguments if isinstance(each, np.ndarray)]
        results.append([*arrays, *([] if returned is None else [returned])])
    for expected, got in zip(*results, strict=True):
        assert_allclose(got, expected, rtol=rtol, atol=atol)
