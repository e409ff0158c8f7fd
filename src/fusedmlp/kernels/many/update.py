"""The update of a group of networks from their gradients: penalties, clipping, the optimiser."""

from fusedmlp.kernels.blocked.partition import layer_weights_in
from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.many import numbers as n
from fusedmlp.kernels.many.lanes import load, zeros
from fusedmlp.kernels.many.numbers import number
from fusedmlp.kernels.vector import (
    absolute,
    any_lane,
    copysign,
    fma,
    select,
    sqrt,
    store,
)
from fusedmlp.kernels.vector.typed_constants import ZERO
from fusedmlp.plan.codes import Optimizer


@inner
def update_with_extras(run, epoch, step):
    """Update the parameters, given the gradient, by any optimiser, with penalties and clipping."""
    optimizer = run.steps.optimizer
    penalize_and_clip(run)
    if optimizer == Optimizer.SGD:
        sgd(run)
        return
    if optimizer == Optimizer.ADAMW:
        decay(run)
    if optimizer == Optimizer.ADAM or optimizer == Optimizer.ADAMW:
        n.set_moments(run, epoch, step)
    adaptive(run)


@inner
def sgd(run):
    """Update the parameters by SGD, given the gradient."""
    work, steps = run.work, run.steps
    rate, share = number(work, n.RATE), number(work, n.MOMENTUM)
    for k in range(0, run.arrays.size * work.lanes, work.lanes):
        g = load(work.gradient, k)
        sgd_at(work.params, work.velocity, k, g, rate, share, steps.momentum, steps.nesterov)


@inner
def sgd_at(params, velocity, k, g, rate, share, momentum, nesterov):
    """Update the parameter at k by SGD, as PyTorch defines momentum; g: its gradient."""
    if momentum:
        v = share * load(velocity, k) + g
        store(velocity, k, v)
        g = g + share * v if nesterov else v
    store(params, k, load(params, k) - rate * g)


@inner
def penalize_and_clip(run):
    """Add the penalties' derivative to the gradient of the weights, and clip it."""
    work, lanes = run.work, run.work.lanes
    l1, l2, zero = number(work, n.L1), number(work, n.L2), zeros(work.params)
    if run.steps.penalties:
        for layer in range(run.network.layers):
            first, size = layer_weights_in(run.network, layer, ZERO, run.arrays.size)
            for k in range(first * lanes, (first + size) * lanes, lanes):
                w = load(work.params, k)
                sign = select(w > 0.0, 1.0, zero) - select(w < 0.0, 1.0, zero)
                store(work.gradient, k, load(work.gradient, k) + (l2 * w + l1 * sign))
    if run.steps.clips:
        _clip(work, run.arrays.size)


@inner
def _clip(work, size):
    """Clip each gradient by value, then by norm."""
    lanes, most, squares = work.lanes, number(work, n.CLIP_VALUE), zeros(work.params)
    for k in range(0, size * lanes, lanes):
        g = load(work.gradient, k)
        g = select(g < 0.0 - most, 0.0 - most, select(g > most, most, g))
        store(work.gradient, k, g)
        squares = fma(g, g, squares)
    length, limit = sqrt(squares), number(work, n.CLIP_NORM)
    factor = select(length > limit, limit / length, 1.0)
    for k in range(0, size * lanes, lanes):
        store(work.gradient, k, load(work.gradient, k) * factor)


@inner
def decay(run):
    """Shrink the weights, as AdamW does before its update."""
    work, lanes = run.work, run.work.lanes
    factor = number(work, n.DECAY)
    for layer in range(run.network.layers):
        first, size = layer_weights_in(run.network, layer, ZERO, run.arrays.size)
        for k in range(first * lanes, (first + size) * lanes, lanes):
            store(work.params, k, load(work.params, k) * factor)


@inner
def adaptive(run):
    """Update the parameters by an optimiser with a step size for each of them."""
    if run.steps.optimizer == Optimizer.RPROP:
        _rprop(run.work, run.arrays.size)
    elif run.steps.optimizer == Optimizer.RMSPROP or run.steps.optimizer == Optimizer.ADAGRAD:
        _rmsprop(run.work, run.arrays.size)
    else:
        _adam(run.work, run.arrays.size)


@inner
def _adam(work, size):
    """Apply Adam (Kingma and Ba, 2015)."""
    lanes, rate, epsilon = work.lanes, number(work, n.RATE), number(work, n.EPSILON)
    beta_1, rest_1 = number(work, n.BETA_1), number(work, n.REST_1)
    beta_2, rest_2 = number(work, n.BETA_2), number(work, n.REST_2)
    correction = number(work, n.CORRECTION)
    for k in range(0, size * lanes, lanes):
        g = load(work.gradient, k)
        v = beta_1 * load(work.velocity, k) + rest_1 * g
        s = beta_2 * load(work.squares, k) + rest_2 * (g * g)
        step = rate * v / (sqrt(s) * correction + epsilon)
        store(work.params, k, load(work.params, k) - step)
        store(work.velocity, k, v)
        store(work.squares, k, s)


@inner
def _rmsprop(work, size):
    """Apply RMSprop or Adagrad."""
    lanes, rate, epsilon = work.lanes, number(work, n.RATE), number(work, n.EPSILON)
    keep, added, momentum = number(work, n.KEEP), number(work, n.ADDED), number(work, n.MOMENTUM)
    for k in range(0, size * lanes, lanes):
        g = load(work.gradient, k)
        s = fma(added, g * g, keep * load(work.squares, k))
        v = momentum * load(work.velocity, k) + g / (sqrt(s) + epsilon)
        store(work.params, k, load(work.params, k) - rate * v)
        store(work.velocity, k, v)
        store(work.squares, k, s)


@inner
def _rprop(work, size):
    """Apply iRprop- (Igel and Huesken, 2000)."""
    lanes, least, most = work.lanes, number(work, n.LEAST_STEP), number(work, n.MOST_STEP)
    eta_minus, eta_plus = number(work, n.ETA_MINUS), number(work, n.ETA_PLUS)
    for k in range(0, size * lanes, lanes):
        g, s = load(work.gradient, k), load(work.squares, k)
        agreement = g * load(work.velocity, k)
        sign_changed = agreement < 0.0
        s = select(agreement > 0.0, eta_plus * s, select(sign_changed, eta_minus * s, s))
        s = select(s < least, least, select(s > most, most, s))
        v = select(sign_changed, 0.0, g)
        step = copysign(select(absolute(v) > 0.0, s, v), v)
        store(work.params, k, load(work.params, k) - step)
        store(work.velocity, k, v)
        store(work.squares, k, s)


@inner
def may_not_be_finite(work, size):
    """Whether the sum of any network's parameters is infinite or NaN, as it is if one of them is.

    In four independent sums; 0 times infinity or NaN is NaN. Additions have units of their own on
    AMD's processors, while products are what the rest of a step waits for.
    """
    lanes, k = work.lanes, 0
    a = b = c = d = zeros(work.params)
    while k + 4 <= size:
        a = a + load(work.params, k * lanes)
        b = b + load(work.params, (k + 1) * lanes)
        c = c + load(work.params, (k + 2) * lanes)
        d = d + load(work.params, (k + 3) * lanes)
        k += 4
    while k < size:
        a = a + load(work.params, k * lanes)
        k += 1
    return any_lane(0.0 * ((a + b) + (c + d)))
