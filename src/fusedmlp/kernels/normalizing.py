"""Batch normalisation on the way through the hidden layers. Off, it is nothing.

Such a step has one block of all its rows, and one thread.
"""

from typing import Any, NamedTuple

from fusedmlp.kernels.compiled import inner
from fusedmlp.kernels.network import units_of
from fusedmlp.kernels.normalization import follow_at, normalize_at, normalize_backward_at
from fusedmlp.kernels.vectors import at, shifted


class Normalizing(NamedTuple):
    """What normalising needs to know."""

    on: int
    scales: Any  # of the hidden units
    scale_gradients: Any
    gradient: Any  # of all parameters
    running: Any  # means, then variances, of the hidden units
    follows: int  # 1: running numbers follow the batch's


@inner
def normalizing_of(extras, params, gradient, running, follows):
    """Return what normalising needs."""
    start = extras.scales
    return Normalizing(
        extras.batch_norm, shifted(params, start), shifted(gradient, start), gradient, running,
        follows,
    )  # fmt: skip


@inner
def normalizing_in(extras, run):
    """Return what normalising needs in a run, whose running numbers follow the batches'."""
    return normalizing_of(extras, run.params, run.gradient, run.memory.running, 1)


@inner
def _places(network, room, layer):
    """Return where a layer's normalised sums, means and variances are kept, and how many before."""
    before = 0
    for number in range(layer):
        before += at(network.sizes, number + 1)
    normalized = shifted(room.normalized, network.block * before)
    means = shifted(room.normalized, network.block * units_of(network) + before)
    return normalized, means, shifted(means, units_of(network)), before


@inner
def normalize_layer(normalizing, network, room, layer, shift, sums, rows):
    """Normalise the sums (rows, units) of a layer, if it is hidden."""
    if normalizing.on and layer < network.layers - 1:
        units = at(network.sizes, layer + 1)
        normalized, mean, variance, before = _places(network, room, layer)
        scale = shifted(normalizing.scales, before)
        normalize_at(sums, rows, units, scale, shift, normalized, mean, variance)
        if normalizing.follows:
            hidden = units_of(network) - at(network.sizes, network.layers)
            means = shifted(normalizing.running, before)
            follow_at(mean, variance, units, rows, means, shifted(means, hidden))


@inner
def normalize_delta(normalizing, network, room, layer, delta, rows):
    """Carry the delta of a hidden layer back through its normalisation."""
    if normalizing.on:
        units = at(network.sizes, layer + 1)
        normalized, _, variance, before = _places(network, room, layer)
        scale = shifted(normalizing.scales, before)
        scale_gradient = shifted(normalizing.scale_gradients, before)
        shift_gradient = shifted(normalizing.gradient, at(network.biases, layer))
        normalize_backward_at(
            delta, rows, units, normalized, variance, scale, scale_gradient, shift_gradient
        )


@inner
def has_bias(network, layer):
    """Whether a layer adds biases by itself: 1 or 0."""
    return network.bias if layer == network.layers - 1 or not network.normalizes else 0
