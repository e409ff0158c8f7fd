"""Shuffles with the random numbers of NumPy's RandomState, compiled.

A row takes 5 ns, where `RandomState.shuffle` takes 13 to 16 (Zen 4).
"""

import numpy as np

from fusedmlp.kernels.compilation.door import operation
from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.compilation.require_fit import require_fit
from fusedmlp.kernels.random_numbers import swap
from fusedmlp.kernels.vector import address, at, put, shifted, stack_buffer
from fusedmlp.plan.operations.declarations import MERSENNE_WORDS

# Of MT19937 (Matsumoto and Nishimura, Mersenne Twister, 1998).
_MIDDLE = 397
_UPPER, _LOWER = np.uint32(0x80000000), np.uint32(0x7FFFFFFF)
_MATRIX = np.uint32(0x9908B0DF)
_MASK_B, _MASK_C = np.uint32(0x9D2C5680), np.uint32(0xEFC60000)


@operation
def numpy_shuffles(key, position, first, orders):
    """Set orders (times, rows), each the one before shuffled, from first (rows,) on.

    As RandomState.shuffle does with MT19937, whose state is key (624,) and position. key is
    changed; return the position after that.
    """
    require_fit("numpy_shuffles", key, position, first, orders)
    state, rows, before = address(key), first.size, address(first)
    words = stack_buffer(state)
    _temper(state, words)
    for time in range(len(orders)):
        order = shifted(address(orders), time * rows)
        for row in range(rows):
            put(order, row, at(before, row))
        position = _shuffle(state, words, position, order, rows)
        before = order
    return position


@inner
def _shuffle(state, words, position, order, rows):
    """Swap each item, from the last on, with one before it or itself; return the new position.

    Its partner is the lowest bits, as many as its place has, of the next word that gives none
    beyond it. The partners of many places are drawn before any is swapped, so that a rejected word
    costs no mispredicted branch.
    """
    partners, place, mask = stack_buffer(order), rows - 1, 1
    while mask < place:
        mask = 2 * mask + 1
    while place > 0:
        if position == MERSENNE_WORDS:
            _renew(state)
            _temper(state, words)
            position = 0
        drawn, most = np.int64(0), place - mask // 2  # those whose places have as many bits
        while position < MERSENNE_WORDS and drawn < most:
            partner = np.int64(at(words, position)) & mask
            put(partners, drawn, partner)
            drawn += np.int64(partner <= place - drawn)
            position += 1
        for k in range(drawn):
            swap(order, place - k, at(partners, k))
        place -= drawn
        mask = mask // 2 if drawn == most else mask
    return position


@inner
def _renew(state):
    """Compute the next state: each word from itself, the one after it and the one 397 after it."""
    rest = MERSENNE_WORDS - _MIDDLE
    _renew_words(state, 0, rest, _MIDDLE)
    _renew_words(state, rest, MERSENNE_WORDS - 1, -rest)
    last = MERSENNE_WORDS - 1
    put(state, last, _renewed(at(state, last), at(state, 0), at(state, last - rest)))


@inner
def _renew_words(state, begin, end, distance):
    for k in range(begin, end):
        put(state, k, _renewed(at(state, k), at(state, k + 1), at(state, k + distance)))


@inner
def _renewed(word, after, far):
    joined = (word & _UPPER) | (after & _LOWER)
    return far ^ (joined >> np.uint32(1)) ^ (_MATRIX * (joined & np.uint32(1)))


@inner
def _temper(state, words):
    """Set the words that the generator gives, from its state."""
    for k in range(MERSENNE_WORDS):
        word = at(state, k)
        word ^= word >> np.uint32(11)
        word ^= (word << np.uint32(7)) & _MASK_B
        word ^= (word << np.uint32(15)) & _MASK_C
        put(words, k, word ^ (word >> np.uint32(18)))
