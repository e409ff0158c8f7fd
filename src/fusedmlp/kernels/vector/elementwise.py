"""The element-wise loop: whole vectors, then the rest.

All loops that do the same with each number are made here, of the line that differs. Wide vectors,
whose registers need not wait for each other, take a seventh less time than single ones. The lines
are called in one place of the loop, since what is called is compiled there.
"""

from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.vector import WIDE, lane_count, load_first_wide, load_wide, store, store_first


def elementwise(line):
    """Return a loop over `size` numbers from a line for one wide vector of them.

    The line takes the index of the vector's first number, the size, and the arguments that the loop
    takes after the size, of which the first is an address; it loads with `load_part` and stores
    with `store_part`.
    """
    line = inner(line)

    @inner
    def loop(size, *arguments):
        lanes, k = WIDE * lane_count(arguments[0]), 0
        while k < size:
            line(k, size, *arguments)
            k += lanes

    return loop


def replace_each(function):
    """Return a loop (size, z, *constants) that replaces all z by the function of them."""

    def replace(k, size, z, *constants):
        store_part(z, k, function(load_part(z, k, size), *constants), size)

    return elementwise(replace)


def combine_each(function):
    """Return a loop (size, a, b, result, *constants): the results are the function of a and b."""

    def combine(k, size, a, b, result, *constants):
        value = function(load_part(a, k, size), load_part(b, k, size), *constants)
        store_part(result, k, value, size)

    return elementwise(combine)


@inner
def load_part(memory, k, size):
    """Return the wide vector at k of so many numbers; lanes past the last are 0."""
    if k + WIDE * lane_count(memory) <= size:
        return load_wide(memory, k)
    return load_first_wide(memory, k, size - k)


@inner
def store_part(memory, k, vector, size):
    """Store the wide vector at k of so many numbers."""
    if k + WIDE * lane_count(memory) <= size:
        store(memory, k, vector)
    else:
        store_first(memory, k, vector, size - k)
