"""Batch normalisation of the hidden layers. A batch is then one block, a step one thread."""

from typing import Any, NamedTuple

from fusedmlp.kernels.blocked.network import total_units
from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.normalization import follow_at, normalize_at, normalize_backward_at
from fusedmlp.kernels.vector import at, shifted


class BatchNorm(NamedTuple):
    """The parameters of batch normalisation and their gradients, as addresses."""

    on: int  # 1: the hidden layers are normalised
    scales: Any  # of the hidden units
    scale_gradients: Any
    gradient: Any  # of all parameters


class LayerStats(NamedTuple):
    """Addresses of a hidden layer's normalised pre-activations and statistics."""

    normalized: Any  # (rows, units)
    mean: Any  # (units,)
    variance: Any  # (units,)
    units_before: int  # units of the hidden layers before it


@inner
def batch_norm_of(rare, params, gradient):
    """Return the batch normalisation of a network, given the addresses."""
    offset = rare.scale_offset
    scales, scale_gradients = shifted(params, offset), shifted(gradient, offset)
    return BatchNorm(rare.batch_norm, scales, scale_gradients, gradient)


@inner
def _stats_of(network, workspace, layer):
    """Return the part of the workspace for a layer's normalised pre-activations and statistics."""
    before = 0
    for number in range(layer):
        before += at(network.sizes, number + 1)
    normalized = shifted(workspace.normalized, network.block_rows * before)
    units = total_units(network)
    mean = shifted(workspace.normalized, network.block_rows * units + before)
    return LayerStats(normalized, mean, shifted(mean, units), before)


@inner
def normalize_layer(batch_norm, network, workspace, layer, shift, z, rows):
    """Normalise the pre-activations z (rows, units) of a layer, if it is hidden."""
    if batch_norm.on and layer < network.layers - 1:
        units = at(network.sizes, layer + 1)
        stats = _stats_of(network, workspace, layer)
        scale = shifted(batch_norm.scales, stats.units_before)
        normalize_at(z, rows, units, scale, shift, stats.normalized, stats.mean, stats.variance)


@inner
def normalize_delta(batch_norm, network, workspace, layer, delta, rows):
    """Propagate the delta of a hidden layer back through its normalisation."""
    if batch_norm.on:
        units = at(network.sizes, layer + 1)
        stats = _stats_of(network, workspace, layer)
        scale = shifted(batch_norm.scales, stats.units_before)
        scale_gradient = shifted(batch_norm.scale_gradients, stats.units_before)
        shift_gradient = shifted(batch_norm.gradient, at(network.bias_offsets, layer))
        normalize_backward_at(
            delta, rows, units, stats.normalized, stats.variance, scale, scale_gradient,
            shift_gradient,
        )  # fmt: skip


@inner
def update_running_stats(rare, run, rows):
    """Let the running statistics follow those of the last batch of `rows` rows."""
    if rare.batch_norm:
        network = run.network
        hidden = total_units(network) - at(network.sizes, network.layers)
        for layer in range(network.layers - 1):
            units = at(network.sizes, layer + 1)
            stats = _stats_of(network, run.workspace, layer)
            means = shifted(run.optimizer_state.running_stats, stats.units_before)
            follow_at(stats.mean, stats.variance, units, rows, means, shifted(means, hidden))
