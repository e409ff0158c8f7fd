"""A model of a table, as text to be read and as JSON."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fusedmlp.command.say import say
from fusedmlp.command.spelling import as_typed
from fusedmlp.options.table import OPTIONS

if TYPE_CHECKING:
    from fusedmlp.tables import TableModel
    from fusedmlp.tables.columns import Column

OF_TRAIN = (*OPTIONS, "task", "hidden", "numbers", "categories", "drop", "missing", "decimal")
MOST_SHOWN = 5  # categories of a column


def sizes_of(model: "TableModel") -> tuple[int, ...]:
    """Return the units of each layer of the model's networks, from the inputs to the outputs."""
    weights = model.networks[0].weights
    return (len(weights[0]), *(layer.shape[1] for layer in weights))


def classes_of(model: "TableModel") -> "Sequence[str | bool | float]":
    """Return the labels of the classes; none for a target of numbers."""
    return getattr(model.target, "labels", ())


def network_line(model: "TableModel") -> str:
    """Return what the model is, in a few words."""
    sizes = "-".join(str(size) for size in sizes_of(model))
    count = len(model.networks)
    return f"a network {sizes}" if count == 1 else f"the mean of {count} networks {sizes}"


def taken_as(column: "Column") -> str:
    """Return how a column becomes inputs, in a few words."""
    about = column.as_json()
    if column.kind == "number":
        per_cent = ", per cent" if about["per_cent"] else ""
        return f"number{per_cent}: mean {about['mean']:.4g}, deviation {about['scale']:.4g}"
    if column.kind == "date":
        return f"date: {', '.join(about['parts'])}"
    names = about["categories"]
    shown = ", ".join(names[:MOST_SHOWN]) + (" ..." if len(names) > MOST_SHOWN else "")
    return f"{len(names)} categories: {shown}"


def print_scores(console: Console, model: "TableModel") -> None:
    """Print the scores on the rows held out, of the baseline, and on the training rows."""
    from fusedmlp.tables.scores import MEASURES, title_of

    scores, baseline = model.scores, escape(model.target.baseline)
    columns = {baseline: scores.baseline, "training": scores.training}
    if scores.held_out is not None:
        columns = {"held out": scores.held_out, **columns}
    table = Table("", *columns)
    for name in (name for name in MEASURES if name in scores.training):
        one = MEASURES[name]
        found = (scores.get(name) for scores in columns.values())
        cells = ("" if score is None else one.form.format(score) for score in found)
        table.add_row(escape(title_of(name, model.target)), *cells)
    console.print(table)
    if scores.confusion is not None:
        _print_confusion(console, model)


def _print_confusion(console: Console, model: "TableModel") -> None:
    """Print how many rows of each class were taken for each."""
    rows = "held out" if model.scores.held_out is not None else "trained on"
    labels = [escape(str(label)) for label in classes_of(model)]
    table = Table(f"rows {rows} of", *(f"as {label}" for label in labels))
    for label, line in zip(labels, model.scores.confusion or (), strict=True):
        table.add_row(label, *(f"{count:,}" for count in line))
    console.print(table)


def print_notes(console: Console, notes: tuple[str, ...]) -> None:
    """Print what the user should know of the table, with the flags of `train`."""
    for note in notes:
        say(console, as_typed(note, OF_TRAIN))


def as_json(model: "TableModel") -> dict[str, Any]:
    """Return what is known of a model, for JSON."""
    target, scores = model.target, model.scores
    result: dict[str, Any] = {"target": target.name, "task": target.task}
    if target.task == "classes":
        result["classes"] = list(classes_of(model))
    return result | {
        "columns": [column.as_json() for column in model.columns],
        "layers": list(sizes_of(model)),
        "networks": [{"epochs": run.epochs, "stopped": run.stopped} for run in model.networks],
        "options": {
            name: value for name, value in model.networks[0].options.items() if name != "hidden"
        },
        "rows": {"training": scores.training_rows, "held_out": scores.held_out_rows},
        "scores": {
            "held_out": scores.held_out,
            "baseline": scores.baseline,
            "training": scores.training,
        },
        "confusion": scores.confusion,
        "notes": list(model.notes),
    }
