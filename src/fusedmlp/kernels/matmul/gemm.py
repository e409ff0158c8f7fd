"""Matrix products (GEMM) in register tiles.

    C[r, j] = sum over k of A[r, k] B[k, j], set, added to C, or added to a bias for each j

A is read through two strides, so that one function computes A @ B and A.T @ B.
"""

from numba import types

from fusedmlp.kernels.compilation.jit import shared
from fusedmlp.kernels.matmul.narrow import (
    multiply_by_dot_products,
    multiply_transposed,
    worth_dot_products,
    worth_transposing_result,
)
from fusedmlp.kernels.matmul.tiled import multiply_in_tiles
from fusedmlp.kernels.vector import lane_count
from fusedmlp.kernels.vector.matrices import Rows
from fusedmlp.kernels.vector.reductions import Weights, sum_weighted_rows
from fusedmlp.kernels.vector.typed_constants import UNIT_STRIDE


@shared(types.none)
def gemm(A, B, C, rows, depth, columns, mode, biases):
    """Set C (rows, columns) to A @ B; A is a LeftMatrix, B and C are addresses.

    mode ADD adds to C instead; ON_BIAS adds biases (columns,), where A's k_stride is 1. One of A's
    strides is 1.

    The bits do not depend on how the rows of C are divided among calls: in every tile, an element
    is one chain of additions over k; a dot product adds in lanes, in the same order for each row.
    """
    lanes = lane_count(C)
    if worth_dot_products(A, depth, columns, lanes):
        multiply_by_dot_products(A, B, C, rows, depth, columns, mode, biases)
    elif columns == 1:
        sum_weighted_rows(Rows(A.data, A.k_stride), depth, rows, Weights(B, UNIT_STRIDE), C, mode)
    elif worth_transposing_result(A, rows, columns, lanes):
        multiply_transposed(A, B, C, rows, depth, columns, mode)
    else:
        b, c = Rows(B, columns), Rows(C, columns)
        multiply_in_tiles(A, b, c, rows, depth, columns, mode, biases)
