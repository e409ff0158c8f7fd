"""The commands: `fusedmlp` trains on handwritten digits, `fusedmlp train` on the user's table.

`fusedmlp info` and `fusedmlp warm-up` are in files of their own.
"""

import time
import warnings
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    NoReturn,
    get_args,
)

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

import fusedmlp
from fusedmlp.checks.requirements import number, one_of, optional
from fusedmlp.checks.requirements import sizes as checked_sizes
from fusedmlp.command.flags import TABLES, left_to_the_optimizer, with_flags
from fusedmlp.command.info import info, where_kept
from fusedmlp.command.warm_up import warm_up
from fusedmlp.options.table import checked_options

if TYPE_CHECKING:
    from fusedmlp.command.table import Prepared

DIGITS = TABLES | {
    "output_activation": "softmax",
    "loss": "log_loss",
    "learning_rate": 0.1,
    "epochs": 60,
}
WARM_UP = {"epochs": 3, "progress": False}
WARM_UP_ROWS = 64

Values = NDArray[Any]

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
app.command("info")(info)
app.command("warm-up")(warm_up)


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    """Small neural networks, trained at the speed of the processor.

    Without a command: train on handwritten digits, compiled and in NumPy, and compare both.
    """
    if version:
        typer.echo(f"fusedmlp {fusedmlp.__version__}")
    elif context.invoked_subcommand is None:
        learn_digits(context.command_path)


