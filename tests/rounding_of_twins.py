"""How far rounding may move the results of each twin, given its arguments.

One unit for each number that a twin writes: the machine epsilon times the sizes of the terms that
were added to make it. A sum may cancel to 0; its rounding is still that of its terms.
"""

import numpy as np

from fusedmlp.plan.codes import VARIANCE_EPSILON, Activation, Loss

SLOPE = 1.2  # no derivative of a hidden activation is larger


def epsilon(array):
    return np.finfo(array.dtype).eps


def of_activate(activation, before, *, after):
    # gelu: the error of its tail, below -1, is relative to its value at -1.
    least = 0.16 if activation == Activation.GELU else 0.0
    # silu, gelu: the last normal digits of a tiny gate, which z is multiplied by, may be lost.
    of_gate = np.abs(before) * np.finfo(before.dtype).smallest_subnormal
    return [np.maximum(np.abs(after[0]), least) * epsilon(before) + of_gate]


def of_forward(inputs, weights, biases, *_, after):
    terms = np.abs(inputs) @ np.abs(weights)
    return [(terms + np.abs(biases) if biases.size else terms) * epsilon(inputs)]


def of_backpropagate(delta, weights, *_, after):
    return [np.abs(delta) @ np.abs(weights.T) * (SLOPE * epsilon(delta))]


def of_layer_gradient(inputs, delta, weights, biases, *, after):
    size, total = np.abs(delta), np.abs(delta).sum(axis=0)
    of_weights = np.abs(inputs.T) @ size + np.abs(weights)
    return [of_weights * epsilon(delta), (np.abs(biases) + total[: biases.size]) * epsilon(delta)]


def of_output_delta(kind, activation, outputs, targets, scale, *_, after):
    error = np.abs(scale) * (np.abs(outputs) + np.abs(targets))
    if kind not in (Loss.LOG_LOSS, Loss.POISSON):
        if kind == Loss.ABSOLUTE_ERROR:
            error = np.full_like(outputs, np.abs(scale))
        if activation == Activation.SOFTMAX:
            error = outputs * (error + (outputs * error).sum(axis=1, keepdims=True))
        elif activation == Activation.EXP:
            error = error * outputs
    return [error * epsilon(outputs)]


def of_normalize(before, scale, shift, *_, after):
    z, normalized, _, variance = after
    centring = np.abs(before).max(axis=0) * epsilon(z)
    size, deviation = np.abs(normalized), np.sqrt(variance + VARIANCE_EPSILON)
    of_normalized = centring / deviation * (1 + size) + size * epsilon(z)
    of_z = np.abs(scale) * of_normalized + (np.abs(scale) * size + np.abs(shift)) * epsilon(z)
    of_variance = centring * (2 * np.sqrt(variance) + centring) + variance * epsilon(z)
    return [of_z, of_normalized, centring, of_variance]


def of_normalize_backward(delta, normalized, variance, scale, *_, after):
    factor = np.abs(scale) / np.sqrt(variance + VARIANCE_EPSILON) * epsilon(delta)
    size, normalized = np.abs(delta), np.abs(normalized)
    shifts, scales = size.sum(axis=0), (size * normalized).sum(axis=0)
    of_delta = factor * (size + (shifts + normalized * scales) / len(delta))
    return [of_delta, scales * epsilon(delta), shifts * epsilon(delta)]


def of_follow(mean, variance, rows, means, variances, *, after):
    of_means = (np.abs(means) + np.abs(mean)) * epsilon(mean)
    return [of_means, (variances + 2 * variance) * epsilon(mean)]


def of_update(params, gradient, velocity, rate, momentum, nesterov, *, after):
    of_velocity = (np.abs(momentum * velocity) + np.abs(gradient)) * epsilon(params)
    of_params = np.abs(params) * epsilon(params) + 2 * abs(rate) * of_velocity
    return [of_params, of_velocity]


def of_adam(params, gradient, velocity, squares, rate, beta_1, beta_2, constant, step, *, after):
    unit = epsilon(params)
    of_velocity = (beta_1 * np.abs(velocity) + (1 - beta_1) * np.abs(gradient)) * unit
    root = np.sqrt(after[2]) / (1 - beta_2**step) ** 0.5 + constant
    of_step = rate / (1 - beta_1**step) * (of_velocity + np.abs(after[1]) * unit) / root
    return [np.abs(params) * unit + of_step, of_velocity, after[2] * unit]


def of_rmsprop(params, gradient, velocity, squares, rate, momentum, keep, add, constant, *, after):
    unit = epsilon(params)
    of_step = np.abs(gradient) / (np.sqrt(after[2]) + constant)
    of_velocity = (momentum * np.abs(velocity) + of_step) * unit
    return [np.abs(params) * unit + 2 * rate * of_velocity, of_velocity, after[2] * unit]


def of_rprop(params, *_, after):
    squares = after[2]
    return [(np.abs(params) + squares) * epsilon(params), 0 * squares, squares * epsilon(params)]


def of_penalize(weights, gradient, l1, l2, *, after):
    return [(np.abs(gradient) + l2 * np.abs(weights) + l1) * epsilon(weights)]


def of_add_squares(inputs, *_, after):
    return [after[0] * epsilon(inputs)]


def exact(*_, after):
    return [np.zeros(array.shape) for array in after]


def relative(*_, after):
    return [np.abs(array) * epsilon(array) for array in after]
