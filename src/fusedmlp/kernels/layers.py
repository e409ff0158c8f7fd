"""Forward pass, backward pass and gradient of one layer, compiled."""

from typing import Any, NamedTuple

import numpy as np

from fusedmlp.kernels.activations import activate_at, derivative_at
from fusedmlp.kernels.compilation.door import operation
from fusedmlp.kernels.compilation.jit import allocates, inner
from fusedmlp.kernels.compilation.require_fit import require_fit
from fusedmlp.kernels.matmul.gemm import gemm
from fusedmlp.kernels.vector import REGISTER, address, lane_count
from fusedmlp.kernels.vector.copies import transpose
from fusedmlp.kernels.vector.matrices import LeftMatrix, Rows
from fusedmlp.kernels.vector.reductions import sum_rows
from fusedmlp.kernels.vector.typed_constants import ADD, ALL_ACTIVATIONS, ON_BIAS, SET, UNIT_STRIDE

# Of a column of tiles, in the measurements of when transposing pays.
COLUMN_REGISTERS = 4 if REGISTER == 64 else 2


class Shape(NamedTuple):
    """The numbers of rows, inputs and outputs of a layer."""

    rows: Any
    n_in: Any
    n_out: Any


class LayerGradient(NamedTuple):
    """Addresses of a layer's gradient."""

    weights: Any  # (n_in, n_out)
    biases: Any  # (n_out,)
    bias: Any  # 0: the layer has no biases


class Scratch(NamedTuple):
    """Workspace for a layer's transposed inputs: n_in times `transposed_stride` numbers."""

    data: Any
    available: Any  # False: no such workspace


@operation
def forward(inputs, weights, biases, activation, outputs):
    """Set outputs (rows, n_out) to the activation of inputs @ weights + biases.

    inputs (rows, n_in), weights (n_in, n_out), biases (n_out,) or empty.
    """
    require_fit("forward", inputs, weights, biases, activation, outputs)
    shape = Shape(inputs.shape[0], inputs.shape[1], weights.shape[1])
    out, bias = address(outputs), biases.size
    preactivate_at(shape, address(inputs), address(weights), address(biases), bias, out)
    activate_at(activation, out, shape.rows, shape.n_out, ALL_ACTIVATIONS)


@inner
def preactivate_at(shape, inputs, weights, biases, bias, out):
    """Set out (rows, n_out) to inputs @ weights + biases; bias is 0 if there are no biases."""
    mode = ON_BIAS if bias else SET
    left = LeftMatrix(inputs, shape.n_in, UNIT_STRIDE)
    gemm(left, weights, out, shape.rows, shape.n_in, shape.n_out, mode, biases)


@operation
@allocates
def backpropagate(delta, weights, activation, inputs, delta_below):
    """Set delta_below (rows, n_in) to the delta of the layer below, given delta (rows, n_out).

    weights (n_in, n_out). inputs (rows, n_in) are the outputs of the layer below (for silu and
    gelu, its pre-activations); activation is that of the layer below.
    """
    require_fit("backpropagate", delta, weights, activation, inputs, delta_below)
    _backpropagate(
        delta, weights, activation, inputs, delta_below, np.empty(weights.size, weights.dtype)
    )


@inner
def _backpropagate(delta, weights, activation, inputs, delta_below, transposed):
    """Backpropagate through arrays, given memory for the transposed weights.

    `transposed` is an argument because Numba keeps an argument alive during the call, but frees a
    local array after the last use of its name, even if its address is still in use.
    """
    n_in, n_out = weights.shape
    transpose(address(weights), n_in, n_out, n_out, address(transposed), n_in)
    backpropagate_at(
        Shape(delta.shape[0], n_in, n_out), address(delta), address(transposed), activation,
        address(inputs), address(delta_below), ALL_ACTIVATIONS,
    )  # fmt: skip


@inner
def backpropagate_at(shape, delta, transposed, activation, saved, delta_below, all_activations):
    """Propagate the delta at an address back through the transposed weights (n_out, n_in).

    saved (rows, n_in): the outputs or pre-activations of the layer below, for the derivative.
    """
    rows, n_in, n_out = shape
    left = LeftMatrix(delta, n_out, UNIT_STRIDE)
    gemm(left, transposed, delta_below, rows, n_out, n_in, SET, delta)
    derivative_at(activation, saved, delta_below, rows, n_in, delta_below, all_activations)


@operation
def layer_gradient(inputs, delta, weight_gradient, bias_gradient):
    """Add inputs.T @ delta to weight_gradient and, unless it is empty, delta to bias_gradient."""
    require_fit("layer_gradient", inputs, delta, weight_gradient, bias_gradient)
    shape = Shape(inputs.shape[0], inputs.shape[1], delta.shape[1])
    gradient = LayerGradient(address(weight_gradient), address(bias_gradient), bias_gradient.size)
    rows, scratch = Rows(address(inputs), shape.n_in), Scratch(address(inputs), False)
    layer_gradient_at(shape, rows, address(delta), gradient, ADD, scratch)


@inner
def layer_gradient_at(shape, inputs, delta, gradient, add, scratch):
    """Set the gradient of the weights of n_in inputs, or add to it."""
    mode = ADD if add else SET
    rows, n_in, n_out = shape
    if n_in > 0:
        left, row_stride, k_stride = inputs.data, UNIT_STRIDE, inputs.row_stride
        if scratch.available and _worth_transposing(n_in, rows, n_out, lane_count(delta)):
            row_stride, k_stride = transposed_stride(rows, lane_count(delta)), UNIT_STRIDE
            transpose(left, rows, n_in, inputs.row_stride, scratch.data, row_stride)
            left = scratch.data
        inputs_t = LeftMatrix(left, row_stride, k_stride)
        gemm(inputs_t, delta, gradient.weights, n_in, rows, n_out, mode, delta)
    if gradient.bias:
        sum_rows(delta, rows, n_out, gradient.biases, mode)


@inner
def _worth_transposing(n_in, rows, n_out, lanes):
    """Whether transposing the inputs pays: inputs.T is read once for each column of tiles.

    Without it, consecutive numbers of a row of inputs.T are far apart in memory, at worst in the
    same few sets of the cache. Zen 4, GFLOP/s without and with it: 128-512-512 103 and 111, float64
    36 and 54; 128-1024-1024 53 and 111; 128-784-100, seven columns of tiles, 104 and 102, float64,
    13 of them, 47 and 52.
    """
    return n_out >= 12 * COLUMN_REGISTERS * lanes and n_in * rows >= 2048 * lanes


@inner
def transposed_stride(rows, lanes):
    """Return the row stride of the transposed inputs: an odd number of vectors."""
    return ((rows + lanes - 1) // lanes | 1) * lanes
