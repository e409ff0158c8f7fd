"""The error or loss of a network over a grid of two weights, compiled."""

import numpy as np

from fusedmlp.kernels.blocked.fits import surface_fits
from fusedmlp.kernels.blocked.forward_backward import forward_block
from fusedmlp.kernels.blocked.network import network_of
from fusedmlp.kernels.blocked.run import objective_of
from fusedmlp.kernels.blocked.workspace import workspace_layout
from fusedmlp.kernels.compilation.door import behind_door, through_door
from fusedmlp.kernels.compilation.jit import allocates, inner
from fusedmlp.kernels.compilation.require_fit import REFUSED
from fusedmlp.kernels.losses import absolute_error_at, loss_at
from fusedmlp.kernels.threads.team import run_in_team
from fusedmlp.kernels.vector import LINE, address, first_line, shifted
from fusedmlp.kernels.vector.integers import smaller
from fusedmlp.kernels.vector.typed_constants import ZERO
from fusedmlp.plan.codes import Measure
from fusedmlp.plan.operations.runs import check_surface


def error_surface(plan, params, X, y, first, first_values, second, second_values, measure, result):
    """Set result (first_values, second_values) to the error or loss at each pair of values.

    Two of the params, at the indices `first` and `second` of the flat vector, are set to each pair
    of values. `measure` chooses the sum of ``|output - target|`` or of the losses over the rows of
    X (rows, n_in), y (rows, n_out).
    """
    grid = first, first_values, second, second_values
    through_door(_surface_in_team, check_surface, plan, params, X, y, *grid, measure, result)


def _surface_in_team(plan, params, X, y, *grid_measure_result):
    *grid, measure, result = grid_measure_result
    log_loss = plan.log_loss if measure == Measure.LOSS else None
    plan = plan._replace(extras=None, log_loss=log_loss)
    run_in_team(surface_part, (plan, params, (X, y), tuple(grid), measure, result), plan.threads)


@behind_door
@allocates
def surface_part(plan, params, data, grid, measure, result, signals, thread, threads):
    """Compute the results of one thread's part of the pairs."""
    X, y = data
    first, first_values, second, second_values = grid
    if not surface_fits(
        plan, params, X, y, first, first_values, second, second_values, measure, result
    ):
        raise ValueError(REFUSED)
    moved, memory = params.copy(), np.empty(plan.workspace_size + LINE, params.dtype)
    columns = second_values.size
    for pair in range(result.size * thread // threads, result.size * (thread + 1) // threads):
        i, j = pair // columns, pair % columns
        moved[first], moved[second] = first_values[i], second_values[j]
        result[i, j] = _measured(plan, moved, X, y, measure, memory, signals)


@inner
def _measured(plan, params, X, y, measure, memory, signals):
    """Return the sum of the rows' absolute errors or losses."""
    network = network_of(plan, ZERO, plan.block_rows, address(signals))
    n_in, n_out = plan.sizes[0], plan.sizes[-1]
    objective, value, of_loss = objective_of(plan), 0.0, measure == Measure.LOSS
    workspace = workspace_layout(network, params.size, first_line(memory))
    for row in range(0, len(X), plan.block_rows):
        rows = smaller(plan.block_rows, len(X) - row)
        inputs, targets = shifted(address(X), row * n_in), shifted(address(y), row * n_out)
        out = forward_block(
            network, address(params), inputs, workspace, 0, rows, of_loss, None, None
        )
        if of_loss:
            value += loss_at(objective, out, workspace.sums, targets, rows, n_out)
        else:
            value += absolute_error_at(out, targets, rows * n_out)
    return value
