"""Softmax of rows, and its derivative."""

from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.functions.exponential import exp_nonpositive
from fusedmlp.kernels.vector import (
    at,
    lane_count,
    load,
    load_first,
    max_lane,
    maximum,
    put,
    shifted,
    store,
    sum_lanes,
    zeros,
)
from fusedmlp.kernels.vector.elementwise import replace_each


@inner
def softmax(z, rows, units):
    """Replace z (rows, units) by the softmax of each row."""
    for b in range(rows):
        _subtract_largest(shifted(z, b * units), units)
    _exp_each(rows * units, z)
    for b in range(rows):
        _divide_by_sum(shifted(z, b * units), units)


@inner
def _subtract_largest(z, units):
    """Subtract a row's largest number, so that no exponential overflows.

    Rows with fewer units than a vector has lanes are computed in scalars, here and in
    `_divide_by_sum`: most of the time goes to the exponential, whose vectors hold several rows.
    """
    lanes = lane_count(z)
    if units < lanes:
        largest = at(z, 0)
        for j in range(1, units):
            largest = max(largest, at(z, j))
        for j in range(units):
            put(z, j, at(z, j) - largest)
        return
    tail = load(z, units - lanes)  # overlaps the vector before it, so it is loaded first
    maxima, j = tail, 0
    while j < units - lanes:
        maxima = maximum(maxima, load(z, j))
        j += lanes
    largest, j = max_lane(maxima), 0
    while j < units - lanes:
        store(z, j, load(z, j) - largest)
        j += lanes
    store(z, units - lanes, tail - largest)


@inner
def _divide_by_sum(z, units):
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
    sums, tail = load(z, 0), load(z, last)
    while j <= last:
        sums = sums + load(z, j)
        j += lanes
    divisor = sum_lanes(sums + load_first(z, j, units - j))
    j = 0
    while j < last:
        store(z, j, load(z, j) / divisor)
        j += lanes
    store(z, last, tail / divisor)


@inner
def softmax_derivative(outputs, error, rows, units, delta):
    """Set delta (rows, units) to error times softmax's derivative.

    Each pre-activation changes all outputs of its row: delta_j = o_j (e_j - sum_k o_k e_k)
    """
    for b in range(rows):
        first, mean_error = b * units, sum_lanes(zeros(outputs))
        for k in range(first, first + units):
            mean_error += at(outputs, k) * at(error, k)
        for k in range(first, first + units):
            put(delta, k, at(outputs, k) * (at(error, k) - mean_error))


_exp_each = replace_each(exp_nonpositive)
