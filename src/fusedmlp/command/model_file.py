"""A model's file, as an argument of commands."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fusedmlp.tables import TableModel

ModelFile = Annotated[Path, typer.Argument(metavar="MODEL", help="File that train --save wrote.")]


def open_model(path: Path) -> "TableModel":
    """Return the model in a file.

    Raises
    ------
    ValueError
        If there is none; the error names the argument as the commands do.
    """
    from fusedmlp import tables

    try:
        return tables.load(path)
    except FileNotFoundError:
        raise ValueError(f"MODEL must be a file, and there is no {str(path)!r}") from None
    except tables.TableError as error:
        raise ValueError(str(error).replace("path must", "MODEL must", 1)) from None
