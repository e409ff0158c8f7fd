"""The loss of all chunks as a function of the parameters, and its gradient."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusedmlp.backends import implementation
from fusedmlp.checks.arrays import Array
from fusedmlp.plan.codes import Reduction
from fusedmlp.plan.plan import Plan
from fusedmlp.training.chunks.chunked_data import ChunkedData
from fusedmlp.training.chunks.evaluation import Sums, job_for
from fusedmlp.training.chunks.penalties import penalize_all, penalties_of


class ObjectiveInChunks:
    """The objective of rows in chunks: see `Objective`.

    Attributes
    ----------
    scale : float
        Of the gradient of a row of weight 1.
    """

    def __init__(self, backend: str, plan: Plan, data: ChunkedData, signals: NDArray[Any]) -> None:
        self._backend, self._plan, self._signals = backend, plan, signals
        self._chunks = data.chunks
        self.scale = 1 / data.totals.weight if plan.reduction == Reduction.MEAN else 1.0
        self._last: tuple[Array, Sums] | None = None  # with errors

    def derive(self, params: Array, gradient: Array, error: bool) -> Sums:
        """Set the gradient, without penalties; return the sums over the rows, with their error."""
        sums = self._sums(params, gradient=True, error=error)
        with np.errstate(all="ignore"):
            gradient[:] = sums.gradient * self.scale
        return sums

    def evaluate(self, params: Array, gradient: Array) -> float:
        """Set the gradient; return the loss. Both are with penalties, and as `reduction` says."""
        # Where each epoch is recorded, the one that ends here needs the errors, too.
        sums = self.derive(params, gradient, error=self._plan.record_every == 1)
        package = implementation(self._backend)
        penalize_all(package, self._plan, params, gradient)
        return sums.loss * self.scale + penalties_of(package, self._plan, params)

    def measure(self, params: Array) -> tuple[float, float]:
        """Return the sums of the rows' absolute errors and losses, each times its weight."""
        if self._last is None or not np.array_equal(self._last[0], params):
            self._sums(params, gradient=False, error=True)
        assert self._last is not None
        return self._last[1].error, self._last[1].loss

    def _sums(self, params: Array, gradient: bool, error: bool) -> Sums:
        job = job_for(self._backend, self._plan, gradient, error)
        sums = self._chunks.sums(job, params, self._signals)
        if error:
            self._last = params.copy(), sums
        return sums
