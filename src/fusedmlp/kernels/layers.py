"""One layer forward and backward, compiled. b: rows, i: inputs, j: outputs."""

import numpy as np

from fusedmlp.kernels.activations import ANY, activate_at, derivative_at
from fusedmlp.kernels.compiled import compiled, inner
from fusedmlp.kernels.rows import ADD, NEXT, SET, add_rows, transpose
from fusedmlp.kernels.tiles import ON_BIAS, multiply
from fusedmlp.kernels.vectors import WIDE, address, lane_count


@compiled
def forward(inputs, weights, biases, activation, outputs):
    """Set outputs (rows, n_out) to the activation of inputs @ weights + biases.

    inputs (rows, n_in), weights (n_in, n_out), biases (n_out,) or empty.
    """
    rows, n_in = inputs.shape
    n_out, bias, out = weights.shape[1], biases.size, address(outputs)
    sums_at(address(inputs), rows, n_in, address(weights), n_out, address(biases), bias, out)
    activate_at(activation, out, rows, n_out, ANY)


@inner
def sums_at(inputs, rows, n_in, weights, n_out, biases, bias, sums):
    """Set the sums that a layer activates; bias is 0 where there is none."""
    mode = ON_BIAS if bias else SET
    multiply(inputs, n_in, NEXT, rows, n_in, weights, n_out, sums, mode, biases)


@compiled
def backpropagate(delta, weights, activation, inputs, delta_below):
    """Set delta_below (rows, n_in) to the layer's delta (rows, n_out), carried back to its inputs.

    weights (n_in, n_out). inputs (rows, n_in) are the outputs of the layer below (of silu and gelu
    the sums), which has the activation: delta_below is the error-weighted derivative there.
    """
    _backpropagate(
        delta, weights, activation, inputs, delta_below, np.empty(weights.size, weights.dtype)
    )


@inner
def _backpropagate(delta, weights, activation, inputs, delta_below, transposed):
    """Take the addresses.

    An array lives as long as the call that it is an argument of; a variable only until it was last
    named, and its address does not count.
    """
    n_in, n_out = weights.shape
    transpose(address(weights), n_in, n_out, n_out, address(transposed), n_in)
    backpropagate_at(
        address(delta),
        delta.shape[0],
        n_out,
        address(transposed),
        n_in,
        activation,
        address(inputs),
        address(delta_below),
        ANY,
    )


@inner
def backpropagate_at(delta, rows, n_out, transposed, n_in, activation, inputs, delta_below, rare):
    """Carry the delta at an address back through the transposed weights (n_out, n_in)."""
    multiply(delta, n_out, NEXT, rows, n_out, transposed, n_in, delta_below, SET, delta)
    derivative_at(activation, inputs, delta_below, rows, n_in, delta_below, rare)


@compiled
def layer_gradient(inputs, delta, weight_gradient, bias_gradient):
    """Add inputs.T @ delta to weight_gradient and, unless it is empty, delta to bias_gradient."""
    rows, n_in = inputs.shape
    turned, has_room = address(inputs), False
    layer_gradient_at(
        address(inputs),
        n_in,
        n_in,
        rows,
        address(delta),
        delta.shape[1],
        address(weight_gradient),
        address(bias_gradient),
        bias_gradient.size,
        ADD,
        turned,
        has_room,
    )


@inner
def layer_gradient_at(
    inputs,
    stride,
    n_in,
    rows,
    delta,
    n_out,
    weight_gradient,
    bias_gradient,
    bias,
    add,
    turned,
    has_room,
):
    """Set the gradient of n_in inputs' weights, or add to it; bias is 0 where there is none.

    stride: from a row's inputs to the next row's. turned: room for n_in times turned_stride.
    """
    mode = ADD if add else SET
    if n_in > 0:
        row_stride, k_stride = NEXT, stride
        if has_room and _worth_turning(n_in, rows, n_out, lane_count(delta)):
            row_stride, k_stride = turned_stride(rows, lane_count(delta)), NEXT
            transpose(inputs, rows, n_in, stride, turned, row_stride)
            inputs = turned
        multiply(
            inputs, row_stride, k_stride, n_in, rows, delta, n_out, weight_gradient, mode, delta
        )
    if bias:
        add_rows(delta, rows, n_out, bias_gradient, mode)


@inner
def _worth_turning(n_in, rows, n_out, lanes):
    """Whether inputs.T should lie in memory as it is read: for each of many columns of tiles.

    As they are, the rows of inputs.T are far apart, at worst on the same few lines of the cache.
    Zen 4, GFLOP/s as they are and turned: 128-512-512 103 and 111, float64 36 and 54; 128-1024-1024
    53 and 111; 128-784-100, seven columns of tiles, 104 and 102, float64, 13 of them, 47 and 52.
    """
    return n_out >= 12 * WIDE * lanes and n_in * rows >= 2048 * lanes


@inner
def turned_stride(rows, lanes):
    """Return how far the rows of inputs.T are then apart: an odd number of vectors."""
    return ((rows + lanes - 1) // lanes | 1) * lanes
