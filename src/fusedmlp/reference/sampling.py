"""AW-SGD: rows drawn as often as is learnt to be useful, for clarity and not for speed.

Bouchard, Trouillon, Perez and Gaidon, Online learning to sample, 2015 (arXiv:1506.09016). An
estimate of the mean gradient varies least where rows are drawn in proportion to the length of
their gradients. How long those are is learnt from the rows that are drawn.

Row i is drawn with probability ``q[i] = (1 - floor) * s[i] + floor / rows``, where s are the scores
over their sum. Its gradient counts ``weight = 1 / (rows * q[i])``: what is drawn too often counts
less, so that the expectation is the mean gradient whatever the scores are. The floor keeps every
weight below 1 / floor.

The scores are the leaves of a binary tree, in which a node is the sum of the two below it: row i at
``scores[rows + i]``, the nodes below k at 2k and 2k + 1, the sum of all at 1. A draw walks down it
and a new score walks up, so that the distribution is a new one in each step, and no step looks at
all rows. (Made anew in each epoch only, it overshoots: a row is drawn many times in between, and
the variance can grow to eight times that of uniform draws.)
"""

import numpy as np
from numpy.typing import NDArray

from fusedmlp.reference.activations import Array
from fusedmlp.reference.random_numbers import mix

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]

# What rows count in the usual square fades to 1 / e in a quarter of an epoch.
MEMORY = 4.0
# A score that has fallen so far below the mean has fallen far enough; sums never get so large that
# they could overflow.
LEAST = 2.0**-40
MOST = 2.0**60


def row_chances(scores: Numbers, floor: float, drawn: Places, chances: Numbers) -> None:
    """Set chances to the probabilities q of the rows that were drawn; both (draws,)."""
    rows = len(scores) // 2
    chances[:] = (1 - floor) * (scores[rows + drawn] / scores[1]) + floor / rows


def draw_rows(
    scores: Numbers, floor: float, seed: int, epoch: int, first: int, drawn: Places
) -> None:
    """Set drawn (draws,) to rows; the first of them is the first-th draw of the epoch.

    A number in 0..1 chooses. Its part below the floor is a row, all being as likely; the part above
    is a place between 0 and the sum of all scores, and the way down the tree leads to whose it is.
    """
    rows = len(scores) // 2
    bits = mix(mix(seed, epoch), first + np.arange(len(drawn)))
    for place, number in enumerate((bits >> np.uint64(11)) * 2.0**-53):
        if number < floor:
            drawn[place] = min(int(number / floor * rows), rows - 1)
            continue
        left, node = (number - floor) / (1 - floor) * scores[1], 1
        while node < rows:
            node = 2 * node
            if left >= scores[node]:
                left -= scores[node]
                node += 1
        drawn[place] = node - rows


def add_squares(inputs: Array, delta: Array, bias: int, squares: Numbers) -> None:
    """Add to squares (rows,) the squared length of each row's gradient in one layer.

    The gradient of a row is the outer product of its inputs (rows, n_in), and 1 with a bias, and
    its delta (rows, n_out); the length of that is the product of theirs. Nothing else has to be
    known of each row, and the gradients need not be made one by one.
    """
    squares += _square(inputs, bias) * _square(delta, 0)


def _square(vectors: Array, bias: int) -> Numbers:
    square: Numbers = (vectors**2).sum(axis=1).astype(np.float64)
    return square + bias


@np.errstate(over="ignore", invalid="ignore")
def learn_to_sample(
    scores: Numbers, usual: Numbers, floor: float, rate: float, drawn: Places, squares: Numbers
) -> None:
    """Move the scores of the rows that were drawn (draws,), given the squares of what they gave.

    squares: ``c = (weight * length)**2`` of their gradients, of which the estimate's variance is
    the mean (but for a constant). The paper descends on it: parameters t of q move by c times the
    gradient of log q. Here scores are exponentials of t, and that would move the t of all rows in
    each draw. The same in expectation is to add ``share * (c - mean)`` to the t of the drawn row
    alone: share, ``(1 - floor) * s / q``, is what of its chance comes from its score, and mean that
    of c over rows drawn by s. Where all c are equal, q has no more to learn.

    Three things are this project's. c is divided by the mean, so that the rate is right for losses
    of any scale; the mean is one that fades, two sums in usual (2,). A move up is at most the rate,
    as a move down is anyway: squares have long tails. And a row that was drawn twice moves once, as
    it told the same thing twice: else large batches overshoot. Only what q learns is touched by
    that; the gradient has the expectation that it has with any q.
    """
    rows = len(scores) // 2
    chances = np.empty(len(drawn))
    row_chances(scores, floor, drawn, chances)
    share = (1 - floor) * (scores[rows + drawn] / scores[1]) / chances
    seen, count = float((share * squares).sum()), float(share.sum())
    if not np.isfinite(seen):  # the run is about to stop
        return
    keep = max(0.0, 1 - MEMORY * len(drawn) / rows)
    usual[:] = keep * usual + [seen, count]
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
