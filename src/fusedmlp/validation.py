"""The rows that a run is trained on, and those that it is only looked at with."""

from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from fusedmlp.data import Array, checked, checked_row_weights
from fusedmlp.plan import Plan
from fusedmlp.trained import implementation


class Rows(NamedTuple):
    """Inputs, their targets, and what each row counts."""

    X: Array  # (rows, n_in)
    y: Array  # (rows, n_out)
    weights: Array | None  # (rows,); None: all the same

    @property
    def total(self) -> float:
        """Rows, or the sum of their weights."""
        return float(len(self.X) if self.weights is None else self.weights.sum(dtype=np.float64))


def checked_data(X: Any, y: Any, options: dict[str, Any]) -> tuple[Rows, Rows | int | None]:
    """Return all rows, and those to validate with, or how many are to be set aside.

    Raises
    ------
    TypeError, ValueError
        As `fusedmlp.train` does, for X, y and the options that hold data.
    """
    inputs, targets = checked(X, y, options)
    weights = checked_row_weights(options["sample_weight"], options["dtype"], len(inputs))
    return Rows(inputs, targets, weights), _checked_validation(inputs, targets, options)


def _checked_validation(
    inputs: Array, targets: Array, options: dict[str, Any]
) -> Rows | int | None:
    validation = options["validation"]
    if validation is None:
        return None
    if isinstance(validation, Real):
        return _count(float(validation), len(inputs))
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
    return Rows(others, their_targets, None)


def _count(share: float, rows: int) -> int:
    if not 0 < share < 1:
        raise ValueError(f"validation must be above 0 and below 1, got {share!r}")
    count = round(share * rows)
    if not 0 < count < rows:
        raise ValueError(f"validation must leave rows on both sides, got {share!r} of {rows} rows")
    return count


def set_aside(rows: Rows, count: int, random: np.random.RandomState) -> tuple[Rows, Rows]:
    """Return the rows to learn from, and so many others, chosen at random; both in order."""
    order = random.permutation(len(rows.X))
    aside, rest = (
        Rows(rows.X[chosen], rows.y[chosen], None if rows.weights is None else rows.weights[chosen])
        for chosen in (np.sort(order[:count]), np.sort(order[count:]))
    )
    if rest.total == 0 or aside.total == 0:
        raise ValueError("sample_weight must not be 0 for all rows on one side of validation")
    return rest, aside


def total_loss(backend: str, plan: Plan, outputs: Array, rows: Rows) -> float:
    """Return the sum of the losses of outputs (rows, n_out), rows counting as their weights say."""
    package, huber_delta = implementation(backend), float(plan.huber_delta)
    kind = plan.loss, int(plan.activations[-1])
    if rows.weights is None:
        return float(package.loss(*kind, outputs, rows.y, huber_delta))
    return float(package.weighted_loss(*kind, outputs, rows.y, rows.weights, huber_delta))
