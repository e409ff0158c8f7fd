"""Kernels that compile in a moment and share functions."""

from numba import types

from fusedmlp.kernels.compilation.jit import compiled, shared


@shared(types.int64)
def square(x):
    return x * x


@shared(types.int64)
def square_and(x, more):
    if more is None:
        return square(x)
    return square(x) + more


@compiled
def square_plus_3(x):
    return square_and(x, 3)


@compiled
def square_minus_3(x):
    return square_and(x, None) - 3


@shared(types.int64)
def refused(x):
    if x < 0:
        raise ValueError("x must be at least 0")
    return x


@compiled
def refused_or_square(x):
    return square(refused(x))
