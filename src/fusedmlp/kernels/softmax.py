"""Softmax of rows, and its slope."""

from fusedmlp.kernels.compiled import inner
from fusedmlp.kernels.vectors import (
    at,
    greatest,
    lane_count,
    larger,
    load,
    load_first,
    put,
    store,
    total,
    zeros,
)


@inner
def subtract_largest(z, units):
    """Subtract a row's largest number, so that no exponential overflows.

    Rows of fewer units than a vector has lanes are left to scalars, here and in `divide_by_sum`:
    what takes long is the exponential, and that fills its lanes with several rows.
    """
    lanes = lane_count(z)
    if units < lanes:
        largest = at(z, 0)
        for j in range(1, units):
            largest = max(largest, at(z, j))
        for j in range(units):
            put(z, j, at(z, j) - largest)
        return
    rest = load(z, units - lanes)  # overlaps the vector before it, so it is read first
    most, j = rest, 0
    while j < units - lanes:
        most = larger(most, load(z, j))
        j += lanes
    largest, j = greatest(most), 0
    while j < units - lanes:
        store(z, j, load(z, j) - largest)
        j += lanes
    store(z, units - lanes, rest - largest)


@inner
def divide_by_sum(z, units):
    """Divide a row by its sum."""
    lanes = lane_count(z)
    if units < lanes:
        divisor = at(z, 0)
        for j in range(1, units):
            divisor += at(z, j)
        for j in range(units):
            put(z, j, at(z, j) / divisor)
        return
    last, j = units - lanes, lanes
    sums, rest = load(z, 0), load(z, last)
    while j <= last:
        sums = sums + load(z, j)
        j += lanes
    divisor = total(sums + load_first(z, j, units - j))
    j = 0
    while j < last:
        store(z, j, load(z, j) / divisor)
        j += lanes
    store(z, last, rest / divisor)


@inner
def softmax_derivative(outputs, error, units, delta):
    """Each unit moves all outputs of its row: delta_j = o_j (e_j - sum_k o_k e_k)."""
    mean = total(zeros(outputs))
    for j in range(units):
        mean += at(outputs, j) * at(error, j)
    for j in range(units):
        put(delta, j, at(outputs, j) * (at(error, j) - mean))
