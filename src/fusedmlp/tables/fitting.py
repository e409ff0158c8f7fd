"""The function `fit`: from a table to a model of one of its columns."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, Literal, NamedTuple, Unpack

import numpy as np
import pandas as pd

from fusedmlp.checks import requirements as may_be
from fusedmlp.options.table import Options, checked_options
from fusedmlp.tables.choices import Choices, checked_choices
from fusedmlp.tables.column import Column
from fusedmlp.tables.columns import encode_values, recognise
from fusedmlp.tables.date_column import DateColumn
from fusedmlp.tables.defaults import (
    HIDDEN,
    MOST_NETWORKS,
    NETWORKS,
    default_networks,
    with_defaults,
)
from fusedmlp.tables.errors import TableError, counted, listed
from fusedmlp.tables.frames import as_frame
from fusedmlp.tables.model import TableModel, answers_of
from fusedmlp.tables.scores import MEASURES, Scores, scores_of
from fusedmlp.tables.splitting import Places, split
from fusedmlp.tables.target import Classes, ClassWeight, Target, Task, Values
from fusedmlp.tables.task import NUMBER_LOSSES, TASKS, target_of
from fusedmlp.tables.training import Interrupted, train_networks
from fusedmlp.training.request import random_state as random_numbers

LEAST_ROWS = 10
LOSSES = (*NUMBER_LOSSES, "log_loss")
# Options of `fusedmlp.train` that a table decides, and what decides in their place.
REFUSED = {
    "output_activation": "it follows from task and loss",
    "sample_weight": "class_weight is its place",
    "warm_start": "a model of a table is trained anew",
}


def fit(
    frame: pd.DataFrame,
    target: str,
    *,
    task: Task | None = None,
    test_size: float = 0.25,
    choices: Choices | None = None,
    numbers: str | Sequence[str] = (),
    categories: str | Sequence[str] = (),
    drop: str | Sequence[str] = (),
    missing: str | Sequence[str] = (),
    decimal: Literal[".", ","] | None = None,
    hidden: int | Sequence[int] = HIDDEN,
    networks: int | None = None,
    class_weight: ClassWeight = None,
    **options: Unpack[Options],
) -> TableModel:
    """Learn to predict a column of a table from the others.

    What each column holds is recognised (`fusedmlp.tables.recognise`), and what it learns, such as
    a mean, it learns from the training rows. Several networks are trained from different first
    weights, each of which holds out other rows of the training rows and stops early by them; their
    mean is the model.

    Parameters
    ----------
    frame : DataFrame
    target : str
        The column to predict. Rows without a value in it are left out.
    task : "classes", "numbers" or "counts", optional
        What the target is. By default, text and booleans are classes; of whole numbers, few
        different ones are classes, and small ones of which larger ones are rarer are counts; a note
        says what was chosen and why. Counts are numbers whose loss is "poisson".
    test_size : float in [0, 1), default 0.25
        Share of the rows held out for the scores; 0 trains on all rows.
    choices : Choices, optional
        The next five in one.
    numbers, categories, drop : str or sequence of str, optional
        Columns that are numbers, that are categories, and that are left out, whatever they seem.
    missing : str or sequence of str, optional
        Texts that mean a missing value, besides the usual ones.
    decimal : "." or ",", optional
        The decimal point of numbers in text.
    hidden : int or sequence of int, default (64, 32)
        Units of each hidden layer; () for none.
    networks : int, optional
        How many are trained, at most 1,000; by default 5, or 1 for more than 50,000 training rows.
    class_weight : "balanced" or mapping from labels to floats, optional
        How much a row of each class weighs in training; "balanced" makes the classes' sums equal.
        Labels that a mapping does not name have 1.
    **options
        Those of `fusedmlp.train`, whose defaults are others: see `fusedmlp.tables.DEFAULTS`.
        ``random_state`` is 0 by default and also of the rows held out. ``loss`` may be
        "squared_error", "absolute_error", "huber" (whose ``huber_delta`` is in standard deviations
        of the target) or "poisson" for numbers. ``validation`` is the share of the training rows by
        which a network stops early.

    Returns
    -------
    TableModel

    Raises
    ------
    TypeError, ValueError
        For an argument that is not what it must be, as `fusedmlp.train` does.
    TableError
        If the table cannot be learnt from: there is no such column, too few rows have a target, all
        have the same, no column is left to learn from; or if training diverged.
    KeyboardInterrupt
        By Ctrl-C; its attribute ``model`` is a TableModel of what was learnt until then, or None
        if that is nothing.

    Examples
    --------
    >>> import fusedmlp, pandas
    >>> frame = pandas.DataFrame({"x": range(-50, 50), "y": range(0, 300, 3)})
    >>> model = fusedmlp.tables.fit(frame, "y")
    >>> bool(model.scores.held_out["r2"] > 0.99)
    True
    """
    frame, target = as_frame(frame), str(target)
    given = _checked(task, test_size, hidden, networks, options)
    seed = may_be.seed("random_state", given.pop("random_state", 0))
    seeds = random_numbers(seed).randint(0, 2**32, 1 + (networks or NETWORKS), np.int64)
    lists: dict[str, Any] = {"numbers": numbers, "categories": categories, "drop": drop}
    lists["missing"] = missing
    choices = _chosen(choices, Choices(**lists, decimal=decimal))
    notes: list[str] = []
    table = _known_rows(frame, target, task, given.get("loss"), choices, notes)
    classes = len(table.goal.labels) if isinstance(table.goal, Classes) else 0
    rows, held_out = split(table.truth, classes, test_size, int(seeds[0]), notes)
    columns = _learnt(table, rows, notes)
    X = encode_values(columns, table.values)
    goal, truth = table.goal.learnt(table.truth[rows]), table.truth
    interrupt = None
    try:
        trained = train_networks(
            X[rows],
            goal.encoded(truth[rows]),
            hidden,
            goal.row_weights(truth[rows], class_weight),
            seeds[1:][: networks or default_networks(len(rows))].tolist(),
            with_defaults(given | goal.options, len(rows)),
        )
    except Interrupted as error:
        interrupt, trained = error, error.networks
        if not trained:
            raise
    answers = answers_of(trained, goal, X)
    scores = scores_of(
        goal,
        (truth[rows], answers[rows]),
        (truth[held_out], answers[held_out]) if len(held_out) else None,
    )
    _note_if_no_better(goal, scores, class_weight is not None, notes)
    model = TableModel(trained, columns, goal, scores, tuple(notes))
    if interrupt is not None:
        interrupt.model = model
        raise interrupt
    return model


def _chosen(choices: Choices | None, given: Choices) -> Choices:
    """Return the choices: given as one, or one by one."""
    if choices is None:
        return given
    beside = [field.name for field in fields(Choices) if getattr(given, field.name)]
    if beside:
        raise ValueError(f"{beside[0]} cannot be given beside choices, which has a place for it")
    return checked_choices(choices)


class _Known(NamedTuple):
    """The rows of a table that have a target."""

    inputs: dict[str, Column]  # without what they learn from training rows
    values: pd.DataFrame  # of each column's cells
    goal: Target
    truth: Values  # (rows,)


def _checked(
    task: Any, test_size: Any, hidden: Any, networks: Any, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Check the arguments before any work; return the options."""
    may_be.optional(may_be.one_of(TASKS))("task", task)
    may_be.number(least=0, below=1)("test_size", test_size)
    may_be.sizes("hidden", hidden)
    may_be.optional(may_be.whole_number(least=1, most=MOST_NETWORKS))("networks", networks)
    for name, reason in REFUSED.items():
        if options.get(name) is not None:
            raise ValueError(f"{name} cannot be given for a table: {reason}")
    if options.get("validation") is not None:
        may_be.number(above=0, below=1)("validation", options["validation"])
    if options.get("loss") is not None:
        may_be.one_of(LOSSES)("loss", options["loss"])
    # The target's own are checked when it is known.
    others = {n: value for n, value in options.items() if n not in ("loss", "huber_delta")}
    checked_options(with_defaults(others, 0))
    return dict(options)


