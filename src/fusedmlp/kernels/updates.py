"""SGD's update, and the count of direction changes, compiled."""

import numpy as np

from fusedmlp.kernels.compilation.door import operation
from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.compilation.require_fit import require_fit
from fusedmlp.kernels.vector import address, at, put
from fusedmlp.kernels.vector.elementwise import elementwise, load_part, store_part


@operation
def update(params, gradient, velocity, learning_rate, momentum, nesterov):
    """Move params against the gradient: SGD with momentum, as PyTorch defines it."""
    require_fit("update", params, gradient, velocity, learning_rate, momentum, nesterov)
    update_at(
        params.size, address(params), address(gradient), address(velocity), learning_rate, momentum,
        nesterov,
    )  # fmt: skip


@elementwise
def update_at(k, size, params, gradient, velocity, learning_rate, momentum, nesterov):
    """Update the parameters at an address."""
    g = load_part(gradient, k, size)
    v = momentum * load_part(velocity, k, size) + g
    store_part(velocity, k, v, size)
    step = g + momentum * v if nesterov else v
    store_part(params, k, load_part(params, k, size) - learning_rate * step, size)


@operation
def count_direction_changes(gradient, uphill, changes):
    """Count, for each weight, the updates whose direction differs from the one before.

    uphill: 1 where the last update increased the weight, 0 where it did not, -1 before the first.
    """
    require_fit("count_direction_changes", gradient, uphill, changes)
    count_changes_at(address(gradient), address(uphill), address(changes), gradient.size)


@inner
def count_changes_at(gradient, uphill, changes, size):
    """Count the direction changes of the gradient at an address."""
    for k in range(size):
        up = np.int64(at(gradient, k) < 0)
        before = np.int64(at(uphill, k))
        put(changes, k, at(changes, k) + ((before >= 0) & (before != up)))
        put(uphill, k, up)
