"""Counter-based random numbers. Written for clarity, not for speed.

A number is a hash of a seed and of its use (for example the epoch and the row). It does not depend
on how many numbers were drawn before it, by which thread, or in which order.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def mix(key: int, counter: ArrayLike) -> Any:
    """Return 64 random bits: the counter-th output of SplitMix64 seeded by key.

    Steele, Lea and Flood, Fast splittable pseudorandom number generators, 2014.
    """
    counters = np.atleast_1d(np.asarray(counter, np.uint64))  # arrays wrap around without a warning
    z = np.uint64(key) + (counters + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return z if np.ndim(counter) else z[0]


def row_order(seed: int, epoch: int, order: NDArray[np.int64]) -> None:
    """Set order (rows,) to the order in which this epoch visits the rows.

    Fisher and Yates's shuffle, from the last position down: each position gets one of the rows up
    to it. The random position is the draw's upper 32 bits, scaled (Lemire, Fast random integer
    generation in an interval, 2019, without the rejection: the bias is below rows / 2**32).
    """
    positions = np.arange(len(order), dtype=np.uint64)
    draws = mix(mix(seed, epoch), positions)
    chosen = ((draws >> np.uint64(32)) * (positions + np.uint64(1))) >> np.uint64(32)
    rows = list(range(len(order)))
    for position in range(len(order) - 1, 0, -1):
        other = int(chosen[position])
        rows[position], rows[other] = rows[other], rows[position]
    order[:] = rows


def keep_mask(key: int, dropped: int, start: int, mask: NDArray[np.floating[Any]]) -> None:
    """Set mask (size,) to 0 with probability `dropped` / 65,536, else to 1 / (share that is kept).

    The items are numbered start, start + 1, ...; a draw serves four of them, with 16 random bits
    each. Scaling what is kept leaves the expected pre-activations the same (inverted dropout;
    Srivastava et al., Dropout, 2014).
    """
    numbers = start + np.arange(mask.size, dtype=np.uint64)
    draws = mix(key, numbers // np.uint64(4))
    bits = (draws >> (np.uint64(16) * (numbers % np.uint64(4)))) & np.uint64(0xFFFF)
    mask[:] = np.where(bits >= dropped, 65536 / (65536 - dropped), 0)
