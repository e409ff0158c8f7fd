"""`fusedmlp predict`: a model's answers for the rows of a new table."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from fusedmlp.command.errors import WRONG_WORDS, explained
from fusedmlp.command.model_file import ModelFile, open_model
from fusedmlp.command.output import check_folder, check_format, check_other_file, write_frame
from fusedmlp.command.progress import progress
from fusedmlp.command.reading import Data, Separator, read_table
from fusedmlp.command.report import classes_of
from fusedmlp.command.say import Json, Quiet, print_json, say
from fusedmlp.tables.separators import tab_of

if TYPE_CHECKING:
    import pandas as pd

    from fusedmlp.tables import TableModel
    from fusedmlp.tables.columns import Column


def predict(
    context: typer.Context,
    model: ModelFile,
    data: Data,
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write there, by its suffix: .csv or .tsv, also .gz, .bz2 or .xz, or .parquet. "
            "By default, CSV on standard output.",
        ),
    ] = None,
    keep_columns: Annotated[
        bool, typer.Option("--keep-columns", help="Write the table's own columns first.")
    ] = False,
    separator: Separator = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Predict the target of each row of a table, in the order of its rows.

    A column named as the target has the answers; for classes, a column probability_of_CLASS follows
    for each.
    """
    with explained(context, WRONG_WORDS, quiet):
        separator = tab_of(separator)
        if output is not None:
            check_format("output", output)
            check_folder("output", output)
            check_other_file("output", output, data)
    with explained(context, quiet=quiet):
        with progress(quiet) as show:
            show(f"Opening {model}")
            loaded = open_model(model)
            missing = {word for column in loaded.columns for word in column.missing}
            text = [column.name for column in loaded.columns if _wants_text(column)]
            frame, notes = read_table(data, show, separator, missing=missing, text=text)
            show("Predicting")
            answers = _answers(loaded, frame, notes)
            if keep_columns:
                answers = _beside(frame, answers, loaded.target.name)
            if output is not None:
                show(f"Writing {output}")
                write_frame(answers, output)
        if not quiet:
            for note in notes:
                say(Console(stderr=True), note)
        if json:
            print_json(_as_json(loaded, answers, output, notes))
        elif output is None:
            write_frame(answers, None)
        elif not quiet:
            say(Console(), f"Wrote {len(answers):,} rows to {output}.")


def _wants_text(column: "Column") -> bool:
    """Whether cells as they are written say more to a column than as numbers: 01 is not 1."""
    return column.kind == "category" or column.as_json().get("decimal") == ","


def _answers(model: "TableModel", frame: "pd.DataFrame", notes: list[str]) -> "pd.DataFrame":
    """Return the answers, and for classes their probabilities, for each row."""
    if model.target.task != "classes":
        return model.predict(frame, notes=notes).to_frame()
    from fusedmlp.tables.target import as_labels

    chances = model.predict_proba(frame, notes=notes)
    codes = chances.to_numpy().argmax(axis=1)
    answers = as_labels(classes_of(model), codes, frame.index, model.target.name)
    return answers.to_frame().join(chances.add_prefix("probability_of_"))


def _beside(frame: "pd.DataFrame", answers: "pd.DataFrame", target: str) -> "pd.DataFrame":
    """Return the table's columns with the answers after them, whose names are not the table's."""
    if target in frame:
        answers = answers.rename(columns={target: f"predicted_{target}"})
    both = [str(name) for name in answers if name in frame]
    if both:
        raise ValueError(f"keep_columns wants other names than {both[0]!r} in the table")
    return frame.join(answers)


def _as_json(
    model: "TableModel", answers: "pd.DataFrame", output: Path | None, notes: list[str]
) -> dict[str, Any]:
    """Return the answers for JSON, or where they are."""
    target = model.target
    result = {"target": target.name, "task": target.task, "rows": len(answers), "notes": notes}
    if output is not None:
        return result | {"output": str(output)}
    return result | {str(name): answers[name].tolist() for name in answers}
