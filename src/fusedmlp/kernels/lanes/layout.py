"""The workspace of a run on few rows.

The weights come first, then as many numbers for the velocity, and as many for the gradient. A
layer's weights are lines, an input's or an output's, each filled up to whole vectors; which of the
two is what leaves fewer lanes empty. The bias is the weight of an input that is always 1.

Then come vectors, the rows in their lanes: the inputs, each layer's outputs and each layer's delta,
filled up to as many vectors as a vector has lanes; last the targets, and the scale of each
row. What fills up is 0, and stays 0: a weight that fills a line up has no gradient.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.vector import REGISTER, at, shifted
from fusedmlp.plan.parameters import aligned_zeros

FIELDS = 9


class Layer(NamedTuple):
    """What a pass through a layer needs to know. Places count numbers from the workspace's first.

    n_in counts the bias's input too.
    """

    n_in: Any
    n_out: Any
    activation: Any
    weights: Any  # where they begin
    by_input: Any  # how far the weights of two inputs are apart
    by_output: Any
    inputs: Any
    outputs: Any
    delta: Any


class Layout(NamedTuple):
    """All layers, and what they share."""

    layers: NDArray[np.int64]  # (layers, FIELDS)
    params: NDArray[np.int64]  # where each number of the flat vector lies
    size: int  # numbers that all weights take, a multiple of four vectors
    targets: int
    row_scales: int
    end: int


@inner
def layer_of(layers, number):
    """Return a layer, given the address of all."""
    row = shifted(layers, number * FIELDS)
    return Layer(
        at(row, 0), at(row, 1), at(row, 2), at(row, 3), at(row, 4), at(row, 5), at(row, 6),
        at(row, 7), at(row, 8),
    )  # fmt: skip


def layout_of(sizes, activations, bias, itemsize):
    """Return the layout of a network."""
    lanes = REGISTER // itemsize
    weights, lines, params = 0, [], []
    for n_out, n_in in zip(sizes[1:], np.array(sizes[:-1]) + bias, strict=True):
        by_input, by_output, end = _filled(n_out, lanes), 1, n_in * _filled(n_out, lanes)
        if n_out * _filled(n_in, lanes) < end:
            by_input, by_output, end = 1, _filled(n_in, lanes), n_out * _filled(n_in, lanes)
        lines.append((n_in, n_out, weights, by_input, by_output))
        inputs, outputs = np.arange(n_in)[:, None], np.arange(n_out)
        params.append((weights + inputs * by_input + outputs * by_output).ravel())
        weights += end
    size = _filled(weights, 4 * lanes)
    values = 3 * size + np.cumsum([0, *(_filled(n + 1, lanes) * lanes for n in sizes)])
    deltas = values[-1] + np.cumsum([0, *(_filled(n, lanes) * lanes for n in sizes[1:])])
    places = zip(values[:-2], values[1:-1], deltas[:-1], strict=True)
    layers = [
        Layer(n_in, n_out, activation, start, by_input, by_output, *where)
        for (n_in, n_out, start, by_input, by_output), activation, where in zip(
            lines, activations, places, strict=True
        )
    ]
    row_scales = int(deltas[-1]) + sizes[-1] * lanes
    table = np.array(layers, np.int64)
    return Layout(
        table, np.concatenate(params), size, int(deltas[-1]), row_scales, row_scales + lanes
    )


def _filled(count, by):
    """Return the next multiple."""
    return -(-int(count) // by) * by


def fill_workspace(layout, plan, X, y, state):
    """Return the workspace, filled.

    Lanes without a row repeat the last: they count nothing, but go through the network, and must
    not overflow where no row does.
    """
    workspace, lanes = aligned_zeros(layout.end, X.dtype), REGISTER // X.itemsize
    workspace[layout.params] = state.params
    workspace[layout.size :][layout.params] = state.velocity
    rows = np.minimum(np.arange(lanes), len(X) - 1)
    for start, columns in ((layout.layers[0, 6], X), (layout.targets, y)):
        workspace[start : start + columns.shape[1] * lanes] = columns.T[:, rows].ravel()
    if plan.bias:
        for n_in, start in layout.layers[:, [0, 6]]:
            workspace[start + (n_in - 1) * lanes : start + n_in * lanes] = 1
    return workspace


def copy_back(layout, workspace, state):
    """Copy what was trained back to the state."""
    state.params[:] = workspace[layout.params]
    state.velocity[:] = workspace[layout.size :][layout.params]
