"""The column to predict: classes or numbers, what the network is shown of it, and the scores."""

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
LARGEST = 1e100  # number whose square, and the sum of many, is finite


class TableError(ValueError):
    """What keeps a table from being trained on, in one line."""


@dataclass(frozen=True)
class Classes:
    """A target that names classes: one output for each, the largest of which is the answer.

    The truth is a class's place among the labels.
    """

    labels: list[str]
    usual: int  # the largest class of the rows to learn from
    options: ClassVar = {"output_activation": "softmax", "loss": "log_loss"}
    measures: ClassVar = {"accuracy": "{:.1%}"}

    @property
    def baseline(self) -> str:
        """Name the best answer of one who knows the target alone."""
        return f"always {self.labels[self.usual]!r}"

    @property
    def summary(self) -> str:
        """Say what there is to tell apart."""
        return f"{len(self.labels)} classes"

    def encoded(self, truth: Values) -> Values:
        """Return truth (rows,) as one-hot rows (rows, classes)."""
        return np.eye(len(self.labels))[truth]

    def scores(self, outputs: Values, truth: Values) -> list[float]:
        """Return the share of rows that are answered rightly."""
        return [float(accuracy_score(truth, outputs.argmax(axis=1)))]

    def baseline_scores(self, truth: Values) -> list[float]:
        """Return the share of rows of the usual class."""
        return [float(np.mean(truth == self.usual))]


@dataclass(frozen=True)
class Numbers:
    """A target that is measured: one output, in standard deviations from the mean."""

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
        """Return the scores of the mean of the rows to learn from."""
        return self.scores(np.zeros((len(truth), 1)), truth)


def is_number(column: pd.Series) -> bool:
    """Whether a column holds numbers, of which True and False are none."""
    return types.is_numeric_dtype(column) and not types.is_bool_dtype(column)


def likely_task(column: pd.Series) -> Task:
    """Return classes for a column that is not of numbers, or of few different whole ones."""
    if not is_number(column):
        return "classes"
    values = column.dropna()
    different = values.nunique()
    few = different <= min(MOST_CLASSES, len(values) / LEAST_OF_A_CLASS)
    return "classes" if few and (values % 1 == 0).all() else "numbers"


def truth_of(column: pd.Series, task: Task) -> pd.Series:
    """Return the target with its missing values, as floats or as the texts of the labels.

    Raises
    ------
    TableError
        If it is to be numbers, and none is one.
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
    """Return truth without missing values as an array, with the labels of classes.

    Raises
    ------
    TableError
        If there is nothing to tell apart, or nearly every row is a class of its own.
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
    """Return what the rows to learn from say of the target."""
    if labels:
        return Classes(labels, int(np.bincount(train).argmax()))
    return Numbers(float(train.mean()), float(train.std()) or 1.0)
