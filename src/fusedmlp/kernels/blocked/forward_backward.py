"""Forward pass, backward pass and gradient of a block of rows.

Rows pass through the network in blocks: the outputs and deltas of a block stay in cache, a batch of
any size needs the same memory, and a run can stop and resume between any two blocks.
"""

from fusedmlp.kernels.activations import activate_at, needs_preactivation
from fusedmlp.kernels.blocked.batch_norm import normalize_delta, normalize_layer
from fusedmlp.kernels.blocked.dropout import apply_dropout, apply_dropout_to_delta
from fusedmlp.kernels.blocked.network import has_bias, total_units
from fusedmlp.kernels.blocked.partition import layer_inputs_in
from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.layers import (
    LayerGradient,
    Scratch,
    Shape,
    backpropagate_at,
    layer_gradient_at,
    preactivate_at,
    transposed_stride,
)
from fusedmlp.kernels.threads.barrier import stop_requested
from fusedmlp.kernels.vector import at, lane_count, shifted
from fusedmlp.kernels.vector.copies import copy, transpose
from fusedmlp.kernels.vector.elementwise import elementwise, load_part, store_part
from fusedmlp.kernels.vector.integers import larger, smaller
from fusedmlp.kernels.vector.matrices import Rows
from fusedmlp.plan.blocking import TILE_ROWS
from fusedmlp.plan.signals import STOP

# Multiplications after which a thread looks whether it is to stop: 5 to 50 ms.
MOST_PRODUCTS = 1 << 28


@inner
def forward_block(network, params, inputs, workspace, first, rows, measured, dropout, batch_norm):
    """Run the forward pass for `rows` rows; return the address of the last layer's outputs.

    inputs: the address of these rows; first: their first row in the workspace. measured: whether
    their loss is wanted, for which the sums of log_loss are kept. dropout and batch_norm are None
    for a plan without them.
    """
    outputs, saved, offset = workspace.outputs, workspace.saved, 0
    for layer in range(network.layers):
        n_in, n_out = at(network.sizes, layer), at(network.sizes, layer + 1)
        weights = shifted(params, at(network.weight_offsets, layer))
        biases = shifted(params, at(network.bias_offsets, layer))
        activation = at(network.activations, layer)
        out = shifted(outputs, first * n_out)
        bias = has_bias(network, layer)
        _preactivate(network, Shape(rows, n_in, n_out), inputs, weights, biases, bias, out)
        if batch_norm is not None:
            normalize_layer(batch_norm, network, workspace, layer, biases, out, rows)
        saved_out = shifted(saved, first * n_out)
        if network.save_for_backward:
            if needs_preactivation(activation):
                copy(out, rows * n_out, saved_out)
            saved = shifted(saved, network.block_rows * n_out)
        if measured and network.log_loss and layer == network.layers - 1:
            copy(out, rows * n_out, shifted(workspace.sums, first * n_out))
        activate_at(activation, out, rows, n_out, network.all_activations)
        if dropout is not None and dropout.dropped > 0 and layer < network.layers - 1:
            if not needs_preactivation(activation):
                copy(out, rows * n_out, saved_out)
            apply_dropout(dropout, layer, offset + first * n_out, Shape(rows, n_in, n_out), out)
        offset += network.block_rows * n_out
        inputs, outputs = out, shifted(outputs, network.block_rows * n_out)
    return inputs


@inner
def _preactivate(network, shape, inputs, weights, biases, bias, out):
    """Set out (rows, n_out) to inputs @ weights + biases, unless the threads are to stop."""
    rows, n_in, n_out = shape
    part = _rows_between_looks(rows, n_in * n_out)
    for first in range(0, rows, part):
        if stop_requested(network.signals, STOP):
            return
        count = smaller(part, rows - first)
        from_row, to_row = shifted(inputs, first * n_in), shifted(out, first * n_out)
        preactivate_at(Shape(count, n_in, n_out), from_row, weights, biases, bias, to_row)


