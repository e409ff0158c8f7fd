"""SciPy's optimisers on the compiled loss and gradient of all rows.

They see a function of float64 vectors. What `fit` notes down for its epochs is noted here between
their iterations, in the same state.
"""

import sys
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fusedmlp.control import Control
from fusedmlp.plan import State
from fusedmlp.trained import implementation
from fusedmlp.validation import total_loss

if TYPE_CHECKING:
    from fusedmlp.training import Prepared

Vector = NDArray[np.float64]

ALL_RUN = "all epochs run"
DIVERGED = "diverged: the loss was no longer finite"
METHODS = {"lbfgs": "L-BFGS-B", "bfgs": "BFGS"}

# minimize's result.status, of either method.
CONVERGED, OUT_OF_ITERATIONS = 0, 1

# For dual_annealing instead of infinity, of which it takes only so many.
WORSE_THAN_ALL = 1e15


def solve(run: "Prepared", state: State, control: Control, show: Callable[[State], None]) -> str:
    """Train with SciPy until it finds no better weights, or something else ends it; say what.

    A record has the error and the loss before its epoch, as those of `fit` do. An epoch is an
    iteration, and an evaluation for annealing, whose network is always the best so far.
    """
    with np.errstate(all="ignore"):  # SciPy steps back from where the loss overflows
        search = _Search(run, state, control, show)
        try:
            annealing = run.options["optimizer"] == "annealing"
            stopped = _anneal(search) if annealing else _minimize(search)
        except _Over as over:
            stopped = over.reason
    if stopped == DIVERGED:
        stopped = f"{DIVERGED} in epoch {search.epoch}"
        warnings.warn(f"{stopped}; smaller first weights may help", RuntimeWarning, stacklevel=3)
    return stopped


class _Over(Exception):  # noqa: N818
    """Ends SciPy's search from within."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Search:
    """A run's loss as a function of its weights, and what is noted on the way."""

    def __init__(
        self, run: "Prepared", state: State, control: Control, show: Callable[[State], None]
    ) -> None:
        self.run, self.state, self.control, self.show = run, state, control, show
        self.backend = implementation(run.options["backend"])
        self.evaluations = 0
        self.measured = 0.0, 0.0
        self._measure()
        self._note()

    @property
    def epoch(self) -> int:
        """The epoch under way."""
        return int(self.state.position[0]) // len(self.run.X)

    @property
    def first(self) -> Vector:
        """The weights that the search begins with."""
        return self.state.params.astype(np.float64)

    def evaluate(self, x: Vector) -> tuple[float, Vector]:
        """Return the loss, with its penalties, and the gradient at x."""
        run, gradient = self.run, self.state.gradient
        if self.evaluations == run.options["evaluations"]:
            raise _Over(f"all {self.evaluations} evaluations made")
        self.evaluations += 1
        params = x.astype(gradient.dtype)
        value = float(
            self.backend.gradient(run.plan, params, run.X, run.y, gradient, run.rows.weights)
        )
        if self.evaluations == 1 and not np.isfinite([value, *gradient]).all():
            raise _Over(DIVERGED)
        return value, gradient.astype(np.float64)

    def end_epoch(self, x: Vector | None) -> None:
        """Take over the weights that an epoch has led to, None for the same, and look at it."""
        epoch, every = self.epoch, self.run.plan.record_every
        self.state.position[0] += len(self.run.X)
        if x is not None:
            self.state.params[:] = x
            self._measure()
        self.show(self.state)
        reason = self.control.after(epoch // every) if epoch % every == 0 else None
        if reason:
            raise _Over(reason)
        self._note()

    def _note(self) -> None:
        """Record the epoch that begins."""
        record, rest = divmod(self.epoch, self.run.plan.record_every)
        if rest == 0 and record < len(self.state.losses):
            self.state.errors[record], self.state.losses[record] = self.measured

    def _measure(self) -> None:
        """Find the sums of the rows' absolute errors and of their losses."""
        plan, rows, outputs = self.run.plan, self.run.rows, np.empty_like(self.run.y)
        self.backend.predict(plan, self.state.params, rows.X, outputs)
        errors = np.abs(outputs - rows.y).sum(axis=1, dtype=np.float64)
        error = errors.sum() if rows.weights is None else errors @ rows.weights
        loss = total_loss(self.run.options["backend"], plan, outputs, rows)
        self.measured = float(error), loss


def _minimize(search: _Search) -> str:
    """Run L-BFGS-B or BFGS with SciPy's own thresholds; return why it ended."""
    from scipy.optimize import minimize

    options = {"maxiter": search.run.plan.epochs}
    method = METHODS[search.run.options["optimizer"]]
    if method == "L-BFGS-B":
        options["maxfun"] = sys.maxsize  # its default would be a bound on the epochs
    result = minimize(
        search.evaluate,
        search.first,
        jac=True,
        method=method,
        callback=search.end_epoch,
        options=options,
    )
    if not np.isfinite(result.fun):
        return DIVERGED
    if result.status == OUT_OF_ITERATIONS:
        return ALL_RUN
    message = result.message.removeprefix("CONVERGENCE: ").rstrip(". ").lower()
    return f"converged: {message}" if result.status == CONVERGED else f"no better step: {message}"


def _anneal(search: _Search) -> str:
    """Run dual_annealing, which follows the gradient downhill from each better place it finds."""
    from scipy.optimize import dual_annealing

    run, first = search.run, search.first
    radius = run.options["search_radius"]
    if np.abs(first).max() > radius:
        raise ValueError(
            "search_radius must be at least the size of the largest first weight, "
            f"{np.abs(first).max()}, got {radius!r}"
        )
    best, last, gradient = np.inf, first, first

    def value(x: Vector) -> float:
        nonlocal best, last, gradient
        result, gradient = search.evaluate(x)
        last = x.copy()
        better = result < best
        best = min(result, best)
        search.end_epoch(x if better else None)
        if search.epoch == run.plan.epochs:
            raise _Over(ALL_RUN)
        return result if np.isfinite(result) else WORSE_THAN_ALL

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
    return ALL_RUN
