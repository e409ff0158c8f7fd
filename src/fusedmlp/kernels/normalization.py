"""Batch normalisation, compiled."""

import numpy as np

from fusedmlp.kernels.compilation.door import operation
from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.compilation.require_fit import require_fit
from fusedmlp.kernels.vector import address, at, put
from fusedmlp.kernels.vector.reductions import sum_rows
from fusedmlp.kernels.vector.typed_constants import SET
from fusedmlp.plan.codes import RUNNING_STATS_MOMENTUM, VARIANCE_EPSILON


@operation
def normalize(z, scale, shift, normalized, mean, variance):
    """Replace the pre-activations z (rows, units) by ``scale * normalized + shift``."""
    require_fit("normalize", z, scale, shift, normalized, mean, variance)
    normalize_at(
        address(z), z.shape[0], z.shape[1], address(scale), address(shift), address(normalized),
        address(mean), address(variance),
    )  # fmt: skip


@inner
def normalize_at(z, rows, units, scale, shift, normalized, mean, variance):
    """Normalise the pre-activations at an address."""
    sum_rows(z, rows, units, mean, SET)
    for j in range(units):
        put(mean, j, at(mean, j) / rows)
        put(variance, j, 0)
    for b in range(rows):
        for j in range(units):
            centred = at(z, b * units + j) - at(mean, j)
            put(normalized, b * units + j, centred)
            put(variance, j, at(variance, j) + centred * centred)
    for j in range(units):
        put(variance, j, at(variance, j) / rows)
    for b in range(rows):
        for j in range(units):
            deviation = np.sqrt(at(variance, j) + VARIANCE_EPSILON)
            put(normalized, b * units + j, at(normalized, b * units + j) / deviation)
            put(z, b * units + j, at(scale, j) * at(normalized, b * units + j) + at(shift, j))


@operation
def normalize_backward(delta, normalized, variance, scale, scale_gradient, shift_gradient):
    """Propagate delta (rows, units) through `normalize`, in place; set the gradients (units,)."""
    require_fit(
        "normalize_backward", delta, normalized, variance, scale, scale_gradient, shift_gradient,
    )  # fmt: skip
    normalize_backward_at(
        address(delta), delta.shape[0], delta.shape[1], address(normalized), address(variance),
        address(scale), address(scale_gradient), address(shift_gradient),
    )  # fmt: skip


@inner
def normalize_backward_at(
    delta, rows, units, normalized, variance, scale, scale_gradient, shift_gradient
):
    """Propagate the delta at an address back through the normalisation."""
    sum_rows(delta, rows, units, shift_gradient, SET)
    for j in range(units):
        put(scale_gradient, j, 0)
    for b in range(rows):
        for j in range(units):
            product = at(delta, b * units + j) * at(normalized, b * units + j)
            put(scale_gradient, j, at(scale_gradient, j) + product)
    for b in range(rows):
        for j in range(units):
            k = b * units + j
            common = at(shift_gradient, j) / rows
            common += at(normalized, k) * (at(scale_gradient, j) / rows)
            factor = at(scale, j) / np.sqrt(at(variance, j) + VARIANCE_EPSILON)
            put(delta, k, factor * (at(delta, k) - common))


@operation
def follow(mean, variance, rows, means, variances):
    """Update the running means and variances (units,) by those of a batch, as PyTorch does."""
    require_fit("follow", mean, variance, rows, means, variances)
    follow_at(address(mean), address(variance), mean.size, rows, address(means), address(variances))


@inner
def follow_at(mean, variance, units, rows, means, variances):
    """Update the running statistics at an address."""
    correction = rows / max(rows - 1, 1)
    for j in range(units):
        old_mean, old_variance = at(means, j), at(variances, j)
        put(means, j, old_mean + RUNNING_STATS_MOMENTUM * (at(mean, j) - old_mean))
        unbiased = at(variance, j) * correction
        put(variances, j, old_variance + RUNNING_STATS_MOMENTUM * (unbiased - old_variance))
