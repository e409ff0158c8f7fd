"""Random numbers that depend on a counter alone, compiled."""

import numpy as np

from fusedmlp.kernels.compilation.jit import compiled, inner
from fusedmlp.kernels.vector import address, at, put
from fusedmlp.kernels.vector.integers import smaller

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


@compiled
def mix(key, counter):
    """Return 64 random bits: the counter-th output of SplitMix64 seeded by key."""
    return mix_bits(np.uint64(key), np.uint64(counter))


@inner
def mix_bits(key, counter):
    """Return 64 random bits to another kernel; both arguments are unsigned."""
    z = key + (counter + np.uint64(1)) * _GAMMA
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    return z ^ (z >> np.uint64(31))


@compiled
def row_order(seed, epoch, order):
    """Set order (rows,) to the order in which this epoch visits the rows."""
    row_order_at(seed, epoch, address(order), order.size)


@inner
def row_order_at(seed, epoch, order, rows):
    """Shuffle the rows at an address."""
    key = mix_bits(np.uint64(seed), np.uint64(epoch))
    for place in range(rows):
        put(order, place, place)
    for place in range(rows - 1, 0, -1):
        draw = mix_bits(key, np.uint64(place)) >> np.uint64(32)
        other = np.int64((draw * np.uint64(place + 1)) >> np.uint64(32))
        row = at(order, place)
        put(order, place, at(order, other))
        put(order, other, row)


@compiled
def keep_mask(key, dropped, start, mask):
    """Set mask (size,) to 0 for `dropped` of 65,536 numbers, to one over their share for others.

    Its items are the start-th and those that follow, four to a draw.
    """
    keep_mask_at(np.uint64(key), dropped, start, address(mask), mask.size)


@inner
def keep_mask_at(key, dropped, start, mask, size):
    """Draw a mask at an address."""
    kept, k = 65536.0 / (65536.0 - dropped), 0
    while k < size:
        lane = (start + k) % 4
        bits = mix_bits(key, np.uint64((start + k) // 4)) >> np.uint64(16 * lane)
        for _ in range(smaller(4 - lane, size - k)):
            put(mask, k, kept if np.int64(bits & np.uint64(0xFFFF)) >= dropped else 0.0)
            bits = bits >> np.uint64(16)
            k += 1
