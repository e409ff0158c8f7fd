"""The class `TableModel`: what predicts a column of a table from the others."""

from dataclasses import dataclass
from os import PathLike

import numpy as np
import pandas as pd

from fusedmlp.tables.column import Column
from fusedmlp.tables.columns import encode_frame
from fusedmlp.tables.errors import TableError
from fusedmlp.tables.file_contents import write_model
from fusedmlp.tables.frames import as_frame
from fusedmlp.tables.scores import MEASURES, Scores
from fusedmlp.tables.shown import as_html
from fusedmlp.tables.target import Classes, Target, Values, as_labels
from fusedmlp.trained import Trained

# Standard deviations from the mean: of rows beyond, float32 could hold no sums of squares.
FARTHEST = 1e6


@dataclass(frozen=True, eq=False, repr=False)
class TableModel:
    """A model of a table: the columns' preprocessing, and the networks behind it.

    Made by `fusedmlp.tables.fit` and `fusedmlp.tables.load`.

    Attributes
    ----------
    networks : tuple of Trained
        Their mean is the answer.
    columns : tuple of Column
        The columns that the model reads, with what they have learnt from the training rows.
    target : Classes or Numbers
        What is predicted; ``target.name`` is the column, ``target.task`` the task, and
        ``target.labels`` are the classes.
    scores : Scores
        On rows held out, of a baseline, and on the training rows.
    notes : tuple of str
        What was decided and changed, for the user to read.

    Examples
    --------
    >>> import fusedmlp, pandas
    >>> frame = pandas.DataFrame({"x": range(-50, 50), "size": ["small", "large"] * 50})
    >>> frame["high"] = (frame["x"] > 0) & (frame["size"] == "large")
    >>> model = fusedmlp.tables.fit(frame, "high")
    >>> model.predict(pandas.DataFrame({"size": ["large", "small"], "x": [40, 45]})).tolist()
    [True, False]
    """

    networks: tuple[Trained, ...]
    columns: tuple[Column, ...]
    target: Target
    scores: Scores
    notes: tuple[str, ...]

    def predict(self, frame: pd.DataFrame, *, notes: list[str] | None = None) -> pd.Series:
        """Return the target of each row: labels of classes as the training data had them, or means.

        Parameters
        ----------
        frame : DataFrame
            With the model's columns, in any order; others are ignored. Numbers that are more than a
            million standard deviations from the mean count as that far.
        notes : list of str, optional
            Is extended by what the user should know: cells that were not understood, categories
            that training did not see.

        Returns
        -------
        Series (rows,)
            With the frame's index and the target's name.

        Raises
        ------
        TypeError
            If the frame is none.
        TableError
            If a column is missing; the error names it.
        """
        frame = as_frame(frame)
        answers = self._answers(frame, notes)
        if isinstance(self.target, Classes):
            codes = answers.argmax(axis=1)
            return as_labels(self.target.labels, codes, frame.index, self.target.name)
        return pd.Series(answers, index=frame.index, name=self.target.name)

    def predict_proba(self, frame: pd.DataFrame, *, notes: list[str] | None = None) -> pd.DataFrame:
        """Return the probability of each class (rows, classes), a column for each label.

        Parameters
        ----------
        frame : DataFrame
        notes : list of str, optional
            As those of `predict`.

        Returns
        -------
        DataFrame

        Raises
        ------
        TypeError, TableError
            As `predict` does; and for a target of numbers, which has no classes.
        """
        if not isinstance(self.target, Classes):
            raise TableError(
                f"probabilities are of classes, and column {self.target.name!r} was taken as "
                f"{self.target.task}; use predict"
            )
        frame = as_frame(frame)
        answers = self._answers(frame, notes)
        return pd.DataFrame(answers, index=frame.index, columns=list(self.target.labels))

    def _answers(self, frame: pd.DataFrame, notes: list[str] | None) -> Values:
        """Return probabilities (rows, classes), or numbers (rows,)."""
        X = encode_frame(self.columns, frame, [] if notes is None else notes)
        return answers_of(self.networks, self.target, X)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the model to one file, which `fusedmlp.tables.load` opens.

        It is a safetensors file: the networks' numbers are its tensors, and all else is JSON in
        its metadata, with a SHA-256 of all bytes. No code is in it, as would be in a pickle. The
        file is replaced whole, as `fusedmlp.save` does.

        Parameters
        ----------
        path : path-like

        Raises
        ------
        TableError
            If `load` would refuse the file, as for a network whose weights were set to infinity.
        OSError
            If the file cannot be written.
        """
        write_model(path, self.networks, self.columns, self.target, self.scores, self.notes)

    def _repr_html_(self) -> str:
        return as_html(repr(self), self.target, self.scores, self.notes)

    def __repr__(self) -> str:
        sizes = "-".join(str(size) for size in self.networks[0]._sizes)
        scores = self.scores.held_out or self.scores.training
        name = next(iter(scores))
        rows = "held out" if self.scores.held_out else "on the training rows"
        count = len(self.networks)
        return (
            f"<TableModel of {self.target.name!r}: {self.target.summary} from "
            f"{len(self.columns)} column{'s' if len(self.columns) != 1 else ''}, "
            f"{count} {sizes} network{'s' if count != 1 else ''}, "
            f"{MEASURES[name].title} {MEASURES[name].form.format(scores[name])} {rows}>"
        )


def answers_of(networks: tuple[Trained, ...], target: Target, X: Values) -> Values:
    """Return the mean of the networks' answers: probabilities (rows, classes), or (rows,)."""
    X = X.clip(-FARTHEST, FARTHEST)
    if not len(X):  # which networks refuse
        return target.decoded(np.ones((0, target.outputs)))
    total = target.decoded(networks[0].predict(X))
    for network in networks[1:]:
        total = total + target.decoded(network.predict(X))
    mean: Values = total / len(networks)
    return mean
