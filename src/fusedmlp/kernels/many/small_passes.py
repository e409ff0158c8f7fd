"""The two passes: for any sizes, or for a shape that the compiler knows."""

from numba import types
from numba.extending import overload

from fusedmlp.kernels.compilation.jit import INNER, inner
from fusedmlp.kernels.many.forward_backward import activate_layer, backward, derive_layer, forward
from fusedmlp.kernels.many.shape import errors_below, layer_gradients, layer_sums
from fusedmlp.kernels.vector import shifted


def forward_pass(shape, run, rows):  # noqa: ARG001
    """Compute the outputs of all layers."""
    forward(run, rows)


def backward_pass(shape, run, rows, add):  # noqa: ARG001
    """Set the gradient, or add to it, given the last layer's delta."""
    backward(run, rows, add)


@overload(forward_pass, jit_options=INNER, inline="always")
def _forward_pass(shape, run, rows):  # noqa: ARG001
    if isinstance(shape, types.NoneType):
        return lambda shape, run, rows: forward(run, rows)  # noqa: ARG005
    if len(shape.sizes) == 2:
        return lambda shape, run, rows: _forward_one(shape, run, rows)
    return lambda shape, run, rows: _forward_two(shape, run, rows)


@overload(backward_pass, jit_options=INNER, inline="always")
def _backward_pass(shape, run, rows, add):  # noqa: ARG001
    if isinstance(shape, types.NoneType):
        return lambda shape, run, rows, add: backward(run, rows, add)  # noqa: ARG005
    if len(shape.sizes) == 2:
        return lambda shape, run, rows, add: layer_gradients(shape, run.work.params, 0)  # noqa: ARG005
    return lambda shape, run, rows, add: _backward_two(shape, run, rows)  # noqa: ARG005


@inner
def _forward_one(shape, run, rows):
    """Compute the outputs of a network without hidden layers."""
    layer_sums(shape, run.work.params, 0)
    activate_layer(run, 0, run.work.outputs, rows)


@inner
def _forward_two(shape, run, rows):
    """Compute the outputs of a network with one hidden layer."""
    layer_sums(shape, run.work.params, 0)
    activate_layer(run, 0, run.work.outputs, rows)
    layer_sums(shape, run.work.params, 1)
    activate_layer(run, 1, shifted(run.work.outputs, run.work.last), rows)


@inner
def _backward_two(shape, run, rows):
    """Set the gradient of a network with one hidden layer."""
    work = run.work
    layer_gradients(shape, work.params, 1)
    errors_below(shape, work.params, 1)
    derive_layer(run, 0, work.outputs, work.deltas, rows)
    layer_gradients(shape, work.params, 0)
