"""The user's table, read with its progress shown."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from fusedmlp.command.progress import Show

if TYPE_CHECKING:
    import pandas as pd

STANDARD_INPUT = "-"

Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="Table: a CSV, TSV, Parquet or Excel file, compressed or not, whose first line "
        "names the columns; - is standard input.",
    ),
]
Separator = Annotated[
    str | None,
    typer.Option(
        metavar="CHARACTER",
        rich_help_panel="Table",
        help="Character between columns, or 'tab'. By default, found from the first lines.",
    ),
]


def read_table(
    source: str,
    show: Show,
    separator: str | None,
    decimal: str | None = None,
    missing: Iterable[str] = (),
    text: Iterable[str] = (),
) -> "tuple[pd.DataFrame, list[str]]":
    """Return a table, and notes on it; see `fusedmlp.tables.read`.

    Raises
    ------
    TableError, ImportError, OSError
        As `fusedmlp.tables.read` does.
    """
    now = f"Reading {'standard input' if source == STANDARD_INPUT else source}"
    show(now)  # before pandas is imported, which may take a second itself
    from fusedmlp import tables

    found = tables.read(
        source,
        separator=separator,
        decimal=decimal,  # type: ignore[arg-type]
        missing=tuple(missing),
        text=tuple(text),
        on_progress=lambda share: show(now, share),
    )
    return found.frame, found.notes


def columns_of(frame: "pd.DataFrame") -> str:
    """List the columns of a table, for a message."""
    from fusedmlp.tables.errors import listed

    return f"the columns are {listed(map(str, frame.columns))}"
