"""A vector as a value: compiled, or NumPy's arrays to debug with.

address(array): where the items of a C-ordered array begin; shifted(memory, n): n items further.
load(memory, offset), load_wide: a vector of the items from `offset` on.
load_first(memory, offset, count), load_first_wide: the first `count` of them; other lanes are 0.
store(memory, offset, vector), store_first(memory, offset, vector, count): the way back.
zeros(memory), zeros_wide(memory): a vector of zeros of the type that is in memory.
at(memory, offset), put(memory, offset, number): one item.
select(mask, yes, no): yes in the lanes where mask is true, no in the others.
fma(a, b, c): a * b + c, rounded once where the processor can.
concatenate(low, high): a vector twice as wide; split(wide): its low and its high half.
relu(vector): its numbers above 0, NaN included; else 0.
absolute(vector): without signs. copysign(size, sign): size, with the other's sign.
sqrt(vector): square roots.
power_of_two(shifted): 2**k, given ``k + 1.5 * 2**52`` (``2**23`` in float32).
stack_buffer(memory): STACK_BYTES bytes for such numbers, until the function returns.
transpose_tile(source, source_stride, target, target_stride): a square of lanes, transposed.
maximum(a, b): in each lane the larger number.
max_lane(vector), sum_lanes(vector): the largest lane, and the sum of the lanes.
dot_products(vector, memory, offset): lane k is the dot product with the k-th of as many vectors as
lanes.
lane_count(memory): lanes of a vector.

Offsets count items; nothing checks them.
"""

from numba import config

if config.DISABLE_JIT:
    from fusedmlp.kernels.vector.numpy_simd import (
        REGISTER,
        STACK_BYTES,
        WIDE,
        absolute,
        address,
        at,
        concatenate,
        copysign,
        dot_products,
        fma,
        lane_count,
        load,
        load_first,
        load_first_wide,
        load_wide,
        max_lane,
        maximum,
        power_of_two,
        put,
        relu,
        select,
        shifted,
        split,
        sqrt,
        stack_buffer,
        store,
        store_first,
        sum_lanes,
        transpose_tile,
        zeros,
        zeros_wide,
    )
else:
    from fusedmlp.kernels.vector.memory import (
        STACK_BYTES,
        address,
        at,
        dot_products,
        load,
        load_first,
        load_first_wide,
        load_wide,
        put,
        shifted,
        stack_buffer,
        store,
        store_first,
        transpose_tile,
    )
    from fusedmlp.kernels.vector.simd import (
        REGISTER,
        WIDE,
        absolute,
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
        sqrt,
        sum_lanes,
        zeros,
        zeros_wide,
    )

__all__ = [
    "REGISTER",
    "STACK_BYTES",
    "WIDE",
    "absolute",
    "address",
    "at",
    "concatenate",
    "copysign",
    "dot_products",
    "fma",
    "lane_count",
    "load",
    "load_first",
    "load_first_wide",
    "load_wide",
    "max_lane",
    "maximum",
    "power_of_two",
    "put",
    "relu",
    "select",
    "shifted",
    "split",
    "sqrt",
    "stack_buffer",
    "store",
    "store_first",
    "sum_lanes",
    "transpose_tile",
    "zeros",
    "zeros_wide",
]
