"""Matrices in memory, as functions of kernels hand them on."""

from typing import Any, NamedTuple


class LeftMatrix(NamedTuple):
    """The left factor: A[r, k] is at r * row_stride + k * k_stride."""

    data: Any  # address
    row_stride: Any
    k_stride: Any


class Rows(NamedTuple):
    """A matrix whose rows are contiguous."""

    data: Any  # address
    row_stride: Any
