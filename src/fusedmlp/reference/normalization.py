"""Batch normalisation, for clarity and not for speed.

Ioffe and Szegedy, Batch normalization, 2015: each unit's sums get mean 0 and variance 1 over the
batch, then a scale and a shift that are learnt. The shift does what a bias would.
"""

import numpy as np

from fusedmlp.plan.codes import RUNNING_STATS_MOMENTUM, VARIANCE_EPSILON
from fusedmlp.reference.activations import Array


def normalize(
    z: Array, scale: Array, shift: Array, normalized: Array, mean: Array, variance: Array
) -> None:
    """Replace the sums z (rows, units) by ``scale * normalized + shift``.

    normalized (rows, units), mean (units,) and variance (units,) are set to what was found.
    """
    mean[:] = z.mean(axis=0)
    variance[:] = ((z - mean) ** 2).mean(axis=0)
    normalized[:] = (z - mean) / np.sqrt(variance + VARIANCE_EPSILON)
    z[:] = scale * normalized + shift


def normalize_backward(
    delta: Array,
    normalized: Array,
    variance: Array,
    scale: Array,
    scale_gradient: Array,
    shift_gradient: Array,
) -> None:
    """Carry delta (rows, units) back through `normalize`, in place; set the gradients (units,).

    A row moves its units directly, and all rows through their mean and variance; what is left is
    the part of the delta that is neither constant over the batch nor proportional to `normalized`.
    """
    shift_gradient[:] = delta.sum(axis=0)
    scale_gradient[:] = (delta * normalized).sum(axis=0)
    rows = len(delta)
    common = shift_gradient / rows + normalized * (scale_gradient / rows)
    delta[:] = scale / np.sqrt(variance + VARIANCE_EPSILON) * (delta - common)


def follow(mean: Array, variance: Array, rows: int, means: Array, variances: Array) -> None:
    """Let the running means and variances (units,) follow a batch's, as PyTorch does.

    The variance of a batch is too small by (rows - 1) / rows, on average.
    """
    unbiased = variance * (rows / max(rows - 1, 1))
    means += RUNNING_STATS_MOMENTUM * (mean - means)
    variances += RUNNING_STATS_MOMENTUM * (unbiased - variances)
