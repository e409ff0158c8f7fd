"""The column to predict: classes, numbers or counts, their encoding as outputs, and back."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusedmlp.tables.errors import TableError

Task = Literal["classes", "numbers", "counts"]
Label = str | bool | int | float
Values = NDArray[Any]
LARGEST_OUTPUT = 1e100  # in place of infinity, which exp may give for rows far from all others
ClassWeight = Literal["balanced"] | Mapping[Any, float] | None


@dataclass(frozen=True)
class Classes:
    """A target of classes: one output for each, its probability.

    The truth of a row is the index of its class in `labels`.

    Parameters
    ----------
    name : str
        The column's.
    labels : tuple of str, bool, int or float
        As the column has them, in ascending order.
    shares : tuple of float
        Of the training rows in each class.
    """

    name: str
    labels: tuple[Label, ...]
    shares: tuple[float, ...] = ()
    task: ClassVar[Task] = "classes"

    @property
    def outputs(self) -> int:
        """The number of outputs."""
        return len(self.labels)

    @property
    def options(self) -> dict[str, Any]:
        """The options that training needs."""
        return {"output_activation": "softmax", "loss": "log_loss"}

    @property
    def summary(self) -> str:
        """The target in a few words."""
        return f"{len(self.labels)} classes"

    @property
    def baseline(self) -> str:
        """The baseline in a few words."""
        return f"always {str(self.labels[int(np.argmax(self.shares))])!r}"

    @property
    def positive(self) -> int | None:
        """The index of the rarer of two classes, of which F1 is; None if there are more."""
        return int(np.argmin(self.shares)) if len(self.labels) == 2 else None

    def learnt(self, truth: Values) -> "Classes":
        """Return the target with the shares of these training rows."""
        counts = np.bincount(truth, minlength=len(self.labels))
        return Classes(self.name, self.labels, tuple((counts / len(truth)).tolist()))

    def encoded(self, truth: Values) -> Values:
        """Return truth (rows,) as one-hot rows (rows, classes)."""
        encoded: Values = np.eye(len(self.labels))[truth]
        return encoded

    def decoded(self, outputs: Values) -> Values:
        """Return outputs (rows, classes) as probabilities, whose sum in each row is 1."""
        probabilities = outputs.astype(np.float64)
        summed: Values = probabilities / probabilities.sum(axis=1, keepdims=True)
        return summed

    def baseline_answers(self, rows: int) -> Values:
        """Return the probabilities (rows, classes) that no column is needed for."""
        return np.tile(self.shares, (rows, 1))

    def as_json(self) -> dict[str, Any]:
        """Return the target as JSON has it."""
        return {"task": self.task, **asdict(self)}

    def row_weights(self, truth: Values, class_weight: Any) -> Values | None:
        """Return the weight of each row (rows,) by that of its class, or None.

        Raises
        ------
        TableError
            If class_weight is neither "balanced" nor a mapping from labels to numbers above 0.
        """
        if class_weight is None:
            return None
        counts = np.bincount(truth, minlength=len(self.labels))
        if isinstance(class_weight, str):
            if class_weight != "balanced":
                raise TableError(
                    f"class_weight must be 'balanced' or weights by label, got {class_weight!r}"
                )
            weights = len(truth) / (len(self.labels) * np.maximum(counts, 1))
        elif isinstance(class_weight, Mapping):
            weights = self._weights(class_weight)
        else:
            kind = type(class_weight).__name__
            raise TableError(f"class_weight must be 'balanced' or weights by label, got a {kind}")
        rows: Values = weights[truth]
        return rows

    def _weights(self, class_weight: Mapping[Any, float]) -> Values:
        weights = np.ones(len(self.labels))
        names = [str(label) for label in self.labels]  # as the command line gives them
        for label, weight in class_weight.items():
            if str(label) not in names:
                raise TableError(
                    f"class_weight names {label!r}, which is no class of column {self.name!r}; "
                    f"the classes are {', '.join(names[:20])}"
                )
            if not isinstance(weight, int | float) or not 0 < weight < np.inf:
                raise TableError(f"class_weight of {label!r} must be above 0, got {weight!r}")
            weights[names.index(str(label))] = weight
        return weights


@dataclass(frozen=True)
class Numbers:
    """A target of numbers, or of counts: one output.

    Parameters
    ----------
    name : str
        The column's.
    mean, deviation : float
        Of the training rows.
    loss : str
        With "poisson", the output is a share of the mean; else it is in standard deviations from
        it.
    task : "numbers" or "counts"
    """

    name: str
    mean: float
    deviation: float
    loss: str = "squared_error"
    task: Task = "numbers"
    outputs: ClassVar[int] = 1
    baseline: ClassVar[str] = "always the mean"

    @property
    def options(self) -> dict[str, Any]:
        """The options that training needs."""
        output = "exp" if self.loss == "poisson" else "identity"
        return {"output_activation": output, "loss": self.loss}

    @property
    def summary(self) -> str:
        """The target in a few words."""
        return self.task

    def learnt(self, truth: Values) -> "Numbers":
        """Return the target with the mean and deviation of these training rows.

        Raises
        ------
        TableError
            With the loss "poisson", if all are 0.
        """
        if self.loss == "poisson" and truth.max() == 0:
            raise TableError(
                f"column {self.name!r} must have a number above 0 in the training rows for "
                "loss='poisson', got 0 in each; give loss='squared_error'"
            )
        deviation = float(truth.std()) or 1.0
        return Numbers(self.name, float(truth.mean()), deviation, self.loss, self.task)

    def encoded(self, truth: Values) -> Values:
        """Return truth (rows,) as outputs are."""
        encoded: Values = (
            truth / self.mean if self.loss == "poisson" else (truth - self.mean) / self.deviation
        )
        return encoded

    def decoded(self, outputs: Values) -> Values:
        """Return outputs (rows, 1) as numbers (rows,) in the column's unit."""
        answers = outputs[:, 0].astype(np.float64).clip(max=LARGEST_OUTPUT)
        decoded: Values = (
            answers * self.mean if self.loss == "poisson" else answers * self.deviation + self.mean
        )
        return decoded

    def baseline_answers(self, rows: int) -> Values:
        """Return the mean for each row."""
        return np.full(rows, self.mean)

    def as_json(self) -> dict[str, Any]:
        """Return the target as JSON has it."""
        return asdict(self)

    def row_weights(self, truth: Values, class_weight: ClassWeight) -> None:  # noqa: ARG002
        """Return None: the rows of numbers have no weights.

        Raises
        ------
        TableError
            For a class_weight.
        """
        if class_weight is not None:
            raise TableError(
                f"class_weight is for classes, and column {self.name!r} was taken as "
                f"{self.task}; leave it out, or give task='classes'"
            )


Target = Classes | Numbers


def as_labels(labels: Sequence[Label], codes: Values, index: pd.Index, name: str) -> pd.Series:
    """Return the labels of codes (rows,) as a column, in the type that they have."""
    return pd.Series(pd.Series(list(labels)).to_numpy()[codes], index=index, name=name)
