"""Loops that do the same with each number.

One loop for each activation: a branch within costs a third of the speed. One call in it: what is
called is compiled there. Wide vectors, whose registers need not wait for each other, take a seventh
less than single ones.
"""

from fusedmlp.kernels.compiled import inner
from fusedmlp.kernels.vectors import (
    WIDE,
    lane_count,
    load_first_wide,
    load_wide,
    store,
    store_first,
)


def each(function):
    """Return a function that replaces all numbers at an address."""

    @inner
    def replace(z, size, *constants):
        lanes, k = WIDE * lane_count(z), 0
        while k < size:
            _store_up_to(z, k, function(_load_up_to(z, k, size), *constants), size)
            k += lanes

    return replace


def each_slope(function):
    """Return a function that sets all deltas at an address."""

    @inner
    def set_deltas(outputs, error, size, delta, *constants):
        lanes, k = WIDE * lane_count(outputs), 0
        while k < size:
            out, e = _load_up_to(outputs, k, size), _load_up_to(error, k, size)
            _store_up_to(delta, k, function(out, e, *constants), size)
            k += lanes

    return set_deltas


@inner
def _load_up_to(memory, k, size):
    """Return the wide vector at k of so many numbers; past the last they are 0."""
    if k + WIDE * lane_count(memory) <= size:
        return load_wide(memory, k)
    return load_first_wide(memory, k, size - k)


@inner
def _store_up_to(memory, k, vector, size):
    """Store the wide vector at k of so many numbers."""
    if k + WIDE * lane_count(memory) <= size:
        store(memory, k, vector)
    else:
        store_first(memory, k, vector, size - k)
