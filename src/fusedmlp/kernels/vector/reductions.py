"""Sums over rows and over numbers in memory, added in a fixed order."""

from typing import Any, NamedTuple

import numpy as np

from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.vector import (
    WIDE,
    at,
    lane_count,
    load_first,
    load_first_wide,
    put,
    stack_buffer,
    store_first,
    sum_lanes,
    zeros,
    zeros_wide,
)
from fusedmlp.kernels.vector.matrices import Rows
from fusedmlp.kernels.vector.typed_constants import ADD, NO_STRIDE


class Weights(NamedTuple):
    """The weights of rows: numbers at an address, `stride` apart."""

    data: Any
    stride: Any


@inner
def sum_rows(A, rows, columns, c, mode):
    """Set c (columns,), or add to it, the sum of the rows of A (rows, columns)."""
    one = stack_buffer(c)
    put(one, 0, 1)
    sum_weighted_rows(Rows(A, columns), rows, columns, Weights(one, NO_STRIDE), c, mode)


@inner
def sum_weighted_rows(A, rows, columns, weights, c, mode):
    """Set c (columns,), or add to it, the sum of the rows of A, each times its weight."""
    width = WIDE * lane_count(c)
    for j in range(0, columns, width):
        count = columns - j
        even = load_first_wide(c, j, count) if mode == ADD else zeros_wide(c)
        odd = zeros_wide(c)
        for r in range(rows):
            k = r * A.row_stride + j
            # Two chains of additions, since an addition has a latency of four cycles.
            weight = at(weights.data, r * weights.stride)
            even, odd = odd, even + load_first_wide(A.data, k, count) * weight
        store_first(c, j, even + odd, count)


@inner
def norm(numbers, size):
    """Return the Euclidean norm of the numbers at an address, added in two chains."""
    even, odd, lanes = zeros(numbers), zeros(numbers), lane_count(numbers)
    for k in range(0, size, lanes):
        part = load_first(numbers, k, size - k)
        even, odd = odd, even + part * part
    return np.sqrt(np.float64(sum_lanes(even + odd)))


@inner
def sum_of_squares(numbers, size):
    """Return the sum of the squares of the numbers at an address, in one chain: they are few."""
    sums, lanes = zeros(numbers), lane_count(numbers)
    for k in range(0, size, lanes):
        part = load_first(numbers, k, size - k)
        sums = sums + part * part
    return np.float64(sum_lanes(sums))


@inner
def all_finite(numbers, size):
    """Whether all numbers at an address are finite: 0 times infinity or NaN is NaN."""
    even, odd, lanes = zeros_wide(numbers), zeros_wide(numbers), WIDE * lane_count(numbers)
    for k in range(0, size, lanes):
        even, odd = odd, even + 0.0 * load_first_wide(numbers, k, size - k)
    return sum_lanes(even + odd) == 0
