"""`fusedmlp train`: from a table of the user's to scores, and to a model in a file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from fusedmlp.checks.requirements import number, one_of, optional, whole_number
from fusedmlp.checks.requirements import sizes as checked_sizes
from fusedmlp.command.errors import WRONG_WORDS, explained
from fusedmlp.command.flags import completion, given_options, parser, with_flags
from fusedmlp.command.help import HelpAll
from fusedmlp.command.info import where_kept
from fusedmlp.command.learning import Learnt, learn
from fusedmlp.command.output import check_folder, check_other_file
from fusedmlp.command.progress import progress
from fusedmlp.command.reading import Data, Separator, columns_of, read_table
from fusedmlp.command.report import as_json, network_line, print_notes, print_scores
from fusedmlp.command.say import Json, Quiet, fail, print_json, say
from fusedmlp.options.contradictions import refuse_without_meaning
from fusedmlp.options.network import HIDDEN_ACTIVATIONS
from fusedmlp.options.table import (
    DEFAULTS,
    OPTIONS,
    checked_options,
    require_activation_for_each,
)
from fusedmlp.tables.defaults import DEFAULTS as TABLE_DEFAULTS
from fusedmlp.tables.defaults import (
    FOR_MANY_ROWS,
    HIDDEN,
    MANY_ROWS,
    MOST_NETWORKS,
    NETWORKS,
    with_defaults,
)
from fusedmlp.tables.separators import tab_of

FIRST = ("epochs", "learning_rate")
TEXTS = {
    "epochs": "Most passes over the training rows. Training ends earlier where a part of them, "
    "held out for that, gains no more.",
    "learning_rate": "Factor of a step, above 0.",
    "activation": "Activation of the hidden layers, or one for each, such as relu,tanh: "
    f"{', '.join(HIDDEN_ACTIVATIONS)}.",
    "loss": "Loss to minimise: squared_error, absolute_error or huber for numbers, poisson for "
    "counts, log_loss for classes. By default, that of the task.",
    "huber_delta": "Error above which huber is linear, in standard deviations of the target.",
    "init": "Distribution of the first weights: glorot, he or uniform.",
    "validation": "Share of the training rows that is held out, to end training by it.",
    "patience": "Epochs without a gain on the rows held out after which training ends; its best "
    "weights are kept. none trains for all epochs.",
    "dtype": "Type of all arithmetic: float32 or float64.",
    "random_state": "Seed of all random numbers, such as which rows are held out: a whole number "
    "from 0. The same seed gives the same bits; none is another one each time.",
    "bias": "Whether each unit has a bias.",
    "clip_value": "Gradient clipping by value, above 0: each component of a step's gradient is "
    "brought between it and its negative.",
}
OUTPUTS = {"log_loss": "softmax", "poisson": "exp"}  # of a loss; identity of the others
COLUMN = "COLUMN"
SHOWN = TABLE_DEFAULTS | {"loss": "by the task", "random_state": 0}
SHOWN |= {
    name: f"{TABLE_DEFAULTS[name]}, or {value} for more than {MANY_ROWS:,} rows"
    for name, value in FOR_MANY_ROWS.items()
}
TASKS, WEIGHTS, MARKS = ("classes", "numbers", "counts"), ("balanced",), (".", ",")


@with_flags(FIRST, TEXTS, SHOWN)
def train(
    context: typer.Context,
    data: Data,
    *,
    target: Annotated[
        str | None,
        typer.Option(metavar=COLUMN, help="Column to predict. Without it, columns are listed."),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keep the model there, for predict and show."),
    ] = None,
    task: Annotated[
        str | None,
        typer.Option(
            metavar="TASK",
            autocompletion=completion(TASKS),
            help="What the target is: classes, numbers or counts. By default, what it looks like.",
        ),
    ] = None,
    numbers: Annotated[
        list[str],
        typer.Option(metavar=COLUMN, help="Take the column as numbers. May be given many times."),
    ] = [],  # noqa: B006
    categories: Annotated[
        list[str],
        typer.Option(metavar=COLUMN, help="Take it as categories. May be given many times."),
    ] = [],  # noqa: B006
    drop: Annotated[
        list[str], typer.Option(metavar=COLUMN, help="Leave it out. May be given many times.")
    ] = [],  # noqa: B006
    class_weight: Annotated[
        str | None,
        typer.Option(
            metavar="balanced",
            autocompletion=completion(WEIGHTS),
            help="Let rare classes count as much as others.",
        ),
    ] = None,
    hidden: Annotated[
        str,
        typer.Option(
            metavar="UNITS", help="Units of each hidden layer, such as 64,32; none for no layer."
        ),
    ] = ",".join(map(str, HIDDEN)),
    missing: Annotated[
        list[str],
        typer.Option(
            metavar="WORD",
            rich_help_panel="Table",
            help="Word for a missing value, besides an empty cell, NA and such. May be given many "
            "times.",
        ),
    ] = [],  # noqa: B006
    decimal: Annotated[
        str | None,
        typer.Option(
            metavar="MARK",
            rich_help_panel="Table",
            help="Decimal mark of numbers: . or a comma. By default, found column by column.",
        ),
    ] = None,
    separator: Separator = None,
    test_size: Annotated[
        float,
        typer.Option(
            metavar="NUMBER",
            parser=parser(float),
            rich_help_panel="Table",
            help="Share of the rows held out for the scores, at least 0 and below 1.",
        ),
    ] = 0.25,
    networks: Annotated[
        int | None,
        typer.Option(
            metavar="INTEGER",
            parser=parser(int),
            rich_help_panel="Network",
            help=f"Networks, whose mean is the model. By default, {NETWORKS}, or 1 for more "
            f"than {MANY_ROWS:,} rows.",
        ),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
    help_all: HelpAll = False,  # noqa: ARG001
    **options: Any,
) -> None:
    """Learn to predict a column of a table from the others.

    It says how well on rows held out, beside what needs no network; --save keeps the model.
    """
    with explained(context, WRONG_WORDS, quiet):
        separator = tab_of(separator)
        asked = {
            "task": optional(one_of(TASKS))("task", task),
            "class_weight": optional(one_of(WEIGHTS))("class_weight", class_weight),
            "decimal": optional(one_of(MARKS))("decimal", decimal),
            "networks": optional(whole_number(1, MOST_NETWORKS))("networks", networks),
            "test_size": number(least=0, below=1)("test_size", test_size),
            "hidden": _layers(hidden),
            **given_options(context, options),
        }
        _check_options({name: asked[name] for name in asked if name in OPTIONS}, asked["hidden"])
        asked |= {"numbers": numbers, "categories": categories, "drop": drop, "missing": missing}
        if save is not None:
            check_folder("save", save)
            check_other_file("save", save, data)
    with explained(context, quiet=quiet), progress(quiet) as show:
        frame, notes = read_table(data, show, separator, decimal, missing, text=categories)
        if target is None:
            fail(f"choose what to predict with --target; {columns_of(frame)}", WRONG_WORDS)
        learnt = learn(frame, target, asked, save, show)
    if json:
        saved = None if save is None else str(save)
        print_json(as_json(learnt.model) | {"seconds": learnt.seconds, "saved": saved})
    elif not quiet:
        console = Console()
        print_notes(console, (*notes, *learnt.model.notes))
        print_scores(console, learnt.model)
        _print_end(console, context, learnt, save)


def _layers(hidden: str) -> tuple[int, ...]:
    """Return the text of --hidden as sizes: '64,32' as (64, 32)."""
    words = [] if hidden.strip() in ("none", "") else hidden.split(",")
    try:
        layers = tuple(int(word) for word in words)
    except ValueError:
        raise ValueError(f"hidden must be as 64,32 or none, got {hidden!r}") from None
    if any(size < 1 for size in layers):
        raise ValueError(f"hidden must have at least 1 unit in each layer, got {hidden!r}")
    return checked_sizes("hidden", layers)


def _check_options(given: Mapping[str, Any], layers: tuple[int, ...]) -> None:
    """Raise what training would, before a table is read, which may take long."""
    output = OUTPUTS.get(given.get("loss", ""), "identity")
    options = checked_options(with_defaults(given, rows=1) | {"output_activation": output})
    require_activation_for_each(options["activation"], layers)
    refuse_without_meaning(options | {"hidden": layers}, DEFAULTS)


def _print_end(console: Console, context: typer.Context, learnt: Learnt, save: Path | None) -> None:
    """Print what was learnt, how long it took, where it is, and what to do next."""
    model, goal = learnt.model, learnt.model.target
    kept = f"; {where_kept()}" if model.networks[0].options["backend"] == "kernels" else "."
    say(console, f"Columns and kernels were ready in {learnt.seconds_to_start:.1f} s{kept}")
    epochs = sum(run.epochs for run in model.networks)
    say(
        console,
        f"Learnt {goal.name!r} ({goal.summary}) from {model.scores.training_rows:,} rows in "
        f"{epochs:,} epochs, {learnt.seconds - learnt.seconds_to_start:.2f} s: "
        f"{network_line(model)}.",
    )
    command = context.command_path
    if save is None:
        say(console, f"Keep it with --save FILE; all options: {command} --help-all")
    else:
        say(console, f"Kept in {save}.")
        say(console, f"Next: {command.removesuffix('train')}predict {save} new.csv")
