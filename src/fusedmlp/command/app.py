"""The commands: `fusedmlp` alone learns digits; the others have files of their own."""

from collections.abc import Callable
from typing import Annotated

import typer

import fusedmlp
from fusedmlp.command.digits import learn_digits
from fusedmlp.command.help import GroupedCommand
from fusedmlp.command.info import info
from fusedmlp.command.predict import predict
from fusedmlp.command.show import show
from fusedmlp.command.train import train
from fusedmlp.command.warm_up import warm_up

# Without markup: rich's help has columns, which cut names in a terminal of 80.
app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)
COMMANDS: dict[Callable[..., None], str] = {
    train: "Learn to predict a column of a table.",
    predict: "Predict that column of another table.",
    show: "Show what a model is.",
    info: "Show versions, processor and cache.",
    warm_up: "Compile ahead what most runs need.",
}
for command, text in COMMANDS.items():
    name = command.__name__.replace("_", "-")
    app.command(name, cls=GroupedCommand, short_help=text)(command)


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
