"""Counter-based random numbers, compiled."""

import numpy as np
from numba import config

from fusedmlp.kernels.compilation.door import operation
from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.compilation.require_fit import require_fit
from fusedmlp.kernels.vector import address, at, put, stack_buffer
from fusedmlp.kernels.vector.integers import smaller
from fusedmlp.kernels.vector.simd import host_has

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


@operation
def mix(key, counter):
    """Return 64 random bits: the counter-th output of SplitMix64 seeded by key."""
    require_fit("mix", key, counter)
    return mix_bits(np.uint64(key), np.uint64(counter))


@inner
def mix_bits(key, counter):
    """Return 64 random bits; both arguments are uint64."""
    z = key + (counter + np.uint64(1)) * _GAMMA
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    return z ^ (z >> np.uint64(31))


@operation
def row_order(seed, epoch, order):
    """Set order (rows,) to the order in which this epoch visits the rows."""
    require_fit("row_order", seed, epoch, order)
    row_order_at(seed, epoch, address(order), order.size)


@inner
def row_order_at(seed, epoch, order, rows):
    """Set the order at an address to shuffled rows (Fisher and Yates, as Knuth's algorithm P)."""
    key = mix_bits(np.uint64(seed), np.uint64(epoch))
    for position in range(rows):
        put(order, position, position)
    _swap_all(key, order, rows)


@inner
def _partner(key, position):
    """Return a random position up to this one."""
    draw = mix_bits(key, np.uint64(position)) >> np.uint64(32)
    return np.int64((draw * np.uint64(position + 1)) >> np.uint64(32))


@inner
def swap(order, position, other):
    """Exchange two items of the order at an address."""
    row = at(order, position)
    put(order, position, at(order, other))
    put(order, other, row)


@inner
def _swap_one_by_one(key, order, rows):
    """Swap each row, from the last on, with one before it or itself."""
    for position in range(rows - 1, 0, -1):
        swap(order, position, _partner(key, position))


@inner
def _swap_in_blocks(key, order, rows):
    """Do the same; the partners of a block's rows come first, of which LLVM draws eight at once."""
    partners, last = stack_buffer(order), rows - 1
    while last > 0:
        count = smaller(last, BLOCK)
        for k in range(count):
            put(partners, k, _partner(key, last - k))
        for k in range(count):
            swap(order, last - k, at(partners, k))
        last -= count


# Drawn in blocks, a row takes 1.07 ns instead of 2.0 on a Zen 4, whose AVX-512 multiplies 64-bit
# numbers in vectors. Without such an instruction it takes 1.1 to 1.5 times as long as one by one.
BLOCK = 128
MULTIPLIES_IN_VECTORS = not config.DISABLE_JIT and host_has("avx512dq")
_swap_all = _swap_in_blocks if MULTIPLIES_IN_VECTORS else _swap_one_by_one


@operation
def keep_mask(key, dropped, start, mask):
    """Set mask (size,) to 0 with probability `dropped` / 65,536, else to 1 / (share that is kept).

    The items are numbered start, start + 1, ...; a draw serves four of them.
    """
    require_fit("keep_mask", key, dropped, start, mask)
    keep_mask_at(np.uint64(key), dropped, start, address(mask), mask.size)


@inner
def keep_mask_at(key, dropped, start, mask, size):
    """Set the mask at an address."""
    kept, k = 65536.0 / (65536.0 - dropped), 0
    while k < size:
        lane = (start + k) % 4
        bits = mix_bits(key, np.uint64((start + k) // 4)) >> np.uint64(16 * lane)
        for _ in range(smaller(4 - lane, size - k)):
            put(mask, k, kept if np.int64(bits & np.uint64(0xFFFF)) >= dropped else 0.0)
            bits = bits >> np.uint64(16)
            k += 1
