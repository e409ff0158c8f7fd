"""AW-SGD: rows drawn from a distribution that is learnt as it is used, compiled.

The scores are kept as a tree of sums, as the twin tells. One thread draws a batch and learns from
it: a draw takes about as long as a cache's answers on the way down.
"""

import math

import numpy as np

from fusedmlp.kernels.compilation.jit import compiled, inner
from fusedmlp.kernels.layers import Shape
from fusedmlp.kernels.random_numbers import mix_bits
from fusedmlp.kernels.vector import address, at, put, shifted
from fusedmlp.kernels.vector.reductions import sum_of_squares

MEMORY = 4.0
LEAST = 2.0**-40
MOST = 2.0**60


@compiled
def row_chances(scores, floor, drawn, chances):
    """Set chances to the probabilities q of the rows that were drawn; both (draws,)."""
    rows = scores.size // 2
    for b in range(drawn.size):
        chances[b] = chance_of(address(scores), floor, rows, drawn[b])


@inner
def chance_of(scores, floor, rows, row):
    """Return the probability that a draw is this row."""
    part = at(scores, rows + row) / at(scores, 1)
    return (1.0 - floor) * part + floor / rows


@compiled
def draw_rows(scores, floor, seed, epoch, first, drawn):
    """Set drawn (draws,) to rows; the first of them is the first-th draw of the epoch."""
    rows, count = scores.size // 2, drawn.size
    draw_rows_at(address(scores), floor, seed, epoch, first, rows, count, address(drawn))


@inner
def draw_rows_at(scores, floor, seed, epoch, first, rows, count, drawn):
    """Draw so many rows into an address."""
    key = mix_bits(np.uint64(seed), np.uint64(epoch))
    for b in range(count):
        bits = mix_bits(key, np.uint64(first + b)) >> np.uint64(11)
        number = np.float64(bits) * 2.0**-53
        if number < floor:
            put(drawn, b, min(np.int64(number / floor * rows), rows - 1))
        else:
            put(drawn, b, _leaf(scores, rows, (number - floor) / (1.0 - floor)) - rows)


@inner
def _leaf(scores, rows, share):
    """Return the leaf in which a share of the sum of all scores lies."""
    left, node = share * at(scores, 1), 1
    while node < rows:
        node = 2 * node
        below = at(scores, node)
        # Which way is anyone's guess: a branch would be wrong half of the time.
        right = left >= below
        left -= below if right else 0.0
        node += 1 if right else 0
    return node


@compiled
def add_squares(inputs, delta, bias, squares):
    """Add to squares (rows,) the squared length of each row's gradient in one layer."""
    rows, n_in = inputs.shape
    shape = Shape(rows, n_in, delta.shape[1])
    add_squares_at(shape, address(inputs), address(delta), bias, 1.0, address(squares))


@inner
def add_squares_at(shape, inputs, delta, bias, unscaled, squares):
    """Add the squares, times a number, to those at an address."""
    rows, n_in, n_out = shape
    for b in range(rows):
        long = bias + sum_of_squares(shifted(inputs, b * n_in), n_in)
        wide = unscaled * sum_of_squares(shifted(delta, b * n_out), n_out)
        put(squares, b, at(squares, b) + long * wide)


@compiled
def learn_to_sample(scores, usual, floor, rate, drawn, squares):
    """Move the scores of the rows that were drawn (draws,), given the squares of what they gave.

    squares: c, of their weighted gradients' lengths.
    usual (2,): sums of c and of what it was weighted with, which fade; c's mean is their ratio.
    """
    rows, count, moved = scores.size // 2, drawn.size, np.empty(drawn.size)
    learn_at(
        address(scores), address(usual), floor, rate, rows, address(drawn), count,
        address(squares), address(moved),
    )  # fmt: skip


@inner
def learn_at(scores, usual, floor, rate, rows, drawn, count, squares, moved):
    """Move the scores at an address; moved: workspace for a number of each draw, may be squares."""
    mean = _usual_square(scores, usual, floor, rows, drawn, count, squares)
    if not mean > 0.0:
        return
    least = LEAST * (at(scores, 1) / rows)
    # All new scores are made from the old ones: a row that was drawn twice moves once.
    for b in range(count):
        row = at(drawn, b)
        score = at(scores, rows + row)
        move = rate * _share(scores, floor, rows, row) * (min(at(squares, b) / mean, 2.0) - 1.0)
        put(moved, b, max(score * math.exp(move), least))
    for b in range(count):
        node = rows + at(drawn, b)
        put(scores, node, at(moved, b))
        while node > 1:
            node //= 2
            put(scores, node, at(scores, 2 * node) + at(scores, 2 * node + 1))
    whole = at(scores, 1)
    if whole > MOST * rows or whole < rows / MOST:
        for node in range(2 * rows):
            put(scores, node, at(scores, node) * (1.0 / MOST if whole > rows else MOST))


@inner
def _share(scores, floor, rows, row):
    """Return how much of a row's chance comes from its score."""
    part = (1.0 - floor) * (at(scores, rows + row) / at(scores, 1))
    return part / chance_of(scores, floor, rows, row)


@inner
def _usual_square(scores, usual, floor, rows, drawn, count, squares):
    """Add to the fading sums; return the mean, or 0 where there is none."""
    seen, shares = 0.0, 0.0
    for b in range(count):
        share = _share(scores, floor, rows, at(drawn, b))
        seen += share * at(squares, b)
        shares += share
    if not seen < np.inf:
        return 0.0
    keep = max(0.0, 1.0 - MEMORY * count / rows)
    put(usual, 0, keep * at(usual, 0) + seen)
    put(usual, 1, keep * at(usual, 1) + shares)
    return at(usual, 0) / at(usual, 1) if at(usual, 0) > 0.0 and at(usual, 1) > 0.0 else 0.0
