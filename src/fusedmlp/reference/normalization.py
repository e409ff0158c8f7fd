"""Batch normalisation. Written for clarity, not for speed.

Ioffe and Szegedy, Batch normalization, 2015: each unit's pre-activations are normalised to mean 0
and variance 1 over the batch, then scaled and shifted by learnt numbers. The shift replaces the
bias.
"""

import numpy as np

from fusedmlp.plan.codes import RUNNING_STATS_MOMENTUM, VARIANCE_EPSILON
from fusedmlp.reference.activations import Array


def normalize(
    z: Array, scale: Array, shift: Array, normalized: Array, mean: Array, variance: Array
) -> None:
    """Replace the pre-activations z (rows, units) by ``scale * normalized + shift``.

    normalized (rows, units), mean (units,) and variance (units,) are set to those of the batch.
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
    """Propagate delta (rows, units) through `normalize`, in place; set the gradients (units,).

    A pre-activation changes its own output directly, and those of all rows through the mean and the
    variance. What remains of the delta is the part that is neither constant over the batch nor
    proportional to `normalized`, times scale / standard deviation.
    """
    shift_gradient[:] = delta.sum(axis=0)
    scale_gradient[:] = (delta * normalized).sum(axis=0)
    rows = len(delta)
    common = shift_gradient / rows + normalized * (scale_gradient / rows)
    delta[:] = scale / np.sqrt(variance + VARIANCE_EPSILON) * (delta - common)


def follow(mean: Array, variance: Array, rows: int, means: Array, variances: Array) -> None:
    """Update the running means and variances (units,) by those of a batch, as PyTorch does.

    The variance of a batch is biased: on average, it is (rows - 1) / rows of the true one.
    """
    unbiased = variance * (rows / max(rows - 1, 1))
    means += RUNNING_STATS_MOMENTUM * (mean - means)
    variances += RUNNING_STATS_MOMENTUM * (unbiased - variances)
