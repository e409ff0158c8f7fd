"""The micro-kernels of GEMM: a tile's accumulators stay in registers during the loop over k."""

from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.vector import at, load, load_wide, shifted, store
from fusedmlp.kernels.vector.integers import larger, smaller
from fusedmlp.plan.blocking import TILE_ROWS

ROWS, TALL, LOW = TILE_ROWS, 12, 4


@inner
def six_row_kernel(A, B, start, C, rows, depth):
    """Set C (rows, a wide vector) to start + A @ B, 6 rows at a time.

    With fewer than 6 rows, the tile's two halves of 3 rows overlap: only `half`, the offset of the
    second one, differs.
    """
    row_stride, k_stride, b_stride = A.row_stride, A.k_stride, B.row_stride
    old_stride, c_stride = start.row_stride, C.row_stride
    a1, a2 = smaller(1, rows - 1) * row_stride, smaller(2, rows - 1) * row_stride
    half = larger(smaller(3, rows - 3), 0)
    for r in range(0, rows, ROWS):
        a, b = shifted(A.data, r * row_stride), shifted(A.data, (r + half) * row_stride)
        c, d = shifted(start.data, r * old_stride), shifted(start.data, (r + half) * old_stride)
        c0, c1, c2 = load_wide(c, 0), load_wide(c, old_stride), load_wide(c, 2 * old_stride)
        d0, d1, d2 = load_wide(d, 0), load_wide(d, old_stride), load_wide(d, 2 * old_stride)
        # The same loop twice: with a constant stride, LLVM reads six addresses less from the stack.
        if k_stride == 1:
            for k in range(depth):
                v = load_wide(B.data, k * b_stride)
                c0 = c0 + v * at(a, k)
                c1 = c1 + v * at(a, a1 + k)
                c2 = c2 + v * at(a, a2 + k)
                d0 = d0 + v * at(b, k)
                d1 = d1 + v * at(b, a1 + k)
                d2 = d2 + v * at(b, a2 + k)
        else:
            for k in range(depth):
                v = load_wide(B.data, k * b_stride)
                s = k * k_stride
                c0 = c0 + v * at(a, s)
                c1 = c1 + v * at(a, a1 + s)
                c2 = c2 + v * at(a, a2 + s)
                d0 = d0 + v * at(b, s)
                d1 = d1 + v * at(b, a1 + s)
                d2 = d2 + v * at(b, a2 + s)
        c, d = shifted(C.data, r * c_stride), shifted(C.data, (r + half) * c_stride)
        store(c, 0, c0)
        store(c, c_stride, c1)
        store(c, 2 * c_stride, c2)
        store(d, 0, d0)
        store(d, c_stride, d1)
        store(d, 2 * c_stride, d2)


@inner
def four_row_kernel(A, B, start, C, rows, depth):
    """Set C (rows, a wide vector) to start + A @ B, 4 rows at a time, the last repeated."""
    row_stride, k_stride, b_stride = A.row_stride, A.k_stride, B.row_stride
    old_stride, c_stride = start.row_stride, C.row_stride
    a1, a2 = smaller(1, rows - 1) * row_stride, smaller(2, rows - 1) * row_stride
    a3 = smaller(3, rows - 1) * row_stride
    for r in range(0, rows, LOW):
        a, c = shifted(A.data, r * row_stride), shifted(start.data, r * old_stride)
        c0, c1 = load_wide(c, 0), load_wide(c, old_stride)
        c2, c3 = load_wide(c, 2 * old_stride), load_wide(c, 3 * old_stride)
        for k in range(depth):
            v = load_wide(B.data, k * b_stride)
            s = k * k_stride
            c0 = c0 + v * at(a, s)
            c1 = c1 + v * at(a, a1 + s)
            c2 = c2 + v * at(a, a2 + s)
            c3 = c3 + v * at(a, a3 + s)
        c = shifted(C.data, r * c_stride)
        store(c, 0, c0)
        store(c, c_stride, c1)
        store(c, 2 * c_stride, c2)
        store(c, 3 * c_stride, c3)


@inner
def twelve_row_kernel(A, B, start, C, rows, depth):
    """Set C (rows, a vector) to start + A @ B, 12 rows at a time."""
    row_stride, k_stride, b_stride = A.row_stride, A.k_stride, B.row_stride
    old_stride, c_stride = start.row_stride, C.row_stride
    for r in range(0, rows, TALL):
        a, b = shifted(A.data, r * row_stride), shifted(A.data, (r + ROWS) * row_stride)
        c, d = shifted(start.data, r * old_stride), shifted(start.data, (r + ROWS) * old_stride)
        c0 = load(c, 0)
        c1 = load(c, old_stride)
        c2 = load(c, 2 * old_stride)
        c3 = load(c, 3 * old_stride)
        c4 = load(c, 4 * old_stride)
        c5 = load(c, 5 * old_stride)
        d0 = load(d, 0)
        d1 = load(d, old_stride)
        d2 = load(d, 2 * old_stride)
        d3 = load(d, 3 * old_stride)
        d4 = load(d, 4 * old_stride)
        d5 = load(d, 5 * old_stride)
        for k in range(depth):
            v = load(B.data, k * b_stride)
            s = k * k_stride
            c0 = c0 + v * at(a, s)
            c1 = c1 + v * at(a, row_stride + s)
            c2 = c2 + v * at(a, 2 * row_stride + s)
            c3 = c3 + v * at(a, 3 * row_stride + s)
            c4 = c4 + v * at(a, 4 * row_stride + s)
            c5 = c5 + v * at(a, 5 * row_stride + s)
            d0 = d0 + v * at(b, s)
            d1 = d1 + v * at(b, row_stride + s)
            d2 = d2 + v * at(b, 2 * row_stride + s)
            d3 = d3 + v * at(b, 3 * row_stride + s)
            d4 = d4 + v * at(b, 4 * row_stride + s)
            d5 = d5 + v * at(b, 5 * row_stride + s)
        c, d = shifted(C.data, r * c_stride), shifted(C.data, (r + ROWS) * c_stride)
        store(c, 0, c0)
        store(c, c_stride, c1)
        store(c, 2 * c_stride, c2)
        store(c, 3 * c_stride, c3)
        store(c, 4 * c_stride, c4)
        store(c, 5 * c_stride, c5)
        store(d, 0, d0)
        store(d, c_stride, d1)
        store(d, 2 * c_stride, d2)
        store(d, 3 * c_stride, d3)
        store(d, 4 * c_stride, d4)
        store(d, 5 * c_stride, d5)
