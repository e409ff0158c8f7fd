"""AW-SGD's sampler, which learns how often to draw each row. Written for clarity, not for speed.

Bouchard, Trouillon, Perez and Gaidon, Online learning to sample, 2015 (arXiv:1506.09016). An
estimate of the mean gradient varies least where rows are drawn in proportion to the length of
their gradients. How long those are is learnt from the rows that are drawn.

Row i is drawn with probability ``q[i] = (1 - floor) * s[i] + floor / rows``, where s are the scores
over their sum. Its gradient is multiplied by ``weight = 1 / (rows * q[i])``: the expectation is the
mean gradient for any scores. The floor keeps every weight below 1 / floor.

The scores are the leaves of a binary tree in which each node is the sum of its two children: row i
is at ``scores[rows + i]``, the children of node k at 2k and 2k + 1, the sum of all scores at 1. A
draw descends the tree and a new score is added up to the root, so that the distribution changes in
each step without a pass over all rows. (If it changed only once an epoch, it would overshoot: a row
is drawn many times in between, and the variance can grow to eight times that of uniform draws.)
"""

import numpy as np
from numpy.typing import NDArray

from fusedmlp.reference.activations import Array
from fusedmlp.reference.random_numbers import mix

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]

# The weight of a row in the mean square decays to 1 / e in a quarter of an epoch.
MEMORY = 4.0
# The smallest score, relative to the mean score.
LEAST = 2.0**-40
# Scores are rescaled when their mean leaves 1 / MOST..MOST, so that no sum overflows.
MOST = 2.0**60


def row_chances(scores: Numbers, floor: float, drawn: Indices, chances: Numbers) -> None:
    """Set chances to the probabilities q of the rows that were drawn; both (draws,)."""
    rows = len(scores) // 2
    chances[:] = (1 - floor) * (scores[rows + drawn] / scores[1]) + floor / rows


def draw_rows(
    scores: Numbers, floor: float, seed: int, epoch: int, first: int, drawn: Indices
) -> None:
    """Set drawn (draws,) to rows; they are the draws first, first + 1, ... of the epoch.

    Each draw takes a random number in 0..1. Below the floor, it is scaled to a row, all rows being
    equally likely. Above, it is scaled to a number between 0 and the sum of all scores, and the
    descent of the tree finds the row whose part of the sum contains that number.
    """
    rows = len(scores) // 2
    bits = mix(mix(seed, epoch), first + np.arange(len(drawn)))
    for k, number in enumerate((bits >> np.uint64(11)) * 2.0**-53):
        if number < floor:
            drawn[k] = min(int(number / floor * rows), rows - 1)
            continue
        remaining, node = (number - floor) / (1 - floor) * scores[1], 1
        while node < rows:
            node = 2 * node
            if remaining >= scores[node]:
                remaining -= scores[node]
                node += 1
        drawn[k] = node - rows


def add_squares(inputs: Array, delta: Array, bias: int, squares: Numbers) -> None:
    """Add to squares (rows,) the squared length of each row's gradient in one layer.

    A row's gradient is the outer product of its inputs (rows, n_in), with a 1 for the bias, and its
    delta (rows, n_out). The length of an outer product is the product of the two lengths, so that
    the gradients of single rows need not be computed.
    """
    squares += _squared_length(inputs, bias) * _squared_length(delta, 0)


def _squared_length(vectors: Array, bias: int) -> Numbers:
    square: Numbers = (vectors**2).sum(axis=1).astype(np.float64)
    return square + bias


@np.errstate(over="ignore", invalid="ignore")
def learn_to_sample(
    scores: Numbers, usual: Numbers, floor: float, rate: float, drawn: Indices, squares: Numbers
) -> None:
    """Update the scores of the drawn rows (draws,) from the squared lengths of their gradients.

    squares: ``c = (weight * length)**2``; the variance of the gradient estimate is the mean of c,
    up to a constant. The paper minimises it by gradient descent: parameters t of q move by c times
    the gradient of log q. Here the scores are exponentials of t, and that rule would move the t of
    all rows in each draw. It has the same expectation to add ``share * (c - mean)`` to the t of the
    drawn row alone. share, ``(1 - floor) * s / q``, is the part of the row's probability that comes
    from its score; mean is the mean of c over rows drawn by s. If all c are equal, q is optimal.

    Three details are this project's own. c is divided by the mean, so that one rate suits losses of
    any scale; the mean is a running one, kept as two decaying sums in usual (2,). A move up is at
    most the rate, as a move down always is: the squares have long tails. A row that was drawn twice
    moves once, since both draws say the same: otherwise large batches overshoot. All three change
    only how q is learnt; the expectation of the gradient is the same for any q.
    """
    rows = len(scores) // 2
    chances = np.empty(len(drawn))
    row_chances(scores, floor, drawn, chances)
    share = (1 - floor) * (scores[rows + drawn] / scores[1]) / chances
    weighted_sum, total_share = float((share * squares).sum()), float(share.sum())
    if not np.isfinite(weighted_sum):  # training is about to stop
        return
    keep = max(0.0, 1 - MEMORY * len(drawn) / rows)
    usual[:] = keep * usual + [weighted_sum, total_share]
    if usual[0] <= 0 or usual[1] <= 0:
        return
    mean = usual[0] / usual[1]
    moves = rate * share * (np.minimum(squares / mean, 2) - 1)
    least = LEAST * (scores[1] / rows)
    scores[rows + drawn] = np.maximum(scores[rows + drawn] * np.exp(moves), least)
    for node in range(rows - 1, 0, -1):
        scores[node] = scores[2 * node] + scores[2 * node + 1]
    if scores[1] > MOST * rows or scores[1] < rows / MOST:
        scores *= 1 / MOST if scores[1] > rows else MOST
