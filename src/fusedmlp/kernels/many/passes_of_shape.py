"""The passes of a small full batch whose shape is a constant: see `shape.py`.

What the passes for any sizes store and load again stays in registers here: a layer's sums until
they are activated, and a gradient until SGD has used it. Zen 4 stores 64 bytes in two cycles. 3-4-1
with 4 rows, one thread, ns a network-epoch: with each part written out and stored 26.8 in float64
and 12.0 in float32, so 22.7 and 9.4, and with two groups in turns 21.7 and 9.0.
"""

from collections.abc import Callable
from typing import Any

from fusedmlp.kernels.activations import FORMULAS
from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.many.forward_backward import (
    error_of,
    softmax_derivative_of_rows,
    softmax_of_rows,
)
from fusedmlp.kernels.many.lanes import load, network_count, zeros
from fusedmlp.kernels.many.numbers import HUBER_DELTA, MOMENTUM, RATE
from fusedmlp.kernels.many.shape import Sizes, places_of
from fusedmlp.kernels.many.update import sgd_at
from fusedmlp.kernels.vector import concatenate, fma, shifted, split, stack_buffer, store
from fusedmlp.plan.codes import Activation, Loss

Pass = Callable[..., Any]

_FORMULAS = {int(code): formula for code, formula in FORMULAS.items()}


@inner
def get(memory, place):
    """Return the vector at a place."""
    return load(memory, place * network_count(memory))


@inner
def put(memory, place, vector):
    """Store a vector at a place."""
    store(memory, place * network_count(memory), vector)


