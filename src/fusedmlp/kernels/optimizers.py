"""Rules that give each parameter a step of its own, compiled."""

from typing import Any, NamedTuple

import numpy as np

from fusedmlp.kernels.compiled import compiled, inner
from fusedmlp.kernels.vectors import (
    absolute,
    address,
    lane_count,
    load,
    load_first,
    root,
    select,
    store,
    store_first,
    with_sign,
)


class AdamNumbers(NamedTuple):
    """What one step of Adam's needs; root: that of the correction of the squares' mean."""

    rate: Any
    beta_1: Any
    beta_2: Any
    root: Any
    epsilon: Any


class MeanSquareNumbers(NamedTuple):
    """What a step of RMSprop's or Adagrad's needs."""

    rate: Any
    momentum: Any
    keep: Any
    add: Any
    epsilon: Any


class RpropNumbers(NamedTuple):
    """What a step of iRprop-'s needs."""

    eta_minus: Any
    eta_plus: Any
    least_step: Any
    most_step: Any


@compiled
def adam(params, gradient, velocity, squares, learning_rate, beta_1, beta_2, epsilon, step):
    """Move params by Adam (Kingma and Ba, 2015); step counts from 1."""
    numbers = adam_numbers(learning_rate, beta_1, beta_2, epsilon, step)
    adam_at(
        address(params), address(gradient), address(velocity), address(squares), params.size,
        numbers,
    )  # fmt: skip


@inner
def adam_numbers(learning_rate, beta_1, beta_2, epsilon, step):
    """Return the numbers of a step: doubles, whatever the parameters are."""
    rate = np.float64(learning_rate) / (1.0 - beta_1 ** np.float64(step))
    return AdamNumbers(
        rate, beta_1, beta_2, 1.0 / np.sqrt(1.0 - beta_2 ** np.float64(step)), epsilon
    )


@compiled
def rmsprop(params, gradient, velocity, squares, learning_rate, momentum, keep, add, epsilon):
    """Move params by the gradient over the root of what its squares come to.

    squares become keep * squares + add * gradient**2.
    """
    numbers = MeanSquareNumbers(learning_rate, momentum, keep, add, epsilon)
    rmsprop_at(
        address(params), address(gradient), address(velocity), address(squares), params.size,
        numbers,
    )  # fmt: skip


@compiled
def rprop(params, gradient, velocity, squares, eta_minus, eta_plus, least_step, most_step):
    """Move params by iRprop- (Igel and Huesken, 2000).

    velocity: the last gradient; squares: each weight's step.
    """
    numbers = RpropNumbers(eta_minus, eta_plus, least_step, most_step)
    rprop_at(
        address(params), address(gradient), address(velocity), address(squares), params.size,
        numbers,
    )  # fmt: skip


def _throughout(rule):
    """Return a function that applies a rule to all parameters at an address.

    rule: vectors of parameters, gradient, velocity and squares, and the numbers -> those but for
    the gradient. It stands twice in the loop, as a store of some lanes takes AMD's processors long.
    """

    @inner
    def throughout(params, gradient, velocity, squares, size, numbers):
        lanes = lane_count(params)
        full = size - size % lanes
        for k in range(0, full, lanes):
            p, v, s = rule(
                load(params, k), load(gradient, k), load(velocity, k), load(squares, k), numbers
            )
            store(params, k, p)
            store(velocity, k, v)
            store(squares, k, s)
        if full < size:
            rest = size - full
            p, v, s = rule(
                load_first(params, full, rest),
                load_first(gradient, full, rest),
                load_first(velocity, full, rest),
                load_first(squares, full, rest),
                numbers,
            )
            store_first(params, full, p, rest)
            store_first(velocity, full, v, rest)
            store_first(squares, full, s, rest)

    return throughout


@inner
def _adam(p, g, v, s, n):
    v = n.beta_1 * v + (1.0 - n.beta_1) * g
    s = n.beta_2 * s + (1.0 - n.beta_2) * (g * g)
    return p - n.rate * v / (root(s) * n.root + n.epsilon), v, s


@inner
def _rmsprop(p, g, v, s, n):
    s = n.keep * s + n.add * (g * g)
    v = n.momentum * v + g / (root(s) + n.epsilon)
    return p - n.rate * v, v, s


@inner
def _rprop(p, g, v, s, n):
    agreement = g * v
    turned = agreement < 0.0
    s = select(agreement > 0.0, n.eta_plus * s, select(turned, n.eta_minus * s, s))
    s = select(s < n.least_step, n.least_step, select(s > n.most_step, n.most_step, s))
    v = select(turned, 0.0, g)
    return p - with_sign(select(absolute(v) > 0.0, s, v), v), v, s


adam_at, rmsprop_at, rprop_at = _throughout(_adam), _throughout(_rmsprop), _throughout(_rprop)