@inner
def _rows_between_looks(rows, products):
    """Return for how many rows, of `products` multiplications each, a thread looks once for STOP.

    Ctrl-C is to be heeded in a tenth of a second, and a product of two matrices may take longer.
    """
    if rows * products <= MOST_PRODUCTS:
        return larger(1, rows)
    return larger(1, MOST_PRODUCTS // (TILE_ROWS * products)) * TILE_ROWS


@inner
def backward_block(network, workspace, first, rows, dropout, batch_norm):
    """Propagate the last layer's delta of some rows back through all layers but the first."""
    units = total_units(network)
    offset = network.block_rows * (units - at(network.sizes, network.layers))
    for layer in range(network.layers - 1, 0, -1):
        n_in, n_out = at(network.sizes, layer), at(network.sizes, layer + 1)
        delta = shifted(workspace.deltas, offset + first * n_out)
        offset -= network.block_rows * n_in
        activation = at(network.activations, layer - 1)
        saved = workspace.outputs
        if needs_preactivation(activation):
            saved = workspace.saved
        if dropout is not None and dropout.dropped > 0:
            saved = workspace.saved
        saved = shifted(saved, offset + first * n_in)
        below = shifted(workspace.deltas, offset + first * n_in)
        transposed = shifted(workspace.transposed_weights, at(network.weight_offsets, layer))
        part = _rows_between_looks(rows, n_in * n_out)
        for row in range(0, rows, part):
            if stop_requested(network.signals, STOP):
                return
            shape = Shape(smaller(part, rows - row), n_in, n_out)
            of_inputs, of_outputs = row * n_in, row * n_out
            backpropagate_at(
                shape, shifted(delta, of_outputs), transposed, activation,
                shifted(saved, of_inputs), shifted(below, of_inputs), network.all_activations,
            )  # fmt: skip
        if dropout is not None:
            apply_dropout_to_delta(dropout, offset + first * n_in, rows * n_in, below)
        if batch_norm is not None:
            normalize_delta(batch_norm, network, workspace, layer - 1, below, rows)


@inner
def gradient_of_block(network, inputs, workspace, first, rows, gradient, add, begin, end, signal):
    """Set begin..end of the gradient to that of some rows, or add it; inputs: their address.

    Each layer's transposed inputs have their own part of the workspace, since threads may be in
    different layers. signal: the place of the signal that ends this early, STOP or NEVER.
    """
    offset, transposed = 0, workspace.transposed_inputs
    stride = transposed_stride(rows, lane_count(gradient))
    for layer in range(network.layers):
        n_in, n_out = at(network.sizes, layer), at(network.sizes, layer + 1)
        weights, biases = at(network.weight_offsets, layer), at(network.bias_offsets, layer)
        from_input, to_input = layer_inputs_in(network, layer, begin, end)
        bias = has_bias(network, layer) if begin <= biases < end else 0
        part = _rows_between_looks(to_input - from_input, rows * n_out)
        for from_part in range(from_input, larger(to_input, from_input + 1), part):
            if stop_requested(network.signals, signal):
                return
            count = smaller(part, to_input - from_part)
            to_weights = shifted(gradient, weights + from_part * n_out)
            with_bias = bias if from_part == from_input else 0
            layer_gradient_at(
                Shape(rows, count, n_out),
                Rows(shifted(inputs, from_part), n_in),
                shifted(workspace.deltas, offset + first * n_out),
                LayerGradient(to_weights, shifted(gradient, biases), with_bias),
                add,
                Scratch(shifted(transposed, from_part * stride), network.partial_gradients == 1),
            )
        inputs = shifted(workspace.outputs, offset + first * n_out)
        offset += network.block_rows * n_out
        transposed = shifted(transposed, n_in * stride)


@inner
def transpose_weights(network, params, workspace, begin, end):
    """Transpose the weights in begin..end of all layers but the first."""
    for layer in range(1, network.layers):
        n_in, n_out = at(network.sizes, layer), at(network.sizes, layer + 1)
        start = at(network.weight_offsets, layer)
        first, last = layer_inputs_in(network, layer, begin, end)
        weights = shifted(params, start + first * n_out)
        target = shifted(workspace.transposed_weights, start + first)
        transpose(weights, last - first, n_out, n_out, target, n_in)


@elementwise
def sum_partial_gradients(k, size, total, partial, count, stride):
    """Set the total at an address to the sum of `count` partial gradients, added in order."""
    gradient = load_part(partial, k, size)
    for _ in range(1, count):
        partial = shifted(partial, stride)
        gradient = gradient + load_part(partial, k, size)
    store_part(total, k, gradient, size)
