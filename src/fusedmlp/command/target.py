"""The column to predict: classes or numbers, their encoding as targets, and the scores."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api import types
from sklearn.metrics import accuracy_score, r2_score, root_mean_squared_error

Task = Literal["classes", "numbers"]
Values = NDArray[Any]

MOST_CLASSES = 20  # whole numbers with more different values than this are numbers
LEAST_OF_A_CLASS = 5  # rows, on average, for whole numbers to be classes
LARGEST = 1e100  # numbers up to this have finite squares and sums


class TableError(ValueError):
    """Why a table cannot be trained on, in one line."""


@dataclass(frozen=True)
class Classes:
    """A target of classes: one output for each; the largest output is the predicted class.

    The truth of a row is the index of its class in `labels`.
    """

    labels: list[str]
    usual: int  # index of the most frequent class of the training rows
    options: ClassVar = {"output_activation": "softmax", "loss": "log_loss"}
    measures: ClassVar = {"accuracy": "{:.1%}"}

    @property
    def baseline(self) -> str:
        """The name of the baseline: the most frequent class for every row."""
        return f"always {self.labels[self.usual]!r}"

    @property
    def summary(self) -> str:
        """The target in a few words."""
        return f"{len(self.labels)} classes"

    def encoded(self, truth: Values) -> Values:
        """Return truth (rows,) as one-hot rows (rows, classes)."""
        return np.eye(len(self.labels))[truth]

    def scores(self, outputs: Values, truth: Values) -> list[float]:
        """Return the accuracy."""
        return [float(accuracy_score(truth, outputs.argmax(axis=1)))]

    def baseline_scores(self, truth: Values) -> list[float]:
        """Return the accuracy of the baseline."""
        return [float(np.mean(truth == self.usual))]


@dataclass(frozen=True)
class Numbers:
    """A target of numbers: one output, in standard deviations from the mean."""

    mean: float
    deviation: float
    options: ClassVar = {"output_activation": "identity", "loss": "squared_error"}
    measures: ClassVar = {"R²": "{:.3f}", "root mean squared error": "{:,.4g}"}
    baseline: ClassVar = "always the mean"
    summary: ClassVar = "numbers"

    def encoded(self, truth: Values) -> Values:
        """Return truth (rows,), standardised."""
        return (truth - self.mean) / self.deviation

    def scores(self, outputs: Values, truth: Values) -> list[float]:
        """Return R² and the root mean squared error, which is in the target's own units."""
        answers = outputs[:, 0].astype(float) * self.deviation + self.mean
        return [float(r2_score(truth, answers)), float(root_mean_squared_error(truth, answers))]

    def baseline_scores(self, truth: Values) -> list[float]:
        """Return the scores of the baseline: the mean of the training rows."""
        return self.scores(np.zeros((len(truth), 1)), truth)


def is_number(column: pd.Series) -> bool:
    """Return whether a column holds numbers; booleans are not."""
    return types.is_numeric_dtype(column) and not types.is_bool_dtype(column)


def likely_task(column: pd.Series) -> Task:
    """Return "classes" for a column without numbers, or with few different whole numbers."""
    if not is_number(column):
        return "classes"
    values = column.dropna()
    different = values.nunique()
    few = different <= min(MOST_CLASSES, len(values) / LEAST_OF_A_CLASS)
    return "classes" if few and (values % 1 == 0).all() else "numbers"


def truth_of(column: pd.Series, task: Task) -> pd.Series:
    """Return the target as floats or as texts, the labels; missing values stay missing.

    Raises
    ------
    TableError
        If the task is "numbers" and the column has none.
    """
    if task == "numbers":
        numbers = pd.to_numeric(column.astype(object), errors="coerce").astype(float)
        if column.notna().any() and numbers.isna().all():
            raise TableError(f"column {column.name!r} holds no numbers; leave out --task numbers")
        return numbers.replace([np.inf, -np.inf], np.nan)
    if is_number(column) and (column.dropna() % 1 == 0).all() and column.abs().max() < 2**63:
        column = column.astype("Int64")  # labels 1 and 2, although missing values make them floats
    return column.astype(object).where(column.notna(), None).map(str, na_action="ignore")


def coded(truth: pd.Series, task: Task) -> tuple[Values, list[str]]:
    """Return the truth (rows,), of a target without missing values, and the labels of classes.

    Raises
    ------
    TableError
        If all values are the same, a number is too large, or classes have fewer than two rows on
        average.
    """
    different = truth.nunique()
    if different < 2:
        raise TableError(
            f"column {truth.name!r} must have at least two different values to predict, "
            f"got {truth.iloc[0]!s} in every row"
        )
    if task == "numbers":
        if truth.abs().max() > LARGEST:
            raise TableError(f"column {truth.name!r} has a number above {LARGEST:g}")
        return truth.to_numpy(float), []
    if different > len(truth) / 2:
        raise TableError(
            f"column {truth.name!r} must have classes with several rows each, "
            f"got {different:,} different values in {len(truth):,} rows"
        )
    codes, labels = pd.factorize(truth, sort=True)
    return codes, [str(label) for label in labels]


def described(train: Values, labels: list[str]) -> Classes | Numbers:
    """Return the target's description, from the truth of the training rows."""
    if labels:
        return Classes(labels, int(np.bincount(train).argmax()))
    return Numbers(float(train.mean()), float(train.std()) or 1.0)
