"""Element-wise loops: whole wide vectors, then the remainder.

Each loop is made from the operation on one wide vector. Wide vectors, whose registers are
independent of each other, take a seventh less time than single registers. The loop calls the
operation at one point only, since each call is compiled where it is inlined.
"""

from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.vector import (
    WIDE,
    lane_count,
    load_first_wide,
    load_wide,
    not_moved,
    store,
    store_first,
)


def elementwise(operation):
    """Return a loop (size, *arguments) over `size` numbers from the operation on one wide vector.

    The operation takes the index of the vector's first number, the size, and the arguments of the
    loop, the first of which is an address. It loads with `load_part` and stores with `store_part`.
    """
    operation = inner(operation)

    @inner
    def loop(size, *arguments):
        lanes, k = WIDE * lane_count(arguments[0]), 0
        while k < size:
            operation(k, size, *arguments)
            k += lanes

    return loop


def replace_each(function):
    """Return a loop (size, z, *constants) that replaces z by function(z, *constants)."""

    def replace(k, size, z, *constants):
        store_part(z, k, function(load_part(z, k, size), *constants), size)

    return elementwise(replace)


def combine_each(function):
    """Return a loop (size, a, b, result, *constants) that sets result to function(a, b)."""

    def combine(k, size, a, b, result, *constants):
        value = function(load_part(a, k, size), load_part(b, k, size), *constants)
        store_part(result, k, value, size)

    return elementwise(combine)


@inner
def load_part(memory, k, size):
    """Return the wide vector at index k of `size` numbers; lanes past the end are 0."""
    if k + WIDE * lane_count(memory) <= size:
        return load_wide(memory, k)
    return load_first_wide(memory, k, not_moved(size - k))


@inner
def store_part(memory, k, vector, size):
    """Store a wide vector at index k of `size` numbers; lanes past the end are not stored."""
    if k + WIDE * lane_count(memory) <= size:
        store(memory, k, vector)
    else:
        store_first(memory, k, vector, not_moved(size - k))
