"""How good a model's answers are, beside those of a baseline that needs no column."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusedmlp.tables.target import Classes, Target, Values

MOST_IN_A_MATRIX = 10  # classes, for a confusion matrix that can be read


class Measure(NamedTuple):
    """The title of a measure, and the format of its numbers."""

    title: str
    form: str
    of_classes: bool


MEASURES = {
    "accuracy": Measure("accuracy", "{:.1%}", True),
    "balanced_accuracy": Measure("balanced accuracy", "{:.1%}", True),
    "f1": Measure("F1", "{:.3f}", True),
    "log_loss": Measure("log loss", "{:.3f}", True),
    "roc_auc": Measure("ROC AUC", "{:.3f}", True),
    "r2": Measure("R²", "{:.3f}", False),
    "mean_absolute_error": Measure("mean absolute error", "{:,.4g}", False),
    "root_mean_squared_error": Measure("root mean squared error", "{:,.4g}", False),
    "mean_poisson_deviance": Measure("mean Poisson deviance", "{:.3f}", False),
}


@dataclass(frozen=True)
class Scores:
    """The scores of a model.

    Attributes
    ----------
    training : dict of float
        On the training rows, by the name of the measure, a key of `MEASURES`. For classes:
        accuracy, balanced_accuracy (the mean of the classes' recalls), f1 (of the rarer of two
        classes; of more, the mean of all), log_loss and roc_auc (of more than two classes, the mean
        of each against the others; missing where a class has no row). For numbers: r2,
        mean_absolute_error and root_mean_squared_error, in the target's unit; for counts also
        mean_poisson_deviance.
    held_out : dict of float, or None
        On the rows that were held out; None if there were none.
    baseline : dict of float
        Of the baseline on the rows held out, or on the training rows if there are none: the
        shares of the classes for each row, or the mean.
    confusion : tuple of tuple of int, or None
        Rows (held out, if there are any) of each class, a line, that were taken for each class;
        None for numbers and for more than 10 classes.
    training_rows, held_out_rows : int
    """

    training: dict[str, float]
    held_out: dict[str, float] | None
    baseline: dict[str, float]
    confusion: tuple[tuple[int, ...], ...] | None
    training_rows: int
    held_out_rows: int

    def as_json(self) -> dict[str, Any]:
        """Return the scores as JSON has them."""
        return asdict(self)

    def frame(self) -> pd.DataFrame:
        """Return the scores as a table: a line for each measure, by its title."""
        columns = {"held out": self.held_out, "baseline": self.baseline, "training": self.training}
        given = {name: scores for name, scores in columns.items() if scores is not None}
        table = pd.DataFrame(given, index=[n for n in MEASURES if n in self.training])
        return table.rename(index={name: measure.title for name, measure in MEASURES.items()})

    def confusion_frame(self, labels: Sequence[Any]) -> pd.DataFrame | None:
        """Return the confusion matrix with the target's labels, or None if there is none."""
        if self.confusion is None:
            return None
        names = [str(label) for label in labels]
        return pd.DataFrame(
            self.confusion,
            index=pd.Index(names, name="true class"),
            columns=pd.Index(names, name="taken for"),
        )


def title_of(measure: str, target: Target) -> str:
    """Return the title of a measure, where it is of one class with the class.

    Examples
    --------
    >>> from fusedmlp.tables.target import Classes
    >>> title_of("f1", Classes("y", ("fraud", "no"), (0.01, 0.99)))
    "F1 of 'fraud'"
    """
    title = MEASURES[measure].title
    if measure != "f1" or not isinstance(target, Classes) or target.positive is None:
        return title
    return f"{title} of {str(target.labels[target.positive])!r}"


def scores_of(
    target: Target,
    training: tuple[Values, Values],
    held_out: tuple[Values, Values] | None,
) -> Scores:
    """Return the scores.

    Parameters
    ----------
    target : Classes or Numbers
    training, held_out : tuple of ndarray (truth, answers)
        Truth (rows,) and answers as `decoded` returns them.
    """
    truth, answers = held_out or training
    return Scores(
        training=measured(target, *training),
        held_out=None if held_out is None else measured(target, *held_out),
        baseline=measured(target, truth, target.baseline_answers(len(truth))),
        confusion=_confusion(target, truth, answers),
        training_rows=len(training[0]),
        held_out_rows=0 if held_out is None else len(held_out[0]),
    )


def measured(target: Target, truth: Values, answers: Values) -> dict[str, float]:
    """Return each measure of answers (rows, classes), or (rows,) for numbers."""
    if isinstance(target, Classes):
        return _of_classes(target, truth, answers)
    return _of_numbers(target.task == "counts", truth, answers)


def _of_classes(target: Classes, truth: Values, answers: Values) -> dict[str, float]:
    from sklearn import metrics

    every, present = np.arange(len(target.labels)), np.unique(truth)
    chosen = answers.argmax(axis=1)
    # Each class that has rows counts as much as any other.
    recall = metrics.recall_score(truth, chosen, labels=present, average="macro", zero_division=0)
    which = {"labels": every, "average": "macro"}
    if target.positive is not None:
        which = {"labels": [target.positive], "average": "macro"}
    found = {
        "accuracy": metrics.accuracy_score(truth, chosen),
        "balanced_accuracy": recall,
        "f1": metrics.f1_score(truth, chosen, zero_division=0, **which),
        "log_loss": metrics.log_loss(truth, answers, labels=every),
    }
    if len(present) == len(every):
        of_the_second = len(every) == 2
        likely = answers[:, 1] if of_the_second else answers
        found["roc_auc"] = metrics.roc_auc_score(
            truth, likely, **({} if of_the_second else {"multi_class": "ovr"})
        )
    return {name: float(score) for name, score in found.items()}


def _of_numbers(counts: bool, truth: Values, answers: Values) -> dict[str, float]:
    from sklearn import metrics

    found = {
        "r2": metrics.r2_score(truth, answers),
        "mean_absolute_error": metrics.mean_absolute_error(truth, answers),
        "root_mean_squared_error": metrics.root_mean_squared_error(truth, answers),
    }
    if counts and answers.min() > 0:  # where it is not, counts have no deviance
        found["mean_poisson_deviance"] = metrics.mean_poisson_deviance(truth, answers)
    return {name: float(score) for name, score in found.items()}


def _confusion(
    target: Target, truth: Values, answers: Values
) -> tuple[tuple[int, ...], ...] | None:
    if not isinstance(target, Classes) or len(target.labels) > MOST_IN_A_MATRIX:
        return None
    size = len(target.labels)
    flat = truth * size + answers.argmax(axis=1)
    matrix: NDArray[np.int64] = np.bincount(flat, minlength=size * size).reshape(size, size)
    return tuple(tuple(line) for line in matrix.tolist())
