"""Counter-based random numbers, compiled."""

import numpy as np

from fusedmlp.kernels.compilation.door import operation
from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.compilation.require_fit import require_fit
from fusedmlp.kernels.vector import address, at, put
from fusedmlp.kernels.vector.integers import smaller

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
    """Set the order at an address to shuffled rows."""
    key = mix_bits(np.uint64(seed), np.uint64(epoch))
    for position in range(rows):
        put(order, position, position)
    for position in range(rows - 1, 0, -1):
        draw = mix_bits(key, np.uint64(position)) >> np.uint64(32)
        other = np.int64((draw * np.uint64(position + 1)) >> np.uint64(32))
        row = at(order, position)
        put(order, position, at(order, other))
        put(order, other, row)


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
