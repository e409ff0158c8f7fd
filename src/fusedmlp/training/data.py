"""The training data and the validation set of a run."""

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from fusedmlp.checks.arrays import Array, checked_inputs, real_array, require_columns
from fusedmlp.checks.frames import Names, column_names, require_names
from fusedmlp.checks.shown import shown


class Totals(NamedTuple):
    """What a run must know of its training data as a whole."""

    rows: int  # that an epoch visits: the unit of `State.position`
    n_in: int
    n_out: int
    weight: float  # the sum of the rows' weights


class TrainingData(Protocol):
    """The training data of a run, wherever they are."""

    @property
    def totals(self) -> Totals:
        """The numbers of rows, inputs and outputs, and the sum of the rows' weights."""
        ...

    @property
    def row_weights(self) -> Array | None:
        """The weights of all rows (rows,); None: all are 1."""
        ...

    @property
    def steps(self) -> int | None:
        """The steps made in all; None: they follow from the rows visited."""
        ...

    @property
    def samples(self) -> Sequence["Dataset"]:
        """The rows that are at hand before training, to look at."""
        ...


class Dataset(NamedTuple):
    """Inputs, their targets, and the weights of the rows."""

    X: Array  # (rows, n_in)
    y: Array  # (rows, n_out)
    row_weights: Array | None  # (rows,); None: all are 1

    @property
    def steps(self) -> None:
        """The steps made follow from the rows visited."""

    @property
    def samples(self) -> Sequence["Dataset"]:
        """All rows, to look at."""
        return (self,)

    @property
    def total_weight(self) -> float:
        """The sum of the rows' weights; without weights, the number of rows."""
        if self.row_weights is None:
            return float(len(self.X))
        return float(self.row_weights.sum(dtype=np.float64))

    @property
    def totals(self) -> Totals:
        """The numbers of rows, inputs and outputs, and the sum of the rows' weights."""
        return Totals(len(self.X), self.X.shape[1], self.y.shape[1], self.total_weight)


def checked_datasets(
    X: Any, y: Any, options: Mapping[str, Any]
) -> tuple[Dataset, Dataset | int | None]:
    """Return all rows, and the validation set, or how many rows to split off for it, or None.

    Raises
    ------
    TypeError, ValueError
        As `fusedmlp.train` does, for X, y and the options that hold data.
    """
    inputs, targets = checked_pair(X, y, options)
    row_weights = checked_row_weights(options["sample_weight"], options["dtype"], len(inputs))
    data = Dataset(inputs, targets, row_weights)
    return data, checked_validation(data.totals, options, column_names(X))


def checked_pair(X: Any, y: Any, options: Mapping[str, Any]) -> tuple[Array, Array]:
    """Return X (rows, n_in) and y (rows, n_out), checked against each other and the options.

    Raises
    ------
    TypeError
        For arrays of anything but real numbers.
    ValueError
        For arrays that are ragged, empty, of a wrong shape or not finite, and for targets that the
        loss or the output activation cannot take.
    """
    dtype = options["dtype"]
    rows = checked_inputs(X, dtype)
    targets = real_array("y", y, dtype, (1, 2))
    targets = targets.reshape(len(targets), -1)
    if len(targets) != len(rows):
        raise ValueError(
            f"y must have as many rows as X, got {len(targets)} for the {len(rows)} of X"
        )
    if options["output_activation"] == "softmax" and targets.shape[1] < 2:
        raise ValueError(
            "y must have a column for each class with output_activation='softmax', "
            "got 1 column: one-hot rows are wanted; fusedmlp.MLPClassifier makes them"
        )
    if options["loss"] == "log_loss":
        _require_probabilities(targets, options["output_activation"])
    if options["loss"] == "poisson" and targets.min() < 0:
        raise ValueError(f"y must be at least 0 with loss='poisson', got {targets.min()}")
    return rows, targets


def checked_row_weights(value: Any, dtype: str, rows: int) -> Array | None:
    """Return sample_weight (rows,), checked, or None if there is none."""
    if value is None:
        return None
    weights = real_array("sample_weight", value, dtype, (1,))
    if len(weights) != rows:
        raise ValueError(
            f"sample_weight must have as many numbers as X has rows, got {len(weights)} for {rows}"
        )
    if weights.min() < 0:
        raise ValueError(f"sample_weight must be at least 0, got {weights.min()}")
    if weights.sum() == 0:
        raise ValueError("sample_weight must not be 0 for all rows")
    return weights


def _require_probabilities(targets: Array, output_activation: str) -> None:
    """Raise ValueError for targets that the loss log_loss does not take."""
    low, high = targets.min(), targets.max()
    if low < 0 or high > 1:
        raise ValueError(
            f"y must be in 0..1 with loss='log_loss', got {low if low < 0 else high}: for classes, "
            "give one-hot rows or take fusedmlp.MLPClassifier"
        )
    if output_activation == "softmax":
        sums = targets.sum(axis=1)
        row = int(np.argmax(np.abs(sums - 1)))
        # The sum of probabilities that were rounded to float32 differs from 1 by less than this.
        if abs(sums[row] - 1) > 1e-6 * targets.shape[1]:
            raise ValueError(
                "y must have rows that sum to 1 with loss='log_loss' and "
                f"output_activation='softmax', got {sums[row]} in row {row}"
            )


def checked_validation(
    totals: Totals, options: Mapping[str, Any], names: Names | None = None
) -> Dataset | int | None:
    """Return the validation set, or how many rows to split off for it, or None.

    totals: of the training data, the rows to split off among them. names: of its columns.
    """
    validation = options["validation"]
    if validation is None:
        return None
    if isinstance(validation, Real):
        return _validation_rows(float(validation), totals.rows)
    if not isinstance(validation, list | tuple) or len(validation) != 2:
        raise TypeError(
            "validation must be None, a share of the rows or a pair (X, y), "
            f"got {shown(validation)}"
        )
    try:
        others, their_targets = checked_pair(validation[0], validation[1], options)
        require_names(column_names(validation[0]), names)
    except (TypeError, ValueError) as error:
        raise type(error)(f"validation: {error}") from None
    require_columns("validation: X", others, totals.n_in)
    require_columns("validation: y", their_targets, totals.n_out)
    return Dataset(others, their_targets, None)


def _validation_rows(share: float, rows: int) -> int:
    """Return how many rows to split off for validation."""
    if not 0 < share < 1:
        raise ValueError(f"validation must be above 0 and below 1, got {share!r}")
    count = round(share * rows)
    if not 0 < count < rows:
        raise ValueError(f"validation must leave rows on both sides, got {share!r} of {rows} rows")
    return count


def split(data: Dataset, held_out: NDArray[np.int64]) -> tuple[Dataset, Dataset]:
    """Return the training data and the validation set: the rows held out, in ascending order.

    Raises
    ------
    ValueError
        If all rows of either have weight 0.
    """
    others = np.setdiff1d(np.arange(len(data.X)), held_out, assume_unique=True)
    validation, training = (
        Dataset(
            data.X[rows],
            data.y[rows],
            None if data.row_weights is None else data.row_weights[rows],
        )
        for rows in (held_out, others)
    )
    if training.total_weight == 0 or validation.total_weight == 0:
        raise ValueError("sample_weight must not be 0 for all rows on one side of validation")
    return training, validation
