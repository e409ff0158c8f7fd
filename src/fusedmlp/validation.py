"""The rows that a run is not trained on."""

from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from fusedmlp.data import Array, checked, checked_row_weights


class Rows(NamedTuple):
    """Data of a run: what it learns from, or is only looked at with."""

    X: Array  # (rows, n_in)
    y: Array  # (rows, n_out)
    weights: Array | None  # (rows,)

    @property
    def total(self) -> float:
        """Rows, or the sum of their weights."""
        return float(len(self.X) if self.weights is None else self.weights.sum(dtype=np.float64))


def divided(
    inputs: Array, targets: Array, options: dict[str, Any], random: np.random.RandomState
) -> tuple[Rows, Rows | None]:
    """Return the rows to learn from, and those to validate with.

    inputs and targets are checked; the options' own data are checked here. A share is drawn from
    `random`; nothing is drawn for a pair, or without validation.
    """
    weights = checked_row_weights(options["sample_weight"], options["dtype"], len(inputs))
    rows, validation = Rows(inputs, targets, weights), options["validation"]
    if validation is None:
        return rows, None
    if isinstance(validation, Real):  # True is 1.0, which leaves nothing to learn from
        return _set_aside(rows, float(validation), random)
    if not isinstance(validation, list | tuple) or len(validation) != 2:
        raise TypeError(
            f"validation must be None, a share of the rows or a pair (X, y), got {validation!r}"
        )
    try:
        others, their_targets = checked(validation[0], validation[1], options)
    except (TypeError, ValueError) as error:
        raise type(error)(f"validation: {error}") from None
    for what, array, like in (("X", others, inputs), ("y", their_targets, targets)):
        if array.shape[1] != like.shape[1]:
            raise ValueError(
                f"validation: {what} must have {like.shape[1]} columns as in training, "
                f"got shape {array.shape}"
            )
    return rows, Rows(others, their_targets, None)


def _set_aside(rows: Rows, share: float, random: np.random.RandomState) -> tuple[Rows, Rows]:
    if not 0 < share < 1:
        raise ValueError(f"validation must be above 0 and below 1, got {share!r}")
    count = round(share * len(rows.X))
    if not 0 < count < len(rows.X):
        raise ValueError(
            f"validation must leave rows on both sides, got {share!r} of {len(rows.X)} rows"
        )
    order = random.permutation(len(rows.X))
    aside, rest = (
        Rows(rows.X[chosen], rows.y[chosen], None if rows.weights is None else rows.weights[chosen])
        for chosen in (np.sort(order[:count]), np.sort(order[count:]))
    )
    if rest.total == 0 or aside.total == 0:
        raise ValueError("sample_weight must not be 0 for all rows on one side of validation")
    return rest, aside
