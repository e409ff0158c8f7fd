"""SciPy's optimisers on the compiled loss and gradient of all rows.

They see a function of float64 vectors. What `fit` records for its epochs is recorded here between
their iterations, in the same state.
"""

import sys
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusedmlp.backends import implementation
from fusedmlp.plan.codes import Optimizer
from fusedmlp.plan.plan import Plan
from fusedmlp.plan.state import State
from fusedmlp.training.control import Control
from fusedmlp.training.data import Dataset
from fusedmlp.training.evaluation import total_error, total_loss

Vector = NDArray[np.float64]

ALL_EPOCHS = "all epochs run"
DIVERGED = "diverged: the loss was no longer finite"
METHODS = {Optimizer.LBFGS: "L-BFGS-B", Optimizer.BFGS: "BFGS"}

# minimize's result.status, of either method.
CONVERGED, OUT_OF_ITERATIONS = 0, 1

# For dual_annealing instead of infinity, of which it takes only so many.
LARGE_LOSS = 1e15


class SearchLimits(NamedTuple):
    """The bounds of a search."""

    evaluations: int | None  # of loss and gradient
    radius: float  # the most that a parameter may be, up or down, for annealing


def search(
    backend: str,
    plan: Plan,
    data: Dataset,
    state: State,
    control: Control,
    limits: SearchLimits,
    show: Callable[[State], None],
) -> tuple[str, str | None]:
    """Train until SciPy finds no better weights, or something else ends it; return what and advice.

    A record has the error and the loss before its epoch, as those of `fit` do. An epoch is an
    iteration, and an evaluation for annealing, whose network is always the best so far.
    """
    with np.errstate(all="ignore"):  # SciPy steps back from where the loss overflows
        run = _Search(backend, plan, data, state, control, limits, show)
        try:
            annealing = plan.extras.optimizer == Optimizer.ANNEALING
            stopped = _anneal(run) if annealing else _minimize(run)
        except _SearchEndedError as ended:
            stopped = ended.reason
    if stopped == DIVERGED:
        return f"{DIVERGED} in epoch {run.epoch}", "smaller first weights may help"
    return stopped, None


class _SearchEndedError(Exception):
    """Ends SciPy's search from within."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Search:
    """A run's loss as a function of its parameters, with its records."""

    def __init__(
        self,
        backend: str,
        plan: Plan,
        data: Dataset,
        state: State,
        control: Control,
        limits: SearchLimits,
        show: Callable[[State], None],
    ) -> None:
        self.plan, self.data, self.state, self.control = plan, data, state, control
        self.limits, self.show = limits, show
        self._backend, self._package = backend, implementation(backend)
        self.evaluations = 0
        self._measured = 0.0, 0.0
        self._measure()
        self._record()

    @property
    def epoch(self) -> int:
        """The epoch under way."""
        return int(self.state.position[0]) // len(self.data.X)

    @property
    def first_params(self) -> Vector:
        """The parameters that the search begins with."""
        return self.state.params.astype(np.float64)

    def evaluate(self, x: Vector) -> tuple[float, Vector]:
        """Return the loss, with its penalties, and the gradient at x."""
        data, gradient = self.data, self.state.gradient
        if self.evaluations == self.limits.evaluations:
            raise _SearchEndedError(f"all {self.evaluations} evaluations made")
        self.evaluations += 1
        params = x.astype(gradient.dtype)
        loss = float(
            self._package.gradient(self.plan, params, data.X, data.y, gradient, data.row_weights)
        )
        if self.evaluations == 1 and not np.isfinite([loss, *gradient]).all():
            raise _SearchEndedError(DIVERGED)
        return loss, gradient.astype(np.float64)

    def end_epoch(self, x: Vector | None) -> None:
        """Take over the parameters that an epoch has led to, None for the same, and look at it."""
        epoch, every = self.epoch, self.plan.record_every
        self.state.position[0] += len(self.data.X)
        if x is not None:
            self.state.params[:] = x
            self._measure()
        self.show(self.state)
        reason = self.control.after_record(epoch // every) if epoch % every == 0 else None
        if reason:
            raise _SearchEndedError(reason)
        self._record()

    def _record(self) -> None:
        """Record the epoch that begins."""
        record, rest = divmod(self.epoch, self.plan.record_every)
        if rest == 0 and record < len(self.state.losses):
            self.state.errors[record], self.state.losses[record] = self._measured

    def _measure(self) -> None:
        """Find the sums of the rows' absolute errors and of their losses."""
        outputs = np.empty_like(self.data.y)
        self._package.predict(self.plan, self.state.params, self.data.X, outputs)
        loss = total_loss(self._backend, self.plan, outputs, self.data)
        self._measured = total_error(outputs, self.data), loss


def _minimize(run: _Search) -> str:
    """Run L-BFGS-B or BFGS with SciPy's own thresholds; return why it ended."""
    from scipy.optimize import minimize

    options = {"maxiter": run.plan.epochs}
    method = METHODS[Optimizer(run.plan.extras.optimizer)]
    if method == "L-BFGS-B":
        options["maxfun"] = sys.maxsize  # its default would be a bound on the epochs
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


def _anneal(run: _Search) -> str:
    """Run dual_annealing, which follows the gradient downhill from each better place it finds."""
    from scipy.optimize import dual_annealing

    first, radius = run.first_params, run.limits.radius
    if np.abs(first).max() > radius:
        raise ValueError(
            "search_radius must be at least the size of the largest first weight, "
            f"{np.abs(first).max()}, got {radius!r}"
        )
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
