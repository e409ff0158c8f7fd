"""What an optimiser keeps from one fit to the next."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from fusedmlp.checks.arrays import Array


class OptimizerSettings(NamedTuple):
    """The parameters of an estimator that its optimiser is made with.

    As in scikit-learn, `partial_fit` goes on with those of the first call: only a new `fit` looks
    at them again.
    """

    solver: str
    learning_rate: str
    learning_rate_init: float
    power_t: float
    momentum: float
    nesterovs_momentum: bool
    beta_1: float
    beta_2: float
    epsilon: float

    def has_schedule(self, name: str) -> bool:
        """Whether the learning rate is that of 'sgd' with a schedule of this name."""
        return self.solver == "sgd" and self.learning_rate == name

    def inverse_scaling(self, t: int) -> float:
        """Return the learning rate of 'invscaling' after t rows."""
        return float(self.learning_rate_init / (t + 1) ** self.power_t)


@dataclass
class OptimizerMemory:
    """The state of 'sgd' or 'adam' between two calls of `fit` or `partial_fit`.

    Attributes
    ----------
    settings : OptimizerSettings
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

    settings: OptimizerSettings
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
    settings = OptimizerSettings(*(getattr(model, name) for name in OptimizerSettings._fields))
    if (
        goes_on
        and isinstance(before, OptimizerMemory)
        and before.velocity.size == params.size
        and before.velocity.dtype == params.dtype
        and (incremental or before.settings.solver == model.solver)
    ):
        if not incremental:
            before.settings = settings
            before.learning_rate = float(model.learning_rate_init)
        return before
    rate, velocity = float(model.learning_rate_init), np.zeros(params.size, params.dtype)
    squares = np.zeros(params.size if model.solver == "adam" else 0, params.dtype)
    return OptimizerMemory(settings, rate, 0, velocity, squares, rate)