def _known_rows(
    frame: pd.DataFrame,
    target: str,
    task: Task | None,
    loss: str | None,
    choices: Choices,
    notes: list[str],
) -> _Known:
    """Return the rows that have a target, with what each column is."""
    if target not in frame:
        raise TableError(f"there is no column {target!r}; the columns are {listed(frame.columns)}")
    chosen = choices.numbers + choices.categories
    if task in ("numbers", "counts") and target not in chosen:
        choices = replace(choices, numbers=(*choices.numbers, target))
    found = recognise(frame, choices, target=target)
    notes.extend(found.notes)
    inputs = dict(found.columns)
    if isinstance(inputs.pop(target), DateColumn):
        raise TableError(
            f"column {target!r} holds dates, which cannot be predicted: "
            "put numbers in their place, such as the days from one of them"
        )
    values = found.values[target]
    known = values.notna().to_numpy()
    if known.sum() < LEAST_ROWS:
        raise TableError(
            f"there must be at least {LEAST_ROWS} rows with a target, got {known.sum()} with a "
            f"value in column {target!r}"
        )
    if not inputs:
        raise TableError(" ".join(["there is no column left to learn from.", *notes]))
    if not known.all():
        notes.append(f"Left out {counted(int((~known).sum()), 'row')} without a target.")
    goal, truth = target_of(frame[target][known], values[known], task, loss, notes)
    return _Known(inputs, found.values[known], goal, truth)


def _learnt(table: _Known, rows: Places, notes: list[str]) -> tuple[Column, ...]:
    """Return the columns with what they learn from the training rows, if that is anything."""
    every = [column.learnt(table.values[name].iloc[rows]) for name, column in table.inputs.items()]
    columns = tuple(column for column in every if column.inputs)
    if not columns:
        raise TableError(" ".join(["no column differs between the training rows.", *notes]))
    return columns


def _note_if_no_better(target: Target, scores: Scores, weighted: bool, notes: list[str]) -> None:
    """Note a model that is no better than the baseline on the rows held out."""
    if scores.held_out is None:
        return
    name = "r2" if not isinstance(target, Classes) else "log_loss"
    name = "balanced_accuracy" if weighted else name  # weights change the probabilities
    gain = scores.held_out[name] - scores.baseline[name]
    if gain >= 0 if name == "log_loss" else gain <= 0:
        notes.append(
            f"On the rows held out, {MEASURES[name].title} is no better than that of "
            f"{target.baseline}: the other columns may not predict {target.name!r}."
        )
