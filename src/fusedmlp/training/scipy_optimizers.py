"""SciPy's optimisers on the compiled loss and gradient of all rows.

They minimise a function of float64 vectors. Between their iterations, the same records are made in
the same state as by `fit`.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusedmlp.plan.codes import Optimizer
from fusedmlp.plan.plan import Plan
from fusedmlp.plan.state import State
from fusedmlp.training.control import Control
from fusedmlp.training.objective import Objective

Vector = NDArray[np.float64]

ALL_EPOCHS = "all epochs run"
DIVERGED = "diverged: the loss was no longer finite"
METHODS = {Optimizer.LBFGS: "L-BFGS-B", Optimizer.BFGS: "BFGS"}

# The result.status of minimize, for both methods.
CONVERGED, OUT_OF_ITERATIONS = 0, 1

# Returned to dual_annealing in place of infinity, which it accepts only a limited number of times.
LARGE_LOSS = 1e15


class SearchLimits(NamedTuple):
    """The limits of a search."""

    evaluations: int | None  # of loss and gradient; None: no limit
    radius: float  # largest absolute value of a parameter, for annealing


class _SearchEndedError(Exception):
    """Raised by the function that SciPy minimises, to end the search."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class Search:
    """A run's loss as a function of its parameters, with its records."""

    objective: Objective
    plan: Plan
    rows: int  # the unit of the state's position
    state: State
    control: Control
    limits: SearchLimits
    show: Callable[[State], None]
    evaluations: int = field(default=0, init=False)

    def run(self) -> tuple[str, str | None]:
        """Train until SciPy finds no better weights, or a limit; return why it ended, and advice.

        An epoch is an iteration or, for annealing, an evaluation, after which the network is the
        best so far. A record has the error and the loss before its epoch, as with `fit`.
        """
        with np.errstate(all="ignore"):  # SciPy takes a shorter step where the loss overflows
            self._measure()
            self._record()
            annealing = self.plan.extras.optimizer == Optimizer.ANNEALING
            try:
                stopped = _anneal(self) if annealing else _minimize(self)
            except _SearchEndedError as ended:
                stopped = ended.reason
        if stopped == DIVERGED:
            return f"{DIVERGED} in epoch {self.epoch}", "smaller first weights may help"
        return stopped, None

    @property
    def epoch(self) -> int:
        """The current epoch."""
        return int(self.state.position[0]) // self.rows

    @property
    def first_params(self) -> Vector:
        """The parameters that the search starts from."""
        return self.state.params.astype(np.float64)

    def evaluate(self, x: Vector) -> tuple[float, Vector]:
        """Return the loss, with its penalties, and the gradient at the parameters x."""
        gradient = self.state.gradient
        if self.evaluations == self.limits.evaluations:
            raise _SearchEndedError(f"all {self.evaluations} evaluations made")
        self.evaluations += 1
        loss = self.objective.evaluate(x.astype(gradient.dtype), gradient)
        if self.evaluations == 1 and not np.isfinite([loss, *gradient]).all():
            raise _SearchEndedError(DIVERGED)
        return loss, gradient.astype(np.float64)

    def end_epoch(self, x: Vector | None) -> None:
        """End an epoch: set the parameters to x (None: they stay), call control, record."""
        epoch, every = self.epoch, self.plan.record_every
        self.state.position[0] += self.rows
        if x is not None:
            self.state.params[:] = x
            self._measure()
        self.show(self.state)
        reason = self.control.after_record(epoch // every) if epoch % every == 0 else None
        if reason:
            raise _SearchEndedError(reason)
        self._record()

    def _record(self) -> None:
        """Record error and loss at the beginning of an epoch, if it is recorded."""
        record, rest = divmod(self.epoch, self.plan.record_every)
        if rest == 0 and record < len(self.state.losses):
            self.state.errors[record], self.state.losses[record] = self._measured

    def _measure(self) -> None:
        self._measured = self.objective.measure(self.state.params)


def _minimize(run: Search) -> str:
    """Run L-BFGS-B or BFGS with SciPy's default tolerances; return why it ended."""
    from scipy.optimize import minimize

    options = {"maxiter": run.plan.epochs}
    method = METHODS[Optimizer(run.plan.extras.optimizer)]
    if method == "L-BFGS-B":
        options["maxfun"] = sys.maxsize  # its default would limit the epochs
    result = minimize(
        run.evaluate,
        run.first_params,
        jac=True,
        method=method,
        callback=run.end_epoch,
        options=options,
    )
    if not np.isfinite(result.fun):
        return DIVERGED
    if result.status == OUT_OF_ITERATIONS:
        return ALL_EPOCHS
    message = result.message.removeprefix("CONVERGENCE: ").rstrip(". ").lower()
    return f"converged: {message}" if result.status == CONVERGED else f"no better step: {message}"


def _anneal(run: Search) -> str:
    """Run dual_annealing, with a local search by L-BFGS-B; return why it ended."""
    from scipy.optimize import dual_annealing

    first, radius = run.first_params, run.limits.radius
    best, last, gradient = np.inf, first, first

    def value(x: Vector) -> float:
        nonlocal best, last, gradient
        result, gradient = run.evaluate(x)
        last = x.copy()
        better = result < best
        best = min(result, best)
        run.end_epoch(x if better else None)
        if run.epoch == run.plan.epochs:
            raise _SearchEndedError(ALL_EPOCHS)
        return result if np.isfinite(result) else LARGE_LOSS

    def gradient_at(x: Vector) -> Vector:
        if not np.array_equal(x, last):
            value(x)
        return gradient

    bounds = [(-radius, radius)] * first.size
    dual_annealing(
        value,
        bounds,
        maxiter=run.plan.epochs,
        maxfun=sys.maxsize,
        minimizer_kwargs={"method": "L-BFGS-B", "jac": gradient_at, "bounds": bounds},
        rng=np.random.default_rng(run.plan.seed),
        x0=first,
    )
    return ALL_EPOCHS
