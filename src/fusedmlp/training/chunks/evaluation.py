"""What is computed of a chunk, wherever it is, and how the chunks' results are added."""

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from fusedmlp.backends import implementation
from fusedmlp.checks.arrays import Array
from fusedmlp.plan.codes import Reduction
from fusedmlp.plan.plan import Plan
from fusedmlp.training.data import Dataset
from fusedmlp.training.evaluation import measured

# So many results are added in one sum: then so many such sums, and so on. The sums' memory, and
# what is sent from worker to worker, do not grow with the number of chunks.
TERMS = 16

Item = TypeVar("Item")
Term = TypeVar("Term")


class Job(NamedTuple):
    """What is to be computed of each chunk."""

    backend: str
    plan: Plan  # of sums over the rows, without penalties
    gradient: bool
    error: bool
    threads: int  # at most this many, where chunks are in this process


class Sums(NamedTuple):
    """Sums over rows, each times its weight; in float64, whatever the run's dtype."""

    error: float  # of |output - target|; 0 if it is not asked for
    loss: float
    gradient: NDArray[np.float64]  # (parameters,), or empty


def job_for(backend: str, plan: Plan, gradient: bool, error: bool) -> Job:
    """Return a job for each of the chunks that a plan's rows are divided into."""
    zero = plan.learning_rate.dtype.type(0)
    extras = plan.extras._replace(l1=zero, l2=zero)
    sums = plan._replace(reduction=int(Reduction.SUM), threads=1, extras=extras)
    return Job(backend, sums, gradient, error, plan.threads)


def evaluate(job: Job, params: Array, chunk: Dataset, signals: NDArray[Any] | None = None) -> Sums:
    """Return the sums over the rows of a chunk; signals: see `kernels.gradient`."""
    X, y, row_weights = chunk
    with np.errstate(all="ignore"):  # whoever steps there sees that the loss is not finite
        error, loss, gradient = 0.0, 0.0, np.empty_like(params if job.gradient else params[:0])
        if job.error or not job.gradient:
            error, loss = measured(job.backend, job.plan, params, chunk)
        if job.gradient:
            derive = implementation(job.backend).gradient
            loss = float(derive(job.plan, params, X, y, gradient, row_weights, signals))
        return Sums(error, loss, gradient.astype(np.float64))


def added(parts: Iterable[Sums]) -> Sums:
    """Return the sum of some sums, added in their order."""
    with np.errstate(all="ignore"):
        return reduce(_sum_of_two, parts)


def _sum_of_two(a: Sums, b: Sums) -> Sums:
    return Sums(a.error + b.error, a.loss + b.loss, a.gradient + b.gradient)


def in_tree(
    items: Sequence[Item],
    values: Callable[[Sequence[Item]], Iterable[Term]],
    add: Callable[[Iterable[Term]], Term],
) -> Term:
    """Return the sum of the items' values, in an order that depends on their number alone.

    values: of some items, in their order.
    """
    sums = [add(values(group)) for group in _groups(items)]
    while len(sums) > 1:
        sums = [add(group) for group in _groups(sums)]
    return sums[0]


def _groups(items: Sequence[Item]) -> list[Sequence[Item]]:
    return [items[first : first + TERMS] for first in range(0, len(items), TERMS)]
