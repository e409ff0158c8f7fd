"""The function that SciPy's optimisers minimise: the loss of all rows, and its gradient."""

from typing import Any, Protocol

from numpy.typing import NDArray

from fusedmlp.backends import implementation
from fusedmlp.checks.arrays import Array
from fusedmlp.plan.blocking import step_flops
from fusedmlp.plan.plan import Plan
from fusedmlp.training.data import Dataset
from fusedmlp.training.evaluation import measured
from fusedmlp.training.interruptible import interruptible


class Objective(Protocol):
    """The loss of all training rows as a function of the parameters."""

    def evaluate(self, params: Array, gradient: Array) -> float:
        """Set the gradient; return the loss. Both are with penalties, and as `reduction` says."""
        ...

    def measure(self, params: Array) -> tuple[float, float]:
        """Return the sums of the rows' absolute errors and losses, each times its weight."""
        ...


class ObjectiveInMemory:
    """The objective of rows in memory."""

    def __init__(self, backend: str, plan: Plan, data: Dataset, signals: NDArray[Any]) -> None:
        self._backend, self._plan, self._data, self._signals = backend, plan, data, signals
        self._flops = step_flops(plan.sizes.tolist(), len(data.X))
        if backend == "reference":  # which Python can interrupt, and nothing is changed by it
            self._flops = 0

    def evaluate(self, params: Array, gradient: Array) -> float:
        """Set the gradient; return the loss."""
        data, function = self._data, implementation(self._backend).gradient
        call = self._plan, params, data.X, data.y, gradient, data.row_weights, self._signals
        return float(interruptible(self._signals, self._flops, function, *call))

    def measure(self, params: Array) -> tuple[float, float]:
        """Return the sums of the rows' absolute errors and losses, each times its weight."""
        return measured(self._backend, self._plan, params, self._data)
