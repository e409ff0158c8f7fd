"""What a command prints: results on standard output, notes on progress and errors on the other."""

import json
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.text import Text

Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON object, and nothing else, as the result.")
]
Quiet = Annotated[
    bool, typer.Option("--quiet", help="Print no notes, tables or progress; errors alone.")
]


def say(console: Console, line: str) -> None:
    """Print a line, wrapped on a terminal, but not in a file or a pipe."""
    console.print(Text(line), soft_wrap=not console.is_terminal)


def print_json(result: dict[str, Any]) -> None:
    """Print the result of a command as one JSON object, in one line."""
    typer.echo(json.dumps(result, allow_nan=False))


def fail(error: object, code: int = 1) -> NoReturn:
    """Print an error and exit: 1 for what data and training are to blame for, 2 for the words."""
    typer.echo(f"error: {error}", err=True)
    raise typer.Exit(code)
