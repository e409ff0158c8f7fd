"""How far rounding may move the results of each twin, given its arguments.

One unit for each number that a twin writes: the machine epsilon times the sizes of the terms that
were added to make it. A sum may cancel to 0; its rounding is still that of its terms.
"""

import numpy as np

from fusedmlp.plan.codes import VARIANCE_EPSILON, Activation, Loss

SLOPE = 1.2  # no derivative of a hidden activation is larger


def epsilon(array):
    return np.finfo(array.dtype).eps


def of_sum(terms):
    """Return the rounding of a sum: u for each of its terms, u half an epsilon (Higham's bound).

    Equal terms reach it, since all of their roundings go the same way. A unit is a 16th of what
    two results may differ by.
    """
    return max(1.0, terms / 32)


def of_activate(after, activation, before, *_):
    # gelu: the error of its tail, below -1, is relative to its value at -1.
    least = 0.16 if activation == Activation.GELU else 0.0
    # silu, gelu: the last normal digits of a tiny gate, which z is multiplied by, may be lost.
    of_gate = np.abs(before) * np.finfo(before.dtype).smallest_subnormal
    return [np.maximum(np.abs(after[0]), least) * epsilon(before) + of_gate]


def of_forward(_after, inputs, weights, biases, *_):
    terms = np.abs(inputs) @ np.abs(weights)
    terms = terms + np.abs(biases) if biases.size else terms
    return [terms * epsilon(inputs) * of_sum(len(weights))]


def of_backpropagate(_after, delta, weights, *_):
    roundings = of_sum(weights.shape[1]) * epsilon(delta)
    return [np.abs(delta) @ np.abs(weights.T) * (SLOPE * roundings)]


def of_layer_gradient(_after, inputs, delta, weights, biases, *_):
    size, total = np.abs(delta), np.abs(delta).sum(axis=0)
    of_weights, of_biases = np.abs(inputs.T) @ size, total[: biases.size]
    roundings = of_sum(len(delta)) * epsilon(delta)
    return [(of_weights + np.abs(weights)) * roundings, (of_biases + np.abs(biases)) * roundings]


def of_output_delta(_after, kind, activation, outputs, targets, scale, *_):
    error = np.abs(scale) * (np.abs(outputs) + np.abs(targets))
    if kind not in (Loss.LOG_LOSS, Loss.POISSON):
        if kind == Loss.ABSOLUTE_ERROR:
            error = np.full_like(outputs, np.abs(scale))
        if activation == Activation.SOFTMAX:
            error = outputs * (error + (outputs * error).sum(axis=1, keepdims=True))
        elif activation == Activation.EXP:
            error = error * outputs
    return [error * epsilon(outputs)]


def of_loss(after, kind, _activation, outputs, targets, *_):
    out, target = outputs.astype(float), targets.astype(float)
    terms = np.abs(after[0]) + np.abs(out).sum() + np.abs(target).sum()
    if kind == Loss.POISSON:
        positive = target > 0
        terms += np.abs(target[positive] * np.log(target[positive] / out[positive])).sum()
    return [terms * epsilon(out) * of_sum(out.size)]


def of_log_loss(after, _activation, sums, *_):
    """All terms are positive, and computed in float64."""
    return [np.abs(after[0]) * np.finfo(float).eps * of_sum(sums.size)]


def of_normalize(after, before, scale, shift, *_):
    z, normalized, _, variance = after
    centring = np.abs(before).max(axis=0) * epsilon(z) * of_sum(len(z))
    size, deviation = np.abs(normalized), np.sqrt(variance + VARIANCE_EPSILON)
    of_normalized = centring / deviation * (1 + size) + size * epsilon(z)
    of_z = np.abs(scale) * of_normalized + (np.abs(scale) * size + np.abs(shift)) * epsilon(z)
    of_variance = centring * (2 * np.sqrt(variance) + centring) + variance * epsilon(z)
    return [of_z, of_normalized, centring, of_variance]


def of_normalize_backward(_after, delta, normalized, variance, scale, *_):
    roundings = epsilon(delta) * of_sum(len(delta))
    factor = np.abs(scale) / np.sqrt(variance + VARIANCE_EPSILON)
    size, normalized = np.abs(delta), np.abs(normalized)
    shifts, scales = size.sum(axis=0), (size * normalized).sum(axis=0)
    terms = size + (shifts + normalized * scales) / len(delta)
    of_delta = factor * (terms * roundings + np.finfo(delta.dtype).smallest_subnormal)
    return [of_delta, scales * roundings, shifts * roundings]


def of_follow(_after, mean, variance, _rows, means, variances, *_):
    of_means = (np.abs(means) + np.abs(mean)) * epsilon(mean)
    return [of_means, (variances + 2 * variance) * epsilon(mean)]


def of_update(_after, params, gradient, velocity, rate, momentum, *_):
    of_velocity = (np.abs(momentum * velocity) + np.abs(gradient)) * epsilon(params)
    of_params = np.abs(params) * epsilon(params) + 2 * abs(rate) * of_velocity
    return [of_params, of_velocity]


def of_adam(after, params, gradient, velocity, _squares, rate, beta_1, beta_2, constant, step, *_):
    unit = epsilon(params)
    of_velocity = (beta_1 * np.abs(velocity) + (1 - beta_1) * np.abs(gradient)) * unit
    root = np.sqrt(after[2]) / (1 - beta_2**step) ** 0.5 + constant
    of_step = rate / (1 - beta_1**step) * (of_velocity + np.abs(after[1]) * unit) / root
    return [np.abs(params) * unit + of_step, of_velocity, after[2] * unit]


def of_rmsprop(
    after, params, gradient, velocity, _squares, rate, momentum, _keep, _add, constant, *_
):
    unit = epsilon(params)
    of_step = np.abs(gradient) / (np.sqrt(after[2]) + constant)
    of_velocity = (momentum * np.abs(velocity) + of_step) * unit
    return [np.abs(params) * unit + 2 * rate * of_velocity, of_velocity, after[2] * unit]


def of_rprop(after, params, *_):
    squares = after[2]
    return [(np.abs(params) + squares) * epsilon(params), 0 * squares, squares * epsilon(params)]


def of_penalize(_after, weights, gradient, l1, l2, *_):
    return [(np.abs(gradient) + l2 * np.abs(weights) + l1) * epsilon(weights)]


def of_clip_norm(after, gradient, *_):
    return [np.abs(after[0]) * epsilon(gradient) * of_sum(gradient.size)]


def of_add_squares(after, inputs, *_):
    return [after[0] * epsilon(inputs)]


def of_learn_to_sample(after, _scores, _usual, _floor, _rate, drawn, *_):
    # The squares over their mean: a few roundings of each, and those of the sums in the mean.
    return [4 * of_sum(len(drawn)) * np.abs(array) * epsilon(array) for array in after]


def exact(after, *_):
    return [np.zeros(array.shape) for array in after]


def relative(after, *_):
    return [np.abs(array) * epsilon(array) for array in after]
