"""`fusedmlp show`: what a model of a table is and does."""

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fusedmlp.command.errors import explained
from fusedmlp.command.model_file import ModelFile, open_model
from fusedmlp.command.report import (
    as_json,
    classes_of,
    network_line,
    print_notes,
    print_scores,
    taken_as,
)
from fusedmlp.command.say import Json, print_json, say


def show(context: typer.Context, model: ModelFile, *, json: Json = False) -> None:
    """Show a model: its target, columns, networks, scores and training."""
    with explained(context):
        loaded = open_model(model)
    if json:
        print_json(as_json(loaded))
        return
    console, goal = Console(), loaded.target
    say(console, f"Predicts {goal.name!r}: {goal.summary}.")
    if goal.task == "classes":
        say(console, f"Classes: {', '.join(str(label) for label in classes_of(loaded))}")
    columns = Table("column", "taken as", "inputs")
    for column in loaded.columns:
        columns.add_row(escape(column.name), escape(taken_as(column)), str(len(column.inputs)))
    console.print(columns)
    options = loaded.networks[0].options
    say(console, f"It is {network_line(loaded)}, {options['activation']}, loss {options['loss']}.")
    say(console, "Training:")
    for run in loaded.networks:
        say(console, f"  {run.epochs:,} epochs: {run.stopped}")
    print_scores(console, loaded)
    print_notes(console, loaded.notes)
