"""SIMD vectors as values: compiled, or as NumPy arrays for debugging.

address(array): the address of a C-ordered array; shifted(memory, n): the address n items further.
first_line(array): the address of its first whole cache line, at most LINE items further: a vector
across two lines costs two loads, and NumPy's arrays and Numba's begin at any 16 or 32 bytes.
as_float64(memory): the address as one of float64.
load(memory, offset), load_wide: a vector of the items from `offset` on; unaligned.
load_first(memory, offset, count), load_first_wide: the first `count` of them; other lanes are 0.
load_column(memory, offset, stride, count): column_height(memory) items, `stride` apart; lanes past
`count` repeat the last of these. store_column(memory, offset, stride, vector, count): its first
`count` lanes; load_packed_column(memory, offset): as many items, one after the other.
store(memory, offset, vector), store_first(memory, offset, vector, count): store a vector.
not_moved(number): the same integer; what is computed from it stays in its branch, where LLVM would
compute the mask of a remainder before the branch, in each turn of a loop.
keep_first(vector, count): the first `count` lanes; other lanes are 0.
zeros(memory), zeros_wide(memory): a vector of zeros of memory's type.
at(memory, offset), put(memory, offset, number): load or store one item.
select(mask, yes, no): yes in the lanes where mask is true, no in the others.
fma(a, b, c): a * b + c, rounded once where the processor can.
concatenate(low, high): a vector of twice the lanes; split(wide): its low and its high half.
relu(vector): in each lane max(number, 0); NaN stays NaN.
absolute(vector): absolute values. copysign(size, sign): size with the sign of sign.
sqrt(vector): square roots.
power_of_two(shifted): 2**k, given ``k + 1.5 * 2**52`` (``2**23`` in float32).
to_float64(vector): the same numbers in float64.
stack_buffer(memory): STACK_BYTES bytes of memory's type, until the function returns.
transpose_tile(source, source_stride, target, target_stride): transpose lanes x lanes items.
transpose_tile_of_rows(source, row_stride, rows, target, target_stride): the same of the rows whose
numbers are in memory at `rows`.
maximum(a, b): in each lane the larger number.
max_lane(vector), sum_lanes(vector): the largest lane, and the sum of the lanes.
any_lane(vector): whether any lane is not 0, as NaN is not.
dot_products(vector, memory, offset): lane k is the dot product with the k-th vector of memory from
`offset` on.
lane_count(memory): lanes of a vector.

Offsets count items and are not checked.
"""

from numba import config

if config.DISABLE_JIT:
    from fusedmlp.kernels.vector.numpy_simd import (
        HAS_AVX512,
        LINE,
        REGISTER,
        STACK_BYTES,
        USES_AVX512_MATH,
        WIDE,
        absolute,
        address,
        any_lane,
        as_float64,
        at,
        column_height,
        concatenate,
        copysign,
        dot_products,
        first_line,
        fma,
        keep_first,
        lane_count,
        load,
        load_column,
        load_first,
        load_first_wide,
        load_packed_column,
        load_wide,
        max_lane,
        maximum,
        not_moved,
        power_of_two,
        put,
        relu,
        select,
        shifted,
        split,
        sqrt,
        stack_buffer,
        store,
        store_column,
        store_first,
        sum_lanes,
        to_float64,
        transpose_tile,
        transpose_tile_of_rows,
        zeros,
        zeros_wide,
    )
else:
    from fusedmlp.kernels.vector.memory import (
        LINE,
        STACK_BYTES,
        address,
        as_float64,
        at,
        column_height,
        first_line,
        keep_first,
        load,
        load_column,
        load_first,
        load_first_wide,
        load_packed_column,
        load_wide,
        not_moved,
        put,
        shifted,
        stack_buffer,
        store,
        store_column,
        store_first,
    )
    from fusedmlp.kernels.vector.roots import sqrt
    from fusedmlp.kernels.vector.simd import (
        HAS_AVX512,
        REGISTER,
        USES_AVX512_MATH,
        WIDE,
        absolute,
        any_lane,
        concatenate,
        copysign,
        fma,
        lane_count,
        max_lane,
        maximum,
        power_of_two,
        relu,
        select,
        split,
        sum_lanes,
        to_float64,
        zeros,
        zeros_wide,
    )
    from fusedmlp.kernels.vector.squares import (
        dot_products,
        transpose_tile,
        transpose_tile_of_rows,
    )

__all__ = [
    "HAS_AVX512",
    "LINE",
    "REGISTER",
    "STACK_BYTES",
    "USES_AVX512_MATH",
    "WIDE",
    "absolute",
    "address",
    "any_lane",
    "as_float64",
    "at",
    "column_height",
    "concatenate",
    "copysign",
    "dot_products",
    "first_line",
    "fma",
    "keep_first",
    "lane_count",
    "load",
    "load_column",
    "load_first",
    "load_first_wide",
    "load_packed_column",
    "load_wide",
    "max_lane",
    "maximum",
    "not_moved",
    "power_of_two",
    "put",
    "relu",
    "select",
    "shifted",
    "split",
    "sqrt",
    "stack_buffer",
    "store",
    "store_column",
    "store_first",
    "sum_lanes",
    "to_float64",
    "transpose_tile",
    "transpose_tile_of_rows",
    "zeros",
    "zeros_wide",
]
