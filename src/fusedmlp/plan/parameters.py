"""The flat vector of all parameters: the offsets of each layer's weights and biases."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

LINE = 64  # bytes of a cache line


def layer_offsets(sizes: Sequence[int], bias: bool) -> tuple[list[int], list[int], int]:
    """Return the offsets of each layer's weights and biases in the flat vector, and its length.

    Examples
    --------
    >>> layer_offsets((3, 4, 1), bias=True)
    ([0, 16], [12, 20], 21)
    """
    weights, biases, end = [], [], 0
    for n_in, n_out in pairwise(sizes):
        weights.append(end)
        biases.append(end + n_in * n_out)
        end += n_in * n_out + n_out * bias
    return weights, biases, end


def as_matrices(flat: NDArray[Any], sizes: tuple[int, ...], bias: bool) -> list[NDArray[Any]]:
    """Return each layer's weights, or counts of them, as matrices (n_in, n_out): views."""
    offsets, _, _ = layer_offsets(sizes, bias)
    shapes = pairwise(sizes)
    return [
        flat[offset : offset + n_in * n_out].reshape(n_in, n_out)
        for offset, (n_in, n_out) in zip(offsets, shapes, strict=True)
    ]


def weight_count(sizes: Sequence[int]) -> int:
    """Return the number of weights of all layers."""
    return sum(n_in * n_out for n_in, n_out in pairwise(sizes))


def aligned_zeros(size: int, dtype: DTypeLike) -> NDArray[Any]:
    """Return zeros (size,) that begin at a cache line, of 64 bytes.

    NumPy's arrays begin at any multiple of 16 bytes; a vector across two cache lines costs two
    loads.
    """
    if size == 0:
        return np.empty(0, dtype)
    memory = np.zeros(size + LINE, dtype)
    start = -memory.__array_interface__["data"][0] % LINE  # in half the time of ctypes.data
    start //= memory.itemsize
    return memory[start : start + size]


def aligned(array: NDArray[Any]) -> NDArray[Any]:
    """Return a writable vector that begins at a cache line: the array itself if it is one.

    Unpickled arrays begin anywhere, and joblib's may be files that cannot be written to.
    """
    plain = type(array) is np.ndarray and array.flags.carray
    if plain and array.ctypes.data % LINE == 0:
        return array
    copy = aligned_zeros(array.size, array.dtype)
    copy[:] = array
    return copy
