"""AW-SGD's sampler, which learns how often to draw each row, compiled.

The scores are the leaves of a tree of sums, as described in the twin. One thread draws a batch and
updates the scores: a draw takes about as long as the cache reads during its descent of the tree.
"""

import math

import numpy as np

from fusedmlp.kernels.compilation.door import operation
from fusedmlp.kernels.compilation.jit import allocates, inner
from fusedmlp.kernels.compilation.require_fit import require_fit
from fusedmlp.kernels.layers import Shape
from fusedmlp.kernels.random_numbers import mix_bits
from fusedmlp.kernels.vector import address, at, put, shifted
from fusedmlp.kernels.vector.reductions import sum_of_squares

MEMORY = 4.0
LEAST = 2.0**-40
MOST = 2.0**60


@operation
def row_chances(scores, floor, drawn, chances):
    """Set chances to the probabilities q of the rows that were drawn; both (draws,)."""
    require_fit("row_chances", scores, floor, drawn, chances)
    rows = scores.size // 2
    for b in range(drawn.size):
        chances[b] = chance_of(address(scores), floor, rows, drawn[b])


@inner
def chance_of(scores, floor, rows, row):
    """Return the probability that a draw gives this row."""
    part = at(scores, rows + row) / at(scores, 1)
    return (1.0 - floor) * part + floor / rows


@operation
def draw_rows(scores, floor, seed, epoch, first, drawn):
    """Set drawn (draws,) to rows; they are the draws first, first + 1, ... of the epoch."""
    require_fit("draw_rows", scores, floor, seed, epoch, first, drawn)
    rows, count = scores.size // 2, drawn.size
    draw_rows_at(address(scores), floor, seed, epoch, first, rows, count, address(drawn))


@inner
def draw_rows_at(scores, floor, seed, epoch, first, rows, count, drawn):
    """Set the `count` numbers at an address to drawn rows."""
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
    """Return the leaf whose part of the sum of all scores contains share * sum."""
    remaining, node = share * at(scores, 1), 1
    while node < rows:
        node = 2 * node
        left_sum = at(scores, node)
        # No branch: it would be mispredicted half of the time.
        right = remaining >= left_sum
        remaining -= left_sum if right else 0.0
        node += 1 if right else 0
    return node


@operation
def add_squares(inputs, delta, bias, squares):
    """Add to squares (rows,) the squared length of each row's gradient in one layer."""
    require_fit("add_squares", inputs, delta, bias, squares)
    rows, n_in = inputs.shape
    shape = Shape(rows, n_in, delta.shape[1])
    add_squares_at(shape, address(inputs), address(delta), bias, 1.0, address(squares))


@inner
def add_squares_at(shape, inputs, delta, bias, unscaled, squares):
    """Add the squared lengths, times `unscaled`, to the numbers at an address."""
    rows, n_in, n_out = shape
    for b in range(rows):
        inputs_squared = bias + sum_of_squares(shifted(inputs, b * n_in), n_in)
        delta_squared = unscaled * sum_of_squares(shifted(delta, b * n_out), n_out)
        put(squares, b, at(squares, b) + inputs_squared * delta_squared)


@operation
@allocates
def learn_to_sample(scores, usual, floor, rate, drawn, squares):
    """Update the scores of the drawn rows (draws,) from the squared lengths of their gradients.

    squares: c, of the weighted gradients. usual (2,): decaying sums of share * c and of share;
    their ratio is the mean of c.
    """
    require_fit("learn_to_sample", scores, usual, floor, rate, drawn, squares)
    _learn(scores, usual, floor, rate, drawn, squares, np.empty(drawn.size))


@inner
def _learn(scores, usual, floor, rate, drawn, squares, moved):
    """Update the scores through arrays; `moved` is an argument, which lives as long as the call."""
    learn_at(
        address(scores), address(usual), floor, rate, scores.size // 2, address(drawn), drawn.size,
        address(squares), address(moved),
    )  # fmt: skip


@inner
def learn_at(scores, usual, floor, rate, rows, drawn, count, squares, moved):
    """Update the scores at an address; moved (draws,): the new scores, may overwrite squares."""
    mean = _update_mean_square(scores, usual, floor, rows, drawn, count, squares)
    if not mean > 0.0:
        return
    least = LEAST * (at(scores, 1) / rows)
    # Compute all new scores from the old ones: a row that was drawn twice moves once.
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
    total = at(scores, 1)
    if total > MOST * rows or total < rows / MOST:
        for node in range(2 * rows):
            put(scores, node, at(scores, node) * (1.0 / MOST if total > rows else MOST))


@inner
def _share(scores, floor, rows, row):
    """Return the part of a row's probability that comes from its score."""
    part = (1.0 - floor) * (at(scores, rows + row) / at(scores, 1))
    return part / chance_of(scores, floor, rows, row)


@inner
def _update_mean_square(scores, usual, floor, rows, drawn, count, squares):
    """Update the decaying sums; return the mean of the squares, or 0 if there is none."""
    weighted_sum, total_share = 0.0, 0.0
    for b in range(count):
        share = _share(scores, floor, rows, at(drawn, b))
        weighted_sum += share * at(squares, b)
        total_share += share
    if not weighted_sum < np.inf:
        return 0.0
    keep = max(0.0, 1.0 - MEMORY * count / rows)
    put(usual, 0, keep * at(usual, 0) + weighted_sum)
    put(usual, 1, keep * at(usual, 1) + total_share)
    return at(usual, 0) / at(usual, 1) if at(usual, 0) > 0.0 and at(usual, 1) > 0.0 else 0.0
