"""The workspace layout of a small batch, with one row in each vector lane.

First come the weights, then the velocity and the gradient in the same layout. A layer's weights are
stored in lines, one for each input or one for each output, whichever leaves fewer lanes empty; each
line is padded to whole vectors. The bias is the weight of an input that is always 1.

Then come vectors with one row in each lane: the inputs, each layer's outputs and each layer's
delta, each padded to a multiple of `lanes` vectors; last the targets, and the scale of each row.
Padding is 0 and stays 0: the gradient of a padding weight is 0.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.vector import REGISTER, at, shifted
from fusedmlp.plan.parameters import aligned_zeros

FIELDS = 9


class Layer(NamedTuple):
    """A layer's sizes, activation and offsets in the workspace, counted in numbers.

    n_in includes the input of the bias.
    """

    n_in: Any
    n_out: Any
    activation: Any
    weights: Any  # offset
    by_input: Any  # stride of the weights from one input to the next
    by_output: Any  # and from one output to the next
    inputs: Any  # offset
    outputs: Any  # offset
    delta: Any  # offset


class Layout(NamedTuple):
    """The layers, and the offsets of targets and row scales."""

    layers: NDArray[np.int64]  # (layers, FIELDS)
    params: NDArray[np.int64]  # offset of each number of the flat vector
    size: int  # of the padded weights, a multiple of four vectors
    targets: int
    row_scales: int
    end: int  # of the workspace


@inner
def layer_of(layers, number):
    """Return a layer, given the address of the table of layers."""
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
        by_input, by_output, end = padded(n_out, lanes), 1, n_in * padded(n_out, lanes)
        if n_out * padded(n_in, lanes) < end:
            by_input, by_output, end = 1, padded(n_in, lanes), n_out * padded(n_in, lanes)
        lines.append((n_in, n_out, weights, by_input, by_output))
        inputs, outputs = np.arange(n_in)[:, None], np.arange(n_out)
        params.append((weights + inputs * by_input + outputs * by_output).ravel())
        weights += end
    size = padded(weights, 4 * lanes)
    values = 3 * size + np.cumsum([0, *(padded(n + 1, lanes) * lanes for n in sizes)])
    deltas = values[-1] + np.cumsum([0, *(padded(n, lanes) * lanes for n in sizes[1:])])
    vectors = zip(values[:-2], values[1:-1], deltas[:-1], strict=True)
    layers = [
        Layer(n_in, n_out, activation, start, by_input, by_output, *offsets)
        for (n_in, n_out, start, by_input, by_output), activation, offsets in zip(
            lines, activations, vectors, strict=True
        )
    ]
    row_scales = int(deltas[-1]) + sizes[-1] * lanes
    table = np.array(layers, np.int64)
    return Layout(
        table, np.concatenate(params), size, int(deltas[-1]), row_scales, row_scales + lanes
    )


def padded(count, multiple):
    """Return the count, rounded up to the next multiple."""
    return -(-int(count) // multiple) * multiple


def fill_workspace(layout, plan, X, y, state):
    """Return the workspace with the parameters, velocity, inputs and targets in it.

    Lanes without a row repeat the last row. Their row scale is 0, so that they add nothing to the
    gradient, but they pass through the network and must not overflow where no row does.
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
    """Copy the parameters and the velocity back to the state."""
    state.params[:] = workspace[layout.params]
    state.velocity[:] = workspace[layout.size :][layout.params]
