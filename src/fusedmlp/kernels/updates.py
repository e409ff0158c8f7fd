"""What a step does with the gradient, compiled. All loops run over the flat vector."""

from fusedmlp.kernels.compiled import compiled, inner
from fusedmlp.kernels.vectors import (
    address,
    at,
    lane_count,
    load,
    load_first,
    put,
    store,
    store_first,
    total,
    zeros,
)


@compiled
def update(params, gradient, velocity, learning_rate, momentum, nesterov):
    """Move params against the gradient: SGD with momentum, as PyTorch defines it."""
    update_at(
        address(params),
        address(gradient),
        address(velocity),
        params.size,
        learning_rate,
        momentum,
        nesterov,
    )


@inner
def update_at(params, gradient, velocity, size, learning_rate, momentum, nesterov):
    """Update the parameters at an address."""
    lanes = lane_count(params)
    full = size - size % lanes
    for k in range(0, full, lanes):
        g = load(gradient, k)
        v = momentum * load(velocity, k) + g
        store(velocity, k, v)
        step = g + momentum * v if nesterov else v
        store(params, k, load(params, k) - learning_rate * step)
    if full < size:
        rest = size - full
        g = load_first(gradient, full, rest)
        v = momentum * load_first(velocity, full, rest) + g
        store_first(velocity, full, v, rest)
        step = g + momentum * v if nesterov else v
        store_first(params, full, load_first(params, full, rest) - learning_rate * step, rest)


@compiled
def count_direction_changes(gradient, uphill, changes):
    """Count, for each weight, the updates whose direction differs from the one before.

    uphill: 1 where the last update raised the weight, 0 where not, -1 before the first.
    """
    count_changes_at(address(gradient), address(uphill), address(changes), gradient.size)


@inner
def count_changes_at(gradient, uphill, changes, size):
    """Count the direction changes of the gradient at an address."""
    for k in range(size):
        up = 1 if at(gradient, k) < 0 else 0
        before = at(uphill, k)
        if before >= 0 and before != up:
            put(changes, k, at(changes, k) + 1)
        put(uphill, k, up)


@inner
def finite_at(params, size):
    """Whether no parameter is infinite or NaN: zero times any other is zero."""
    lanes = lane_count(params)
    sums = zeros(params)
    for k in range(0, size - lanes + 1, lanes):
        sums = sums + 0.0 * load(params, k)
    rest = total(sums)
    for k in range(size - size % lanes, size):
        rest += 0 * at(params, k)
    return rest == 0
