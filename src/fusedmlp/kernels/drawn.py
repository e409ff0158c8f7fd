"""A step's rows, drawn as `sampling` tells. Without AW-SGD, it is nothing."""

import numpy as np

from fusedmlp.codes import Optimizer
from fusedmlp.kernels.blocks import fill
from fusedmlp.kernels.compiled import inner
from fusedmlp.kernels.sampling import add_squares_at, chance_of, draw_rows_at, learn_at
from fusedmlp.kernels.vectors import at, put, shifted


@inner
def draws(extras):
    """Whether the rows of a step are drawn."""
    return extras.optimizer == Optimizer.AW_SGD


@inner
def draw_batch(extras, run, seed, epoch, begin, end, real):
    """Draw the rows that this epoch visits as begin..end, and say what they count."""
    if extras.optimizer == Optimizer.AW_SGD:
        sampler, floor, drawn = run.memory.sampler, extras.sampler_floor, shifted(run.order, begin)
        rows, scores = sampler.rows, sampler.scores
        draw_rows_at(scores, floor, seed, epoch, begin, rows, end - begin, drawn)
        for b in range(end - begin):
            row = at(drawn, b)
            weight = 1.0 / (rows * chance_of(scores, floor, rows, row))
            if sampler.has_weights:
                weight *= np.float64(at(run.memory.row_weights, row))
            put(sampler.weights, begin + b, real(weight))


@inner
def note_squares(extras, run, row, rows, place, inputs, scale):
    """Note the squares of the weighted gradients of rows, of which the first is the row-th drawn.

    inputs: their address. place: theirs in the room. scale: of the deltas that are there.
    """
    if extras.optimizer == Optimizer.AW_SGD:
        network, room, offset = run.network, run.room, 0
        unscaled = 1.0 / (np.float64(scale) * np.float64(scale))
        squares = shifted(run.memory.sampler.squares, row)
        fill(squares, rows)
        for layer in range(network.layers):
            n_in, n_out = at(network.sizes, layer), at(network.sizes, layer + 1)
            here = offset + place * n_out
            delta, bias = shifted(room.deltas, here), network.bias
            add_squares_at(inputs, n_in, delta, n_out, rows, bias, unscaled, squares)
            inputs, offset = shifted(room.outputs, here), offset + network.block * n_out


@inner
def learn_from(extras, run, begin, end):
    """Learn from the draws begin..end of this epoch which rows to draw."""
    if extras.optimizer == Optimizer.AW_SGD:
        sampler, squares = run.memory.sampler, shifted(run.memory.sampler.squares, begin)
        learn_at(
            sampler.scores, sampler.usual, extras.sampler_floor, extras.sampler_rate,
            sampler.rows, shifted(run.order, begin), end - begin, squares, squares,
        )  # fmt: skip
