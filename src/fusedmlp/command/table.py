"""The user's table: from a file to training data, with notes on what was changed."""

import warnings
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from fusedmlp.command.target import (
    LARGEST,
    Classes,
    Numbers,
    TableError,
    Task,
    Values,
    coded,
    described,
    is_number,
    likely_task,
    truth_of,
)

Path = str | PathLike[str]

SEPARATORS = ",;\t|"  # the first is used if the first line has none of them
LEAST_ROWS = 10
NEARLY_EVERY = 0.9  # share of different texts from which a column is taken for names
MOST_CATEGORIES = 100  # inputs of a column; the rarest categories share one
MOST_LISTED = 40  # columns in a message
DATE = r"\s*(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2}))(\D.*)?"
DECIMAL_COMMA = r"\s*[-+]?\d+(,\d+)?\s*"  # of every value in a column of text


@dataclass(frozen=True)
class Prepared:
    """Training rows, rows held out, the target, and notes for the user."""

    X: Values  # (rows, n_in)
    truth: Values  # (rows,), indices of classes, or numbers
    X_held_out: Values
    truth_held_out: Values
    target: Classes | Numbers
    notes: list[str]


def read_table(path: Path, separator: str | None = None) -> pd.DataFrame:
    """Read a file of separated values, compressed or not, whose first line names the columns.

    Parameters
    ----------
    path : str or path
    separator : str, optional
        One character. By default, comma, semicolon, tab or bar: the one that splits the first line
        into the most columns.

    Returns
    -------
    DataFrame

    Raises
    ------
    TableError
        If there is no such file, or it cannot be read as a table.
    """
    if separator is not None and len(separator) != 1:
        raise TableError(f"separator must be one character, got {separator!r}")
    try:
        separator = separator or max(SEPARATORS, key=lambda one: _width(path, one))
        frame = _read(path, separator)
        if separator != "," and any(_all_match(frame[name], DECIMAL_COMMA) for name in frame):
            frame = _read(path, separator, decimal=",")
    except FileNotFoundError:
        raise TableError(f"there is no file {str(path)!r}") from None
    except pd.errors.EmptyDataError:
        raise TableError(f"{str(path)!r} is empty") from None
    except UnicodeDecodeError:
        raise TableError(f"{str(path)!r} is not text in UTF-8; save it as CSV in UTF-8") from None
    except pd.errors.ParserWarning:
        raise TableError(f"{str(path)!r} has rows longer than its first line") from None
    except (OSError, EOFError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise TableError(f"{str(path)!r} cannot be read as a table: {reason}") from None
    return frame


def _width(path: Path, separator: str) -> int:
    return len(pd.read_csv(path, sep=separator, nrows=0, skipinitialspace=True).columns)


def _read(path: Path, separator: str, decimal: str = ".") -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # for rows longer than the first
        frame = pd.read_csv(
            path,
            sep=separator,
            decimal=decimal,
            index_col=False,
            low_memory=False,
            na_values="?",
            skipinitialspace=separator != "\t",  # between tabs, spaces may be a missing value
        )
    frame = frame.rename(columns=str.strip)
    if not frame.columns.is_unique:
        raise ValueError(f"the columns' names must differ; {columns_of(frame)}")
    return frame


def columns_of(frame: pd.DataFrame) -> str:
    """List the columns of a table, for a message."""
    names = [repr(str(name)) for name in frame.columns]
    more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
    return f"the columns are {', '.join(names[:MOST_LISTED])}{more}"


def prepare(
    frame: pd.DataFrame,
    target: str,
    task: Task | None = None,
    test_size: float = 0.25,
    random_state: int = 0,
) -> Prepared:
    """Return the table as training data and rows held out.

    Numbers are standardised, and their missing values replaced by the median; categories are
    one-hot encoded, with a missing value as a category of its own. Both are fitted without the
    rows held out.

    Parameters
    ----------
    frame : DataFrame
    target : str
        The column to predict.
    task : "classes", "numbers" or None
        By default, classes for text, categories and booleans, and for whole numbers with at most
        20 different values of five rows each on average; else numbers.
    test_size : float in (0, 1), default 0.25
        Share of the rows held out.
    random_state : int, default 0
        Seed of the choice of these rows.

    Returns
    -------
    Prepared

    Raises
    ------
    TableError
        If there are too few rows or columns, or the target cannot be predicted.
    """
    if target not in frame:
        raise TableError(f"there is no column {target!r}; {columns_of(frame)}")
    notes: list[str] = []
    task = task or likely_task(frame[target])
    goal = truth_of(frame[target], task)
    known = goal.notna()
    if not known.all():
        notes.append(f"Left out {_rows((~known).sum())} without a target.")
    rows = int(known.sum())
    if rows < LEAST_ROWS:
        raise TableError(f"there must be at least {LEAST_ROWS} rows with a target, got {rows}")
    frame, goal = _usable(frame.drop(columns=target), notes)[known], goal[known]
    truth, labels = coded(goal, task)
    train, test = _split(truth, labels, test_size, random_state, notes)
    encoder = _encoder(frame)
    _explain(frame, notes)
    return Prepared(
        encoder.fit_transform(frame.iloc[train]),
        truth[train],
        encoder.transform(frame.iloc[test]),
        truth[test],
        described(truth[train], labels),
        notes,
    )


def _rows(count: int) -> str:
    return f"{count:,} row{'s' if count != 1 else ''}"


def _usable(frame: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Return the columns that can be inputs: floats, and texts with missing values as NaN."""
    columns = {}
    for name in frame:
        reason = _useless(frame[name])
        if reason:
            notes.append(f"Left out column {name!r}: {reason}.")
        elif is_number(frame[name]):
            columns[name] = frame[name].astype(float).replace([np.inf, -np.inf], np.nan)
        else:
            text = frame[name].astype(object)
            columns[name] = text.where(text.notna(), np.nan).map(str, na_action="ignore")
    if not columns:
        raise TableError(" ".join(["there is no column left to learn from.", *notes]))
    return pd.DataFrame(columns)


def _useless(column: pd.Series) -> str | None:
    """Return why a column cannot be an input, or None."""
    values = column.replace([np.inf, -np.inf], np.nan) if is_number(column) else column
    values = values.dropna()
    different = values.nunique()
    if different == 0:
        return "it has no values"
    if different == 1 and (is_number(column) or len(values) == len(column)):
        return f"it is {values.iloc[0]!s} wherever it has a value"
    if is_number(column):
        steps = np.diff(column.to_numpy(float))
        counts = column.iloc[0] in (0, 1) and (steps == 1).all()
        if values.abs().max() > LARGEST:
            return f"it has a number above {LARGEST:g}"
        return "it numbers the rows" if counts else None
    if types.is_datetime64_any_dtype(column) or _all_match(column, DATE):
        return "it holds dates"
    if different >= NEARLY_EVERY * len(column):
        return "nearly every row has another text"
    return None


def _all_match(column: pd.Series, pattern: str) -> bool:
    """Return whether a column of text matches a pattern wherever it has a value."""
    values = column.dropna()
    if is_number(column) or values.empty:
        return False
    return bool(values.astype(str).str.fullmatch(pattern).all())


def _split(
    truth: Values, labels: list[str], test_size: float, random_state: int, notes: list[str]
) -> tuple[Values, Values]:
    """Return the indices of training rows and held-out rows, stratified by class if possible."""
    held_out = int(np.ceil(test_size * len(truth)))
    training = len(truth) - held_out
    if min(held_out, training) < 2:
        raise TableError(
            f"there must be two rows or more on either side, got test_size={test_size} "
            f"of {len(truth)} rows"
        )
    enough = labels and np.bincount(truth).min() > 1
    stratified = enough and min(held_out, training) >= len(labels)
    if labels and not stratified:
        notes.append("Some class has too few rows to hold out every class in proportion.")
    train, test = train_test_split(
        np.arange(len(truth)),
        test_size=held_out,
        random_state=random_state,
        stratify=truth if stratified else None,
    )
    return train, test


def _encoder(frame: pd.DataFrame) -> Any:
    """Return the transformer of the columns: standardised numbers, then one-hot categories."""
    numbers = [name for name in frame if is_number(frame[name])]
    categories = [name for name in frame if not is_number(frame[name])]
    impute = SimpleImputer(strategy="median", keep_empty_features=True)
    one_hot = OneHotEncoder(
        handle_unknown="ignore", max_categories=MOST_CATEGORIES, sparse_output=False
    )
    return ColumnTransformer(
        [
            ("numbers", make_pipeline(impute, StandardScaler()), numbers),
            ("categories", one_hot, categories),
        ]
    )


def _explain(frame: pd.DataFrame, notes: list[str]) -> None:
    """Add notes on missing values and on columns with too many categories."""
    for numbers, how in ((True, "their median"), (False, "a category of its own")):
        missing = {
            name: frame[name].isna().sum()
            for name in frame
            if is_number(frame[name]) is numbers and frame[name].isna().any()
        }
        if missing:
            where = ", ".join(f"{name!r} ({_rows(count)})" for name, count in missing.items())
            notes.append(f"Missing values taken as {how}: {where}.")
    notes.extend(
        f"Of the {frame[name].nunique():,} categories of column {name!r}, the "
        f"{MOST_CATEGORIES - 1} most frequent are kept apart."
        for name in frame
        if not is_number(frame[name]) and frame[name].nunique() > MOST_CATEGORIES
    )
