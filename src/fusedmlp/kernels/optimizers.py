"""Optimisers with a step size for each parameter, compiled."""

from typing import Any, NamedTuple

import numpy as np

from fusedmlp.kernels.compilation.door import operation
from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.compilation.require_fit import require_fit
from fusedmlp.kernels.vector import absolute, address, copysign, fma, select, sqrt
from fusedmlp.kernels.vector.elementwise import elementwise, load_part, store_part


class AdamNumbers(NamedTuple):
    """The constants of a step of Adam; squares_correction: 1 / sqrt(1 - beta_2**step)."""

    rate: Any
    beta_1: Any
    beta_2: Any
    squares_correction: Any
    epsilon: Any


class MeanSquareNumbers(NamedTuple):
    """The constants of a step of RMSprop or Adagrad."""

    rate: Any
    momentum: Any
    keep: Any
    add: Any
    epsilon: Any


class RpropNumbers(NamedTuple):
    """The constants of a step of iRprop-."""

    eta_minus: Any
    eta_plus: Any
    least_step: Any
    most_step: Any


@operation
def adam(params, gradient, velocity, squares, learning_rate, beta_1, beta_2, epsilon, step):
    """Move params by Adam (Kingma and Ba, 2015); step counts from 1."""
    require_fit(
        "adam", params, gradient, velocity, squares, learning_rate, beta_1, beta_2, epsilon, step,
    )  # fmt: skip
    numbers = adam_numbers(learning_rate, beta_1, beta_2, epsilon, step)
    memory = address(params), address(gradient), address(velocity), address(squares)
    adam_at(params.size, *memory, numbers)


@inner
def adam_numbers(learning_rate, beta_1, beta_2, epsilon, step):
    """Return the constants of a step in float64, whatever the parameters' type."""
    rate = np.float64(learning_rate) / (1.0 - beta_1 ** np.float64(step))
    return AdamNumbers(
        rate, beta_1, beta_2, 1.0 / np.sqrt(1.0 - beta_2 ** np.float64(step)), epsilon
    )


@operation
def rmsprop(params, gradient, velocity, squares, learning_rate, momentum, keep, add, epsilon):
    """Move params by the gradient over the root of its accumulated squares.

    squares become keep * squares + add * gradient**2.
    """
    require_fit(
        "rmsprop", params, gradient, velocity, squares, learning_rate, momentum, keep, add, epsilon,
    )  # fmt: skip
    numbers = MeanSquareNumbers(learning_rate, momentum, keep, add, epsilon)
    memory = address(params), address(gradient), address(velocity), address(squares)
    rmsprop_at(params.size, *memory, numbers)


@operation
def rprop(params, gradient, velocity, squares, eta_minus, eta_plus, least_step, most_step):
    """Move params by iRprop- (Igel and Huesken, 2000).

    velocity: the last gradient; squares: the step sizes.
    """
    require_fit(
        "rprop", params, gradient, velocity, squares, eta_minus, eta_plus, least_step, most_step,
    )  # fmt: skip
    numbers = RpropNumbers(eta_minus, eta_plus, least_step, most_step)
    memory = address(params), address(gradient), address(velocity), address(squares)
    rprop_at(params.size, *memory, numbers)


@elementwise
def adam_at(k, size, params, gradient, velocity, squares, n):
    """Apply Adam to the parameters at an address."""
    g = load_part(gradient, k, size)
    v = n.beta_1 * load_part(velocity, k, size) + (1.0 - n.beta_1) * g
    s = n.beta_2 * load_part(squares, k, size) + (1.0 - n.beta_2) * (g * g)
    p = load_part(params, k, size)
    p = p - n.rate * v / (sqrt(s) * n.squares_correction + n.epsilon)
    store_part(params, k, p, size)
    store_part(velocity, k, v, size)
    store_part(squares, k, s, size)


@elementwise
def rmsprop_at(k, size, params, gradient, velocity, squares, n):
    """Apply RMSprop or Adagrad to the parameters at an address."""
    g = load_part(gradient, k, size)
    s = fma(n.add, g * g, n.keep * load_part(squares, k, size))
    v = n.momentum * load_part(velocity, k, size) + g / (sqrt(s) + n.epsilon)
    store_part(params, k, load_part(params, k, size) - n.rate * v, size)
    store_part(velocity, k, v, size)
    store_part(squares, k, s, size)


@elementwise
def rprop_at(k, size, params, gradient, velocity, squares, n):
    """Apply iRprop- to the parameters at an address."""
    g, s = load_part(gradient, k, size), load_part(squares, k, size)
    agreement = g * load_part(velocity, k, size)
    sign_changed = agreement < 0.0
    s = select(agreement > 0.0, n.eta_plus * s, select(sign_changed, n.eta_minus * s, s))
    s = select(s < n.least_step, n.least_step, select(s > n.most_step, n.most_step, s))
    v = select(sign_changed, 0.0, g)
    p = load_part(params, k, size) - copysign(select(absolute(v) > 0.0, s, v), v)
    store_part(params, k, p, size)
    store_part(velocity, k, v, size)
    store_part(squares, k, s, size)