def learn_digits(command: str) -> None:
    """Train on scikit-learn's digits with the kernels and with their NumPy twins; compare both."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    console = Console()
    images, digits = load_digits(return_X_y=True)
    X, X_held_out, y, y_held_out = train_test_split(
        images / 16, digits, test_size=0.25, stratify=digits, random_state=0
    )
    _say(console, f"Learning to read {len(digits):,} handwritten digits of 8 by 8 grey points.")
    seconds, right = {}, {}
    for backend in ("kernels", "reference"):
        if backend == "reference":
            _say(console, "The same epochs again, by the NumPy twin:")
        options = DIGITS | {"backend": backend}
        run, seconds[backend] = _timed(console, X, np.eye(10)[y], (100,), options)
        right[backend] = float(np.mean(run.predict(X_held_out).argmax(axis=1) == y_held_out))
    epochs = DIGITS["epochs"]
    table = Table("", "compiled", "NumPy twin")
    table.add_row("seconds", *(f"{took:.3f}" for took in seconds.values()))
    table.add_row("epochs per second", *(f"{epochs / took:,.0f}" for took in seconds.values()))
    table.add_row("accuracy on held-out rows", *(f"{share:.1%}" for share in right.values()))
    console.print(table)
    ratio = seconds["reference"] / seconds["kernels"]
    _say(
        console,
        f"In {epochs} epochs over {len(X):,} digits, a 64-100-10 network learnt to name "
        f"{right['kernels']:.1%} of {len(X_held_out)} others rightly; its NumPy twin took "
        f"{ratio:.1f} times as long.",
    )
    _say(console, f"Next, your own table: {command} train table.csv --target COLUMN")


@app.command("train")
@with_flags
def train(
    context: typer.Context,
    data: Annotated[
        Path,
        typer.Argument(help="CSV or TSV file, also .gz; the first line names the columns."),
    ],
    target: Annotated[
        str | None,
        typer.Option(help="Column to predict. Without it, the columns are listed."),
    ] = None,
    task: Annotated[
        str | None,
        typer.Option(
            metavar="classes|numbers",
            help="Whether the target is classes or numbers. By default, text, booleans, and whole "
            "numbers with at most 20 values of five rows each on average are classes.",
        ),
    ] = None,
    test_size: Annotated[
        float, typer.Option(help="Share of the rows held out for the scores, above 0 and below 1.")
    ] = 0.25,
    separator: Annotated[
        str | None,
        typer.Option(
            help="Character between columns, or 'tab'. By default, found from the first line."
        ),
    ] = None,
    hidden: Annotated[
        str, typer.Option(help="Units of each hidden layer, such as 64,32; 'none' for no layer.")
    ] = "64",
    **options: Any,
) -> None:
    """Train on a table of your own: numbers and categories in, classes or a number out."""
    from fusedmlp.command.table import columns_of, prepare, read_table
    from fusedmlp.command.target import TableError, Task

    console = Console()
    left_to_the_optimizer(context, options)
    try:
        checked_options(options)
        number(above=0, below=1)("test_size", test_size)
        kind = optional(one_of(get_args(Task)))("task", task)
        layers = _layers(hidden)
    except (TypeError, ValueError) as error:
        _fail(error, code=2)
    try:
        frame = read_table(data, "\t" if separator in ("tab", r"\t") else separator)
        if target is None:
            _fail(f"choose what to predict with --target; {columns_of(frame)}", code=2)
        table = prepare(frame, target, kind, test_size, options["random_state"])
    except TableError as error:
        _fail(error)
    for note in table.notes:
        _say(console, note)
    goal = table.target
    y = goal.encoded(table.truth)
    run, seconds = _timed(console, table.X, y, layers, options | goal.options)
    _show_scores(console, run, table)
    sizes = "-".join(str(size) for size in (table.X.shape[1], *layers, y[0].size))
    _say(
        console,
        f"A {sizes} network learnt {target!r} ({goal.summary}) from {len(table.X):,} rows in "
        f"{run.epochs:,} epochs: {seconds:.3f} s, {run.epochs / seconds:,.0f} epochs per second.",
    )
    more = f"{context.command_path} --help"
    _say(console, f"Next: try other --hidden, --epochs or --learning-rate; all options: {more}")


def _show_scores(console: Console, run: fusedmlp.Trained, table: "Prepared") -> None:
    """Print the scores on the rows held out, of a baseline, and on the training rows."""
    goal = table.target
    scores = Table("", "held out", escape(goal.baseline), "training")
    held_out = goal.scores(run.predict(table.X_held_out), table.truth_held_out)
    baseline = goal.baseline_scores(table.truth_held_out)
    training = goal.scores(run.predict(table.X), table.truth)
    columns = held_out, baseline, training
    for (measure, form), *row in zip(goal.measures.items(), *columns, strict=True):
        scores.add_row(measure, *(form.format(score) for score in row))
    console.print(scores)
    if held_out[0] <= baseline[0]:
        _say(
            console,
            f"On the rows held out, this is no better than {goal.baseline}: the columns may not "
            "predict the target, or the network overfits; then fewer --epochs or --hidden units "
            "help.",
        )


def _layers(hidden: str) -> tuple[int, ...]:
    """Return the text of --hidden as sizes: '64,32' as (64, 32)."""
    words = [] if hidden.strip() == "none" else hidden.split(",")
    try:
        layers = tuple(int(word) for word in words)
    except ValueError:
        raise ValueError(f"hidden must be as 64,32 or none, got {hidden!r}") from None
    return checked_sizes("hidden", layers)


def _timed(
    console: Console, X: Values, y: Values, hidden: tuple[int, ...], options: dict[str, Any]
) -> tuple[fusedmlp.Trained, float]:
    """Return the trained network and the seconds that training took, without compilation."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # divergence is reported below
        try:
            if options["backend"] == "kernels":
                _warm_up(console, X[:WARM_UP_ROWS], y[:WARM_UP_ROWS], hidden, options)
            begun = time.perf_counter()
            run = fusedmlp.train(X, y, hidden, **options | {"progress": console.is_terminal})
            seconds = time.perf_counter() - begun
        except ValueError as error:
            _fail(error)
    if run.stopped.startswith("diverged"):
        advice = f"try a smaller --learning-rate, such as {run.options['learning_rate'] / 10:g}"
        _fail(f"training {run.stopped}; {advice}")
    return run, seconds


def _warm_up(
    console: Console, X: Values, y: Values, hidden: tuple[int, ...], options: dict[str, Any]
) -> None:
    """Compile the kernels, or load them from the disk, and print how long it took."""
    begun = time.perf_counter()
    wait = "Getting the kernels ready; on a new machine they are compiled, in ten seconds or so."
    if not console.is_terminal:  # a status line cannot be removed there
        _say(console, wait)
    with console.status(wait):
        fusedmlp.train(X, y, hidden, **options | WARM_UP).predict(X)
    seconds = time.perf_counter() - begun
    _say(console, f"Kernels ready in {seconds:.1f} s; {where_kept()}")


def _say(console: Console, line: str) -> None:
    """Print a line, wrapped on a terminal, but not in a file or a pipe."""
    console.print(Text(line), soft_wrap=not console.is_terminal)


def _fail(error: object, code: int = 1) -> NoReturn:
    """Print an error and exit."""
    typer.echo(f"error: {error}", err=True)
    raise typer.Exit(code)
