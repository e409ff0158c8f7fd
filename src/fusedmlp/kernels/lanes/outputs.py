"""Outputs and output deltas of a layer with one row in each lane: (units, lanes)."""

from fusedmlp.kernels.activations import activated, derived
from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.functions.exponential import exp_nonpositive
from fusedmlp.kernels.lanes.inlined import force_inlined
from fusedmlp.kernels.vector import (
    concatenate,
    lane_count,
    load,
    maximum,
    shifted,
    split,
    store,
    zeros,
)
from fusedmlp.kernels.vector.integers import smaller
from fusedmlp.plan.codes import Activation, Loss


@force_inlined
def activate(work, layer, all_activations, log_loss):
    """Replace a layer's pre-activations by its outputs, two units at a time.

    log_loss: as in a plan; softmax is compiled for log_loss alone. An activation is a long chain of
    dependent instructions: two of them at a time hide each other's latency. The pre-activations are
    shorter chains: four at a time were slower in most networks.
    """
    lanes = lane_count(work)
    for pair in range((layer.n_out + 1) // 2):
        j, k = 2 * pair, smaller(2 * pair + 1, layer.n_out - 1)  # k = j for an odd one out
        first, second = layer.outputs + j * lanes, layer.outputs + k * lanes
        z = concatenate(load(work, first), load(work, second))
        low, high = split(activated(layer.activation, z, all_activations))
        store(work, first, low)
        store(work, second, high)
    if log_loss is not None and layer.activation == Activation.SOFTMAX:
        _softmax(shifted(work, layer.outputs), layer.n_out)


@inner
def _softmax(z, units):
    """Replace z (units, lanes) by the softmax over the units, for all rows at once."""
    lanes = lane_count(z)
    largest, sums = load(z, 0), zeros(z)
    for j in range(1, units):
        largest = maximum(load(z, j * lanes), largest)
    for j in range(units):
        e = exp_nonpositive(load(z, j * lanes) - largest)
        store(z, j * lanes, e)
        sums = sums + e
    for j in range(units):
        store(z, j * lanes, load(z, j * lanes) / sums)


@force_inlined
def output_delta(choices, activation, out, targets, row_scales, units, delta):
    """Set the last layer's delta; row_scales: one for each lane, 0 for a lane without a row."""
    lanes = lane_count(out)
    for j in range(units):
        o = load(out, j * lanes)
        error = load(row_scales, 0) * (o - load(targets, j * lanes))
        if choices.loss == Loss.SQUARED_ERROR:
            error = derived(activation, o, error, choices.all_activations)
        store(delta, j * lanes, error)
