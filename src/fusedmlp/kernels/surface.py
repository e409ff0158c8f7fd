"""The error of a network over a grid of two of its weights, compiled."""

import numpy as np

from fusedmlp.codes import Measure
from fusedmlp.kernels.blocks import START, divided, forward_block
from fusedmlp.kernels.compiled import compiled, inner
from fusedmlp.kernels.losses import absolute_error_at, loss_at, nearest_to_certain
from fusedmlp.kernels.network import network_of
from fusedmlp.kernels.team import together
from fusedmlp.kernels.vectors import address, shifted


def error_surface(plan, params, X, y, first, first_values, second, second_values, measure, result):
    """Set result (first_values, second_values) to what the network does with each pair of weights.

    That is the sum over X (rows, n_in), y (rows, n_out) of ``|output - target|`` or of the rows'
    losses, as `measure` says, with two of the params at other values: those at `first` and `second`
    in the flat vector.
    """
    plan = plan._replace(extras=None)
    grid = first, first_values, second, second_values
    together(surface_part, (plan, params, X, y, *grid, measure, result), plan.threads)


@compiled
def surface_part(
    plan, params, X, y, first, first_values, second, second_values, measure, result, meeting,  # noqa: ARG001
    thread, threads,
):  # fmt: skip
    """Measure a thread's part of the pairs, each of which is measured by itself."""
    moved, work, columns = params.copy(), np.empty(plan.work_size, params.dtype), second_values.size
    for pair in range(result.size * thread // threads, result.size * (thread + 1) // threads):
        i, j = pair // columns, pair % columns
        moved[first], moved[second] = first_values[i], second_values[j]
        result[i, j] = _measured(plan, moved, X, y, measure, work)


@inner
def _measured(plan, params, X, y, measure, work):
    """Return the sum of the rows' errors or losses."""
    network, n_in, n_out = network_of(plan, START, plan.block), plan.sizes[0], plan.sizes[-1]
    last, nearest, value = plan.activations[-1], nearest_to_certain(X), 0.0
    room = divided(network, params.size, address(work))
    for row in range(0, X.shape[0], plan.block):
        rows = min(plan.block, X.shape[0] - row)
        inputs, targets = shifted(address(X), row * n_in), shifted(address(y), row * n_out)
        out = forward_block(network, address(params), inputs, room, 0, rows, None, None)
        if measure == Measure.ERROR:
            value += absolute_error_at(out, targets, rows * n_out)
        else:
            value += loss_at(plan.loss, last, out, targets, rows * n_out, nearest, plan.huber_delta)
    return value
