"""Batch normalisation of the hidden layers in a training step."""

from dataclasses import dataclass, field

import numpy as np

from fusedmlp.plan.plan import Plan
from fusedmlp.reference.activations import Array
from fusedmlp.reference.normalization import follow


def _empty_array() -> Array:
    return np.empty((0, 0))


@dataclass
class Norm:
    """A hidden layer's scale, and the batch's statistics and gradients, (units,) each."""

    scale: Array
    mean: Array
    variance: Array
    scale_gradient: Array
    shift_gradient: Array
    normalized: Array = field(default_factory=_empty_array)  # (rows, units)


def norms_of(plan: Plan, params: Array) -> list[Norm]:
    """Return the normalisation of each hidden layer; none without batch_norm."""
    norms, start = [], plan.extras.scale_offset
    for units in plan.sizes[1:-1].tolist() if plan.extras.batch_norm else []:
        arrays = np.empty((4, units), params.dtype)
        norms.append(Norm(params[start : start + units], *arrays))
        start += units
    return norms


def update_running_stats(norms: list[Norm], rows: int, running_stats: Array) -> None:
    """Update the running means and variances by those of a batch."""
    means, variances = np.split(running_stats, 2)
    begin = 0
    for norm in norms:
        units = slice(begin, begin + norm.mean.size)
        follow(norm.mean, norm.variance, rows, means[units], variances[units])
        begin += norm.mean.size
