"""What the kernels calculate with: compiled vectors, or NumPy's arrays to debug with.

address(array): where the items of a C-ordered array begin; shifted(memory, n): n items further.
load(memory, offset), load_wide: a vector of the items from `offset` on.
load_first(memory, offset, count), load_first_wide: the first `count` of them; other lanes are 0.
store(memory, offset, vector), store_first(memory, offset, vector, count): the way back.
zeros(memory), zeros_wide(memory): a vector of zeros of the type that is in memory.
at(memory, offset), put(memory, offset, number): one item.
select(mask, yes, no): yes in the lanes where mask is true, no in the others.
fma(a, b, c): a * b + c, rounded once where the processor can.
joined(low, high): a vector twice as wide; halves(wide): its low and its high half.
at_least_zero(vector): its numbers above 0, NaN included; else 0.
absolute(vector): without signs. with_sign(size, sign): size, with the other's sign.
root(vector): square roots.
power_of_two(shifted): 2**k, given ``k + 1.5 * 2**52`` (``2**23`` in float32).
room_on_stack(memory): STACK_ROOM bytes for such numbers, until the function returns.
transpose_square(source, source_stride, target, target_stride): as many rows as lanes, turned.
larger(a, b): in each lane the larger number. greatest(vector), total(vector): the lanes' largest,
and their sum.
totals(vector, memory, offset): lane k is total(vector * the k-th of as many vectors as lanes).
lane_count(memory): lanes of a vector.

Offsets count items; nothing checks them.
"""

from numba import config

if config.DISABLE_JIT:
    from fusedmlp.kernels.simd_numpy import (
        REGISTER,
        STACK_ROOM,
        WIDE,
        absolute,
        address,
        at,
        at_least_zero,
        fma,
        greatest,
        halves,
        joined,
        lane_count,
        larger,
        load,
        load_first,
        load_first_wide,
        load_wide,
        power_of_two,
        put,
        room_on_stack,
        root,
        select,
        shifted,
        store,
        store_first,
        total,
        totals,
        transpose_square,
        with_sign,
        zeros,
        zeros_wide,
    )
else:
    from fusedmlp.kernels.memory import (
        STACK_ROOM,
        address,
        at,
        load,
        load_first,
        load_first_wide,
        load_wide,
        put,
        room_on_stack,
        shifted,
        store,
        store_first,
        totals,
        transpose_square,
    )
    from fusedmlp.kernels.simd import (
        REGISTER,
        WIDE,
        absolute,
        at_least_zero,
        fma,
        greatest,
        halves,
        joined,
        lane_count,
        larger,
        power_of_two,
        root,
        select,
        total,
        with_sign,
        zeros,
        zeros_wide,
    )

__all__ = [
    "REGISTER",
    "STACK_ROOM",
    "WIDE",
    "absolute",
    "address",
    "at",
    "at_least_zero",
    "fma",
    "greatest",
    "halves",
    "joined",
    "lane_count",
    "larger",
    "load",
    "load_first",
    "load_first_wide",
    "load_wide",
    "power_of_two",
    "put",
    "room_on_stack",
    "root",
    "select",
    "shifted",
    "store",
    "store_first",
    "total",
    "totals",
    "transpose_square",
    "with_sign",
    "zeros",
    "zeros_wide",
]
