"""`fusedmlp warm-up`: compile ahead what most runs need."""

import time
from typing import Annotated, Literal

import typer
from rich.console import Console

from fusedmlp.command.info import where_kept
from fusedmlp.warming import DTYPES
from fusedmlp.warming import warm_up as compile_ahead


def warm_up(
    dtype: Annotated[
        Literal["float32", "float64", "both"],
        typer.Option(help="The dtype to compile for."),
    ] = "both",
) -> None:
    """Compile what most runs need, in parallel, so that first calls load it in half a second."""
    console, begun = Console(), time.perf_counter()
    with console.status("Compiling the kernels that most runs need ..."):
        try:
            compile_ahead(DTYPES if dtype == "both" else (dtype,))
        except RuntimeError as error:
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(1) from None
    seconds = time.perf_counter() - begun
    console.print(f"Kernels ready in {seconds:.1f} s; {where_kept()}", soft_wrap=True)
