"""What an optimiser keeps from one fit to the next."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from fusedmlp.checks.arrays import Array


@dataclass
class OptimizerMemory:
    """The state of 'sgd' or 'adam' between two calls of `fit` or `partial_fit`.

    Attributes
    ----------
    learning_rate : float
        The learning rate of the next epoch.
    t : int
        Steps made.
    velocity, squares : ndarray (parameters,)
        Running means or sums of the gradient and of its square, in the order of the flat vector.
    velocity_rate : float
        The learning rate that the velocity belongs to. scikit-learn's velocity has the learning
        rate within it; here it is multiplied in each step, and the velocity changes with the rate.
    """

    learning_rate: float
    t: int
    velocity: Array
    squares: Array
    velocity_rate: float

    def use_rate(self, learning_rate: float) -> None:
        """Let the next steps have a learning rate; what the last ones left keeps its size."""
        if learning_rate != self.velocity_rate:
            self.velocity *= np.float64(self.velocity_rate) / learning_rate
            self.velocity_rate = learning_rate


def memory_for(model: Any, params: Array, incremental: bool) -> OptimizerMemory:
    """Return an estimator's optimiser memory: what it has, where it goes on; else a new one.

    The learning rate goes on in `partial_fit` alone; a new `fit` begins with learning_rate_init.
    """
    before: OptimizerMemory | None = getattr(model, "_optimizer", None)
    goes_on = incremental or model.warm_start
    adam = model.solver == "adam"
    if (
        goes_on
        and isinstance(before, OptimizerMemory)
        and before.velocity.size == params.size
        and before.velocity.dtype == params.dtype
        and bool(before.squares.size) == adam
    ):
        if not incremental:
            before.learning_rate = float(model.learning_rate_init)
        return before
    rate, squares = float(model.learning_rate_init), params.size if adam else 0
    return OptimizerMemory(
        rate, 0, np.zeros(params.size, params.dtype), np.zeros(squares, params.dtype), rate
    )
