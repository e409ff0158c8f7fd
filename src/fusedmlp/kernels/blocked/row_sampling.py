"""AW-SGD in training: draw the rows of each batch, and update the sampler."""

import numpy as np

from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.layers import Shape
from fusedmlp.kernels.sampling import add_squares_at, chance_of, draw_rows_at, learn_at
from fusedmlp.kernels.vector import at, put, shifted
from fusedmlp.kernels.vector.copies import fill_with_zeros
from fusedmlp.plan.codes import Optimizer


@inner
def uses_sampler(rare):
    """Whether the optimiser is AW-SGD, which draws the rows of each batch."""
    return rare.optimizer == Optimizer.AW_SGD


@inner
def draw_batch(rare, run, epoch, begin, end, real):
    """Draw the rows of the epoch's positions begin..end, and set their weights."""
    if rare.optimizer == Optimizer.AW_SGD:
        sampler, floor = run.optimizer_state.sampler, rare.sampler_floor
        rows, tree, drawn = sampler.rows, sampler.tree, shifted(run.row_order, begin)
        draw_rows_at(tree, floor, run.seed, epoch, begin, rows, end - begin, drawn)
        for b in range(end - begin):
            row = at(drawn, b)
            weight = 1.0 / (rows * chance_of(tree, floor, rows, row))
            if sampler.has_row_weights:
                weight *= np.float64(at(run.optimizer_state.row_weights, row))
            put(sampler.weights, begin + b, real(weight))


@inner
def store_gradient_squares(rare, run, row, rows, workspace_row, inputs, scale):
    """Store the squared lengths of the weighted gradients of `rows` rows.

    row: position of the first of them in the epoch. inputs: their address. workspace_row: the first
    of their rows in the workspace. scale: that of the deltas in the workspace.
    """
    if rare.optimizer == Optimizer.AW_SGD:
        network, offset = run.network, 0
        unscaled = 1.0 / (np.float64(scale) * np.float64(scale))
        squares = shifted(run.optimizer_state.sampler.squares, row)
        fill_with_zeros(squares, rows)
        for layer in range(network.layers):
            n_in, n_out = at(network.sizes, layer), at(network.sizes, layer + 1)
            rows_offset = offset + workspace_row * n_out
            shape, delta = Shape(rows, n_in, n_out), shifted(run.workspace.deltas, rows_offset)
            add_squares_at(shape, inputs, delta, network.bias, unscaled, squares)
            inputs = shifted(run.workspace.outputs, rows_offset)
            offset += network.block_rows * n_out


@inner
def update_sampler(rare, run, begin, end):
    """Update the sampler from the draws begin..end of this epoch."""
    if rare.optimizer == Optimizer.AW_SGD:
        sampler = run.optimizer_state.sampler
        drawn, squares = shifted(run.row_order, begin), shifted(sampler.squares, begin)
        learn_at(
            sampler.tree, sampler.mean, rare.sampler_floor, rare.sampler_rate, sampler.rows,
            drawn, end - begin, squares, squares,
        )  # fmt: skip
