"""The workspace layout of few rows and one hidden layer, with hidden units in the vector lanes.

First come the weights, in lines of one number for each hidden unit: a line for each input of the
hidden layer, then one for each output; then the biases of the outputs. The velocity and the
gradient follow in the same layout.

Then come the rows' inputs (rows, inputs) as numbers; for each row, the hidden outputs and deltas as
lines; for the output layer, outputs, deltas and targets with one row in each lane, as in
`layout.py`, and its sums beside them; a line that is 1 where there is a hidden unit and 0 where
there is padding; and room to sum a vector for each row.
"""

from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusedmlp.kernels.lanes.layout import Layer, padded
from fusedmlp.kernels.vector import REGISTER
from fusedmlp.plan.parameters import aligned_zeros


class UnitLayout(NamedTuple):
    """The two layers, and the offsets of what is not a layer's own."""

    layers: NDArray[np.int64]  # (2, fields of a Layer)
    params: NDArray[np.int64]  # offset of each number of the flat vector
    size: int  # of the padded weights, a multiple of four vectors
    targets: int
    row_scales: int
    rows: int
    line: int  # numbers of a line
    biases: int  # of the outputs, or -1
    sums: int
    is_unit: int
    totals: int
    end: int  # of the workspace


def unit_layout_of(sizes, activations, bias, rows, itemsize):
    """Return the layout of a network with one hidden layer."""
    lanes, (inputs, hidden, outputs) = REGISTER // itemsize, sizes
    n_in, line = inputs + bias, padded(hidden, lanes)
    second = n_in * line
    biases = second + outputs * line
    size = padded(biases + bias * outputs, 4 * lanes)
    params = [
        np.arange(n_in)[:, None] * line + np.arange(hidden),
        second + np.arange(hidden)[:, None] + np.arange(outputs) * line,
        biases + np.arange(bias * outputs),
    ]
    each_output = padded(outputs, lanes) * lanes
    lengths = (
        padded(rows * n_in, lanes), rows * line, rows * line, each_output, each_output, each_output,
        each_output, lanes, line, lanes * lanes,
    )  # fmt: skip
    (
        X, hidden_outputs, hidden_deltas, outputs_place, deltas, targets, sums, row_scales, is_unit,
        totals, end,
    ) = accumulate(lengths, initial=3 * size)  # fmt: skip
    layers = [
        Layer(n_in, hidden, activations[0], 0, line, 1, X, hidden_outputs, hidden_deltas),
        Layer(
            hidden, outputs, activations[1], second, 1, line, hidden_outputs, outputs_place, deltas
        ),
    ]
    return UnitLayout(
        np.array(layers, np.int64), np.concatenate([each.ravel() for each in params]), size,
        targets, row_scales, rows, line, biases if bias else -1, sums, is_unit, totals, end,
    )  # fmt: skip


def fill_unit_workspace(layout, plan, X, y, state):
    """Return the workspace with the parameters, velocity, inputs and targets in it."""
    workspace, lanes = aligned_zeros(layout.end, X.dtype), REGISTER // X.itemsize
    workspace[layout.params] = state.params
    workspace[layout.size :][layout.params] = state.velocity
    inputs = np.ones((len(X), X.shape[1] + plan.bias), X.dtype)
    inputs[:, : X.shape[1]] = X
    start = layout.layers[0, 6]
    workspace[start : start + inputs.size] = inputs.ravel()
    targets = workspace[layout.targets : layout.targets + y.shape[1] * lanes]
    targets.reshape(-1, lanes)[:, : len(y)] = y.T
    workspace[layout.is_unit : layout.is_unit + layout.layers[0, 1]] = 1
    return workspace
