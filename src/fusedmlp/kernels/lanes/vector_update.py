"""SGD's update of one vector of weights of a small batch."""

from fusedmlp.kernels.lanes.inlined import force_inlined
from fusedmlp.kernels.vector import fma, load, store


@force_inlined
def update_vector(work, k, size, choices, gradient, learning_rate, momentum):
    """Update the weights at k; the velocity is `size` numbers further, then comes the gradient."""
    step = gradient
    if choices.track_directions:
        store(work, k + 2 * size, gradient)
    if choices.momentum:
        v = fma(momentum, load(work, k + size), gradient)
        store(work, k + size, v)
        step = fma(momentum, v, gradient) if choices.nesterov else v
    store(work, k, fma(-learning_rate, step, load(work, k)))
