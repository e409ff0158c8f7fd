"""Files of tables as data frames: CSV, TSV, Parquet, Excel, compressed or from standard input."""

import zlib
from dataclasses import dataclass
from lzma import LZMAError
from os import PathLike
from typing import BinaryIO
from zipfile import BadZipFile

import pandas as pd

from fusedmlp.checks.requirements import one_of, optional
from fusedmlp.tables.binary_files import read_excel, read_parquet
from fusedmlp.tables.choices import Decimal
from fusedmlp.tables.errors import TableError
from fusedmlp.tables.opening import Progress, Source
from fusedmlp.tables.separators import tab_of
from fusedmlp.tables.text_files import read_text


@dataclass(frozen=True)
class Read:
    """A table as it was read, and notes for the user."""

    frame: pd.DataFrame
    notes: list[str]


def read(
    source: str | PathLike[str] | BinaryIO,
    *,
    separator: str | None = None,
    decimal: Decimal | None = None,
    missing: tuple[str, ...] = (),
    text: tuple[str, ...] = (),
    on_progress: Progress | None = None,
) -> Read:
    r"""Read a table whose first line names the columns.

    What the file is, and how it is compressed, is seen from its first bytes, whatever its name:
    text in UTF-8 with separators, Parquet, or Excel (its first sheet); gzip, bzip2, xz, zip, zstd.

    Parameters
    ----------
    source : str, path or binary file
        "-" is standard input.
    separator : str, optional
        One character, or "tab". By default comma, semicolon, tab or bar, as the first lines say.
    decimal : "." or ",", optional
        The decimal mark of all numbers. By default that of each column; columns that leave it open
        stay text. `Choices` must have the same, for numbers that are text.
    missing : tuple of str
        Words that stand for a missing value, besides an empty cell, NA, N/A, NaN, null, - and ?.
    text : tuple of str
        Columns that stay text as it is written, such as categories with numbers for names.
    on_progress : function, optional
        Called with the share of the file that has been read, in 0..1, several times a second, and
        with 1.0 at the end.

    Returns
    -------
    Read

    Raises
    ------
    TableError
        If there is no such file, or it cannot be read as a table.
    ImportError
        If the package that reads such a file is missing.

    Examples
    --------
    >>> import io
    >>> from fusedmlp.tables.reading import read
    >>> table = read(io.BytesIO(b"# measured in May\nheight;weight\n1,75;70\n1,8;?\n"))
    >>> table.frame
       height  weight
    0    1.75    70.0
    1    1.80     NaN
    >>> table.notes
    ["Left out line 1, a comment: '# measured in May'."]
    """
    separator = tab_of(separator)
    optional(one_of((".", ",")))("decimal", decimal)
    name = str(source)
    try:
        with Source(source, on_progress) as file:
            name = file.name
            frame, notes = _read(file, separator, decimal, missing, text)
    except FileNotFoundError:
        raise TableError(f"there is no file {name!r}") from None
    except TableError:
        raise
    except UnicodeDecodeError:
        raise TableError(f"{name} is not text in UTF-8; save it as CSV in UTF-8") from None
    except pd.errors.ParserWarning:
        raise TableError(f"{name} has rows longer than its first line") from None
    except (OSError, EOFError, ValueError, zlib.error, LZMAError, BadZipFile) as error:
        reason = " ".join(str(error).split())
        raise TableError(f"{name} cannot be read as a table: {reason}") from None
    if frame.empty:
        raise TableError(f"{name} has no rows")
    if on_progress is not None:
        on_progress(1.0)
    return Read(frame, notes)


def _read(
    file: Source,
    separator: str | None,
    decimal: Decimal | None,
    missing: tuple[str, ...],
    text: tuple[str, ...],
) -> tuple[pd.DataFrame, list[str]]:
    if file.kind == "parquet":
        return read_parquet(file)
    if file.kind == "excel":
        return read_excel(file, missing)
    return read_text(file, separator, decimal, missing, text)
