"""The forward and the backward pass of a block of rows, for a group of networks."""

from fusedmlp.kernels.activations import activate_at, derivative_at
from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.functions.exponential import exp_nonpositive
from fusedmlp.kernels.many.lanes import load, zeros
from fusedmlp.kernels.many.numbers import HUBER_DELTA, number
from fusedmlp.kernels.many.tiles import Matrix, product
from fusedmlp.kernels.vector import (
    at,
    fma,
    maximum,
    select,
    shifted,
    store,
)
from fusedmlp.kernels.vector.copies import copy
from fusedmlp.kernels.vector.typed_constants import UNIT_STRIDE, ZERO
from fusedmlp.plan.codes import Activation, Loss


@inner
def forward(run, rows):
    """Compute the outputs of all layers, and keep the sums of the last if its loss needs them."""
    network, work, lanes = run.network, run.work, run.work.lanes
    inputs, outputs = work.inputs, work.outputs
    for layer in range(network.layers):
        n_in, n_out = at(network.sizes, layer), at(network.sizes, layer + 1)
        weights = shifted(work.params, at(network.weight_offsets, layer) * lanes)
        bias = Matrix(work.zero, ZERO, ZERO)
        if network.bias:
            biases = shifted(work.params, at(network.bias_offsets, layer) * lanes)
            bias = Matrix(biases, ZERO, lanes)
        product(
            Matrix(inputs, n_in * lanes, lanes), Matrix(weights, n_out * lanes, lanes), bias,
            Matrix(outputs, n_out * lanes, lanes), rows, n_out, n_in,
        )  # fmt: skip
        activate_layer(run, layer, outputs, rows)
        inputs, outputs = outputs, shifted(outputs, work.block_rows * n_out * lanes)


@inner
def activate_layer(run, layer, outputs, rows):
    """Replace a layer's sums by its outputs; keep the sums of the last if its loss needs them."""
    network, work, lanes = run.network, run.work, run.work.lanes
    activation, n_out = at(network.activations, layer), at(network.sizes, layer + 1)
    if run.log_loss is not None and layer == network.layers - 1:
        copy(outputs, rows * n_out * lanes, work.sums)
    if activation == Activation.SOFTMAX:
        softmax_of_rows(outputs, rows, n_out, lanes)
    else:
        activate_at(activation, outputs, rows, n_out * lanes, network.all_activations)


@inner
def softmax_of_rows(z, rows, units, lanes):
    """Replace z (rows, units, lanes) by the softmax over the units."""
    for b in range(rows):
        row = shifted(z, b * units * lanes)
        largest, sums = load(row, 0), zeros(row)
        for j in range(1, units):
            largest = maximum(load(row, j * lanes), largest)
        for j in range(units):
            e = exp_nonpositive(load(row, j * lanes) - largest)
            store(row, j * lanes, e)
            sums = sums + e
        for j in range(units):
            store(row, j * lanes, load(row, j * lanes) / sums)


@inner
def output_delta(run, rows, scale):
    """Set the last layer's delta; scale: of the gradient of a row."""
    work, units, lanes = run.work, run.data.n_out, run.work.lanes
    outputs, delta = shifted(work.outputs, work.last), shifted(work.deltas, work.last)
    most = scale * number(work, HUBER_DELTA)
    for k in range(0, rows * units * lanes, lanes):
        error = error_of(run.loss, load(outputs, k), load(work.targets, k), scale, most)
        store(delta, k, error)
    if run.loss != Loss.LOG_LOSS:
        if run.last_activation == Activation.SOFTMAX:
            softmax_derivative_of_rows(outputs, delta, rows, units, lanes)
        else:
            any_activation = run.network.all_activations
            derivative_at(
                run.last_activation, outputs, delta, rows, units * lanes, delta, any_activation
            )


@inner
def error_of(loss, output, target, scale, most):
    """Return the derivative of a row's loss by an output, times `scale`; most: of Huber's."""
    error = scale * (output - target)
    if loss == Loss.HUBER:
        error = select(error > most, most, select(error < 0.0 - most, 0.0 - most, error))
    elif loss == Loss.ABSOLUTE_ERROR:
        error = select(error > 0.0, scale, select(error < 0.0, -scale, error))
    return error


@inner
def softmax_derivative_of_rows(outputs, delta, rows, units, lanes):
    """Multiply delta by softmax's derivative: o_j (e_j - sum_k o_k e_k)."""
    for b in range(rows):
        first, mean_error = b * units * lanes, zeros(outputs)
        for j in range(units):
            k = first + j * lanes
            mean_error = fma(load(outputs, k), load(delta, k), mean_error)
        for j in range(units):
            k = first + j * lanes
            store(delta, k, load(outputs, k) * (load(delta, k) - mean_error))


@inner
def backward(run, rows, add):
    """Set the gradient, or add to it, given the last layer's delta."""
    network, work, lanes = run.network, run.work, run.work.lanes
    place = work.last  # of a layer's deltas; its inputs, outputs of the layer below, are before it
    for layer in range(network.layers - 1, -1, -1):
        n_in, n_out = at(network.sizes, layer), at(network.sizes, layer + 1)
        delta, place = shifted(work.deltas, place), place - work.block_rows * n_in * lanes
        inputs = shifted(work.outputs, place) if layer > 0 else work.inputs
        _layer_gradient(run, layer, inputs, delta, rows, add)
        if layer > 0:
            below = shifted(work.deltas, place)
            weights = shifted(work.params, at(network.weight_offsets, layer) * lanes)
            product(
                Matrix(delta, n_out * lanes, lanes), Matrix(weights, lanes, n_out * lanes),
                Matrix(work.zero, ZERO, ZERO), Matrix(below, n_in * lanes, lanes), rows, n_in,
                n_out,
            )  # fmt: skip
            derive_layer(run, layer - 1, inputs, below, rows)


@inner
def derive_layer(run, layer, outputs, delta, rows):
    """Multiply a hidden layer's errors by its derivative: they become its delta."""
    network, activation = run.network, at(run.network.activations, layer)
    units = at(network.sizes, layer + 1) * run.work.lanes
    derivative_at(activation, outputs, delta, rows, units, delta, network.all_activations)


@inner
def _layer_gradient(run, layer, inputs, delta, rows, add):
    """Set a layer's part of the gradient, or add to it."""
    network, work, lanes = run.network, run.work, run.work.lanes
    n_in, n_out = at(network.sizes, layer), at(network.sizes, layer + 1)
    deltas = Matrix(delta, n_out * lanes, lanes)
    gradient = shifted(work.gradient, at(network.weight_offsets, layer) * lanes)
    result = Matrix(gradient, n_out * lanes, lanes)
    initial = result if add else Matrix(work.zero, ZERO, ZERO)
    product(Matrix(inputs, lanes, n_in * lanes), deltas, initial, result, n_in, n_out, rows)
    if network.bias:
        gradient = shifted(work.gradient, at(network.bias_offsets, layer) * lanes)
        result = Matrix(gradient, n_out * lanes, lanes)
        initial = result if add else Matrix(work.zero, ZERO, ZERO)
        product(Matrix(work.one, ZERO, ZERO), deltas, initial, result, UNIT_STRIDE, n_out, rows)
