"""Matrices in memory: an address and strides."""

from typing import Any, NamedTuple


class LeftMatrix(NamedTuple):
    """The left factor A of a matrix product: A[r, k] is at r * row_stride + k * k_stride."""

    data: Any  # address
    row_stride: Any
    k_stride: Any


class Rows(NamedTuple):
    """A matrix whose rows are contiguous."""

    data: Any  # address
    row_stride: Any
