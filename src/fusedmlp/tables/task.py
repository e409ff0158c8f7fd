"""What a target is: which task its values mean, why, and which argument changes it."""

from numbers import Integral
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api import types

from fusedmlp.tables.errors import TableError
from fusedmlp.tables.target import Classes, Label, Numbers, Target, Task, Values

MOST_CLASSES = 10  # whole numbers with more different values are classes only if all are frequent
MOST_EVEN_CLASSES = 20
LEAST_OF_A_CLASS = 5  # rows, on average, for whole numbers to be classes
FEWEST_COUNTS = 5  # different values, for whole numbers to be counts
LARGEST_COUNT = 100  # whole numbers above are rather amounts
NUMBER_LOSSES = ("squared_error", "absolute_error", "huber", "poisson")
TASKS = get_args(Task)
LARGEST = 1e100  # numbers up to this have finite squares and sums
CHANCE = 3.0  # standard deviations by which a frequency may differ from its neighbours' order


def target_of(
    cells: pd.Series, values: pd.Series, task: Task | None, loss: str | None, notes: list[str]
) -> tuple[Target, Values]:
    """Return the target and the truth of each row.

    Parameters
    ----------
    cells : Series
        The column as the user has it.
    values : Series
        The same without missing ones, as float64 or str.
    task : "classes", "numbers", "counts" or None
        None chooses by the values.
    loss : str or None
        That the user wants.
    notes : list of str
        Says, in the end, what was chosen, where it could be something else.

    Returns
    -------
    target : Classes or Numbers
    truth : ndarray (rows,)
        Indices of classes, or numbers.

    Raises
    ------
    TableError
        If the column cannot be predicted so.
    """
    name, different = str(cells.name), values.nunique()
    if different < 2:
        raise TableError(
            f"column {name!r} must have at least two different values to predict, "
            f"got {values.iloc[0]!s} in every row"
        )
    if task is None:
        task, note = likely_task(values, loss)
        notes.extend([note] if note else [])
    if task == "classes":
        return _classes(cells, values, loss)
    return _numbers(values, task, loss)


def likely_task(values: pd.Series, loss: str | None) -> tuple[Task, str | None]:
    """Return the task of a column without missing values, and why, if it could be another."""
    if not types.is_numeric_dtype(values):
        return "classes", None
    if loss is not None:
        whole = bool((values % 1 == 0).all())
        by_loss: Task = "classes" if loss == "log_loss" else "numbers"
        by_loss = "counts" if loss == "poisson" and whole else by_loss
        return by_loss, f"Column {str(values.name)!r} is taken as {by_loss}, because loss={loss!r}."
    numbers = values.to_numpy(float)
    different = values.nunique()
    if (numbers % 1 != 0).any() or np.abs(numbers).max() > LARGEST:
        return "numbers", None
    least, most = int(numbers.min()), int(numbers.max())
    begun = f"Column {str(values.name)!r} holds {different} different whole numbers"
    small = least in (0, 1) and most <= LARGEST_COUNT and different >= FEWEST_COUNTS
    frequencies = np.bincount(numbers.astype(int))[least:] if small else np.zeros(0, int)
    if _are_classes(values) and not (small and _falls_off(frequencies)):
        others: tuple[Task, ...] = ("numbers", "counts") if least >= 0 else ("numbers",)
        why = f"with {len(numbers) / different:,.0f} rows each on average: taken as classes"
        return "classes", f"{begun} {why}. {_change(*others)}" if different > 2 else None
    if small:
        why = f"from {least} to {most}: taken as counts (loss='poisson')"
        return "counts", f"{begun} {why}. {_change('classes', 'numbers')}"
    if different <= MOST_EVEN_CLASSES:
        return "numbers", f"{begun}: taken as numbers. {_change('classes')}"
    return "numbers", None


def _are_classes(values: pd.Series) -> bool:
    """Return whether whole numbers have few enough values, each in enough rows, for classes."""
    frequencies = values.value_counts()
    if len(frequencies) > len(values) / LEAST_OF_A_CLASS:
        return False
    even = frequencies.min() >= frequencies.max() / 2
    return len(frequencies) <= (MOST_EVEN_CLASSES if even else MOST_CLASSES)


def _change(*tasks: Task) -> str:
    """Return the sentence that names the argument for another task."""
    return f"{' or '.join(f'task={task!r}' for task in tasks)} changes that."


def _falls_off(frequencies: NDArray[np.int64]) -> bool:
    """Return whether frequencies of 0, 1, 2, ... rise to one peak and fall to a rare end.

    So do those of counts; classes may have any.
    """
    peak = int(frequencies.argmax())
    before, after = frequencies[: peak + 1][::-1], frequencies[peak:]
    falls = all(
        (np.diff(part) <= CHANCE * np.sqrt(part[:-1] + 1)).all() for part in (before, after)
    )
    return bool(falls and frequencies[-1] <= frequencies[peak] / 10)


def _classes(cells: pd.Series, values: pd.Series, loss: str | None) -> tuple[Classes, Values]:
    if loss not in (None, "log_loss"):
        raise TableError(
            f"loss must be 'log_loss' for classes, got {loss!r}; "
            "leave it out, or give task='numbers' or task='counts'"
        )
    name, different = str(cells.name), values.nunique()
    if different > len(values) / 2:
        raise TableError(
            f"column {name!r} must have classes with several rows each, "
            f"got {different:,} different values in {len(values):,} rows"
        )
    codes, found = pd.factorize(values, sort=True)
    return Classes(name, _labels(cells, codes, found)), codes


def _labels(cells: pd.Series, codes: NDArray[np.int64], found: Any) -> tuple[Label, ...]:
    """Return the classes as the user's cells have them: booleans, whole numbers, numbers, texts."""
    if types.is_numeric_dtype(found):
        whole = all(float(value).is_integer() and abs(value) < 2**53 for value in found)
        return tuple(int(value) if whole else float(value) for value in found)
    _, first = np.unique(codes, return_index=True)
    own = [_plain(cell) for cell in cells.iloc[first]]
    return tuple(own if len({type(label) for label in own}) == 1 else map(str, found))


def _plain(cell: Any) -> Label:
    """Return a cell as a label; one of another type as text."""
    if isinstance(cell, bool | np.bool_):
        return bool(cell)
    return int(cell) if isinstance(cell, Integral) else str(cell).strip()


def _numbers(values: pd.Series, task: Task, loss: str | None) -> tuple[Numbers, Values]:
    name = str(values.name)
    if not types.is_numeric_dtype(values):
        raise TableError(f"column {name!r} holds no numbers; leave out task={task!r}")
    truth = values.to_numpy(float)
    if np.abs(truth).max() > LARGEST:
        raise TableError(f"column {name!r} has a number above {LARGEST:g}")
    if loss == "log_loss":
        raise TableError(
            f"loss='log_loss' is for classes, and task={task!r}; leave one of them out"
        )
    if task == "counts" and ((truth < 0).any() or (truth % 1 != 0).any()):
        wrong = truth[(truth < 0) | (truth % 1 != 0)][0]
        raise TableError(
            f"column {name!r} must be whole numbers from 0 for task='counts', got {wrong:g}; "
            "give task='numbers'"
        )
    loss = loss or ("poisson" if task == "counts" else "squared_error")
    if loss == "poisson" and truth.min() < 0:
        raise TableError(
            f"column {name!r} must have no negative numbers for loss='poisson', "
            f"got {truth.min():g}; give loss='squared_error'"
        )
    return Numbers(name, 0.0, 1.0, loss, task), truth