def layer_forward_of(shape: Sizes, layer: int) -> Pass:
    """Return a function (memory) that computes a layer's outputs.

    It activates the sums of two rows at a time, in independent registers.
    """
    n_out, rows, places = shape.sizes[layer + 1], shape.rows, places_of(shape)
    outputs, sums, unit_sum = places.values[layer + 1], places.sums, _unit_sum(shape, layer)
    keeps_sums = shape.loss == Loss.LOG_LOSS and layer == len(shape.activations) - 1
    code = shape.activations[layer]
    is_softmax = code == Activation.SOFTMAX
    function = _FORMULAS[Activation.IDENTITY if is_softmax else code].function

    @inner
    def last_row(memory):
        for k in range((rows - 1) * n_out, rows * n_out):
            z = unit_sum(memory, rows - 1, k - (rows - 1) * n_out)
            if keeps_sums:
                put(memory, sums + k, z)
            put(memory, outputs + k, function(z))

    odd_row = last_row if rows % 2 else _nothing

    @inner
    def forward(memory):
        for pair in range(rows // 2):
            r, s = 2 * pair, 2 * pair + 1
            for j in range(n_out):
                z = concatenate(unit_sum(memory, r, j), unit_sum(memory, s, j))
                if keeps_sums:
                    _put_two(memory, sums + r * n_out + j, sums + s * n_out + j, z)
                _put_two(memory, outputs + r * n_out + j, outputs + s * n_out + j, function(z))
        odd_row(memory)
        if is_softmax:
            lanes = network_count(memory)
            softmax_of_rows(shifted(memory, outputs * lanes), rows, n_out, lanes)

    return forward


@inner
def _put_two(memory, a, b, pair):
    low, high = split(pair)
    put(memory, a, low)
    put(memory, b, high)


@inner
def _nothing(*arguments):
    pass


def _unit_sum(shape: Sizes, layer: int) -> Pass:
    """Return a function (memory, row, unit) that returns a sum of a layer."""
    n_in, n_out, has_bias, places = *shape.sizes[layer : layer + 2], shape.bias, places_of(shape)
    inputs, weights, biases = places.values[layer], places.weights[layer], places.biases[layer]

    @inner
    def unit_sum(memory, row, unit):
        total = zeros(memory)
        if has_bias:
            total = get(memory, biases + unit)
        for i in range(n_in):
            x, w = get(memory, inputs + row * n_in + i), get(memory, weights + i * n_out + unit)
            total = fma(x, w, total)
        return total

    return unit_sum


def output_delta_of(shape: Sizes) -> Pass:
    """Return a function (memory, scale) that sets the last layer's delta."""
    n_out, rows, loss, places = shape.sizes[-1], shape.rows, shape.loss, places_of(shape)
    outputs, deltas, targets = places.values[-1], places.deltas[-1], places.targets
    code = Activation.IDENTITY if loss == Loss.LOG_LOSS else shape.activations[-1]
    is_softmax = code == Activation.SOFTMAX
    derivative = _FORMULAS[Activation.IDENTITY if is_softmax else code].derivative

    huber_delta = places.numbers + HUBER_DELTA

    @inner
    def output_delta(memory, scale):
        lanes, most = network_count(memory), scale * get(memory, huber_delta)
        for k in range(rows * n_out):
            out = get(memory, outputs + k)
            error = error_of(loss, out, get(memory, targets + k), scale, most)
            put(memory, deltas + k, derivative(out, error))
        if is_softmax:
            out, delta = shifted(memory, outputs * lanes), shifted(memory, deltas * lanes)
            softmax_derivative_of_rows(out, delta, rows, n_out, lanes)

    return output_delta


def sgd_of(shape: Sizes) -> Pass:
    """Return a function (memory, steps, place, number) that updates a parameter by SGD.

    steps: whether with momentum, and whether with Nesterov's.
    """
    places = places_of(shape)
    velocity, rate, share = places.velocity, places.numbers + RATE, places.numbers + MOMENTUM

    @inner
    def update(memory, steps, place, g):
        lanes, (momentum, nesterov) = network_count(memory), steps
        sgd_at(
            memory, shifted(memory, velocity * lanes), place * lanes, g, get(memory, rate),
            get(memory, share), momentum, nesterov,
        )  # fmt: skip

    return update


def gradient_of(shape: Sizes) -> Pass:
    """Return a function (memory, steps, place, number) that stores the gradient of a parameter."""
    gradient = places_of(shape).gradient

    @inner
    def set_gradient(memory, steps, place, g):  # noqa: ARG001
        put(memory, gradient + place, g)

    return set_gradient


def backward_of(shape: Sizes, use: Pass) -> Pass:
    """Return a function (memory, steps) that computes the gradient, given the last layer's delta.

    use: a function (memory, steps, place, number) that takes the gradient of the parameter at a
    place; steps: what it needs to know.
    """
    if len(shape.activations) == 1:
        return _first_layer_backward(shape, _output_delta_at(shape), _nothing, use)
    first = _first_layer_backward(shape, _hidden_delta_at(shape), _weights_above(shape, use), use)
    n_out, rows, has_bias, places = shape.sizes[-1], shape.rows, shape.bias, places_of(shape)
    deltas, biases = places.deltas[-1], places.biases[-1]

    @inner
    def backward(memory, steps):
        first(memory, steps)
        if has_bias:
            for j in range(n_out):
                total = zeros(memory)
                for r in range(rows):
                    total = total + get(memory, deltas + r * n_out + j)
                use(memory, steps, biases + j, total)

    return backward


def _first_layer_backward(shape: Sizes, delta_at: Pass, above: Pass, use: Pass) -> Pass:
    """Return a function (memory, steps) that computes the first layer's gradient, unit by unit.

    delta_at: a function (memory, row, unit) that returns a delta. above: a function (memory, steps,
    unit) that computes the gradient of the unit's weights in the next layer.
    """
    (n_in, n_out), places = shape.sizes[:2], places_of(shape)
    rows, has_bias, inputs = shape.rows, shape.bias, places.values[0]
    weights, biases = places.weights[0], places.biases[0]

    @inner
    def backward(memory, steps):
        deltas = stack_buffer(memory)  # of few rows: the compiler keeps them in registers
        for j in range(n_out):
            total = zeros(memory)
            for r in range(rows):
                delta = delta_at(memory, r, j)
                put(deltas, r, delta)
                total = total + delta
            above(memory, steps, j)
            if has_bias:
                use(memory, steps, biases + j, total)
            for i in range(n_in):
                total = zeros(memory)
                for r in range(rows):
                    total = fma(get(memory, inputs + r * n_in + i), get(deltas, r), total)
                use(memory, steps, weights + i * n_out + j, total)

    return backward


def _output_delta_at(shape: Sizes) -> Pass:
    """Return a function (memory, row, unit) that returns a delta of the last layer."""
    n_out, deltas = shape.sizes[-1], places_of(shape).deltas[-1]

    @inner
    def delta_at(memory, row, unit):
        return get(memory, deltas + row * n_out + unit)

    return delta_at


def _hidden_delta_at(shape: Sizes) -> Pass:
    """Return a function (memory, row, unit) that returns a delta of the hidden layer."""
    (_, units, n_out), places = shape.sizes, places_of(shape)
    outputs, weights = places.values[1], places.weights[1]
    output_delta_at = _output_delta_at(shape)
    derivative = _FORMULAS[shape.activations[0]].derivative

    @inner
    def delta_at(memory, row, unit):
        error = zeros(memory)
        for k in range(n_out):
            delta = output_delta_at(memory, row, k)
            error = fma(delta, get(memory, weights + unit * n_out + k), error)
        return derivative(get(memory, outputs + row * units + unit), error)

    return delta_at


def _weights_above(shape: Sizes, use: Pass) -> Pass:
    """Return a function (memory, steps, unit) that computes the gradient of a unit's weights."""
    (_, units, n_out), rows, places = shape.sizes, shape.rows, places_of(shape)
    outputs, weights = places.values[1], places.weights[1]
    output_delta_at = _output_delta_at(shape)

    @inner
    def above(memory, steps, unit):
        for k in range(n_out):
            total = zeros(memory)
            for r in range(rows):
                out = get(memory, outputs + r * units + unit)
                total = fma(out, output_delta_at(memory, r, k), total)
            use(memory, steps, weights + unit * n_out + k, total)

    return above
