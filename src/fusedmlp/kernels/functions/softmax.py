"""Softmax of rows, and its derivative."""

from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.functions.exponential import exp_nonpositive
from fusedmlp.kernels.vector import (
    at,
    column_height,
    lane_count,
    load,
    load_column,
    load_first,
    load_packed_column,
    max_lane,
    maximum,
    put,
    shifted,
    stack_buffer,
    store,
    store_column,
    sum_lanes,
    zeros,
)
from fusedmlp.kernels.vector.elementwise import replace_each
from fusedmlp.kernels.vector.integers import smaller
from fusedmlp.kernels.vector.typed_constants import ZERO


@inner
def softmax(z, rows, units):
    """Replace z (rows, units) by the softmax of each row."""
    if units < lane_count(z):
        _softmax_of_few_units(z, rows, units)
        return
    for b in range(rows):
        _subtract_largest(shifted(z, b * units), units)
    _exp_each(rows * units, z)
    for b in range(rows):
        _divide_by_sum(shifted(z, b * units), units)


@inner
def _softmax_of_few_units(z, rows, units):
    """Do the same with a row in each lane: a row would leave most of a vector empty.

    Zen 4, 32 rows of 2 units: 0.58 us with a row's numbers one by one, 0.10 so.
    """
    columns, at_once = stack_buffer(z), column_height(z)
    for first in range(0, rows, at_once):
        part, count = shifted(z, first * units), smaller(at_once, rows - first)
        largest = load_column(part, ZERO, units, count)
        for j in range(units):
            column = load_column(part, j, units, count)
            largest = maximum(column, largest)
            store(columns, j * at_once, column)
        divisor = largest - largest
        for j in range(units):
            e = exp_nonpositive(load_packed_column(columns, j * at_once) - largest)
            divisor = divisor + e
            store(columns, j * at_once, e)
        for j in range(units):
            e = load_packed_column(columns, j * at_once)
            store_column(part, j, units, e / divisor, count)


@inner
def _subtract_largest(z, units):
    """Subtract a row's largest number, so that no exponential overflows."""
    tail = load(z, units - lane_count(z))  # overlaps the vector before it, so it is loaded first
    maxima, j = tail, 0
    while j < units - lane_count(z):
        maxima = maximum(maxima, load(z, j))
        j += lane_count(z)
    largest, j = max_lane(maxima), 0
    while j < units - lane_count(z):
        store(z, j, load(z, j) - largest)
        j += lane_count(z)
    store(z, units - lane_count(z), tail - largest)


@inner
def _divide_by_sum(z, units):
    """Divide a row by its sum."""
    lanes = lane_count(z)
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
