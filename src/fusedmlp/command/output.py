"""Tables that a command writes: to a file, by its suffix, or to standard output as CSV."""

import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fusedmlp.network_file.replacing import replace_file

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = {".csv": ",", ".tsv": "\t"}
COMPRESSIONS = {".gz": "gzip", ".bz2": "bz2", ".xz": "xz"}
PARQUET = ".parquet"


def check_folder(name: str, path: Path) -> None:
    """Raise ValueError if no file can be there; before the work whose result it is to hold.

    name: what the path is called in the error.
    """
    if path.is_dir():
        raise ValueError(f"{name} must name a file, got the folder {str(path)!r}")
    folder = path.absolute().parent
    if not folder.is_dir():
        raise ValueError(f"{name} must name a file in a folder that is there, got {str(path)!r}")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise ValueError(f"{name} must name a file that may be written, got {str(path)!r}")


def check_other_file(name: str, path: Path, table: str) -> None:
    """Raise ValueError if a path is that of the table that is read: it would be lost."""
    if path.exists() and Path(table).exists() and path.samefile(table):
        raise ValueError(f"{name} must name another file than the table, got {str(path)!r}")


def check_format(name: str, path: Path) -> None:
    """Raise ValueError if a path's suffix is of no format that can be written."""
    kind, compression = _format(path)
    if kind not in SEPARATORS and (kind != PARQUET or compression):
        raise ValueError(
            f"{name} must end in .csv or .tsv, compressed or not ({', '.join(COMPRESSIONS)}), or "
            f"in {PARQUET}, got {path.name!r}"
        )


def write_frame(frame: "pd.DataFrame", path: Path | None) -> None:
    """Write a data frame without its index, to standard output where there is no path.

    A file is replaced whole.

    Raises
    ------
    ImportError
        If Parquet is asked for, and no package that writes it is installed.
    OSError
        If the file cannot be written.
    """
    if path is None:
        _print(frame)
        return
    kind, compression = _format(path)
    content = io.BytesIO()
    if kind == PARQUET:
        frame.to_parquet(content, index=False)
    else:
        how: dict[str, Any] | None = {"method": compression} if compression else None
        separator = SEPARATORS[kind]
        frame.to_csv(content, index=False, sep=separator, lineterminator="\n", compression=how)
    replace_file(str(path), content.getvalue())


def _print(frame: "pd.DataFrame") -> None:
    """Print CSV: to a pipe or file in UTF-8, whatever the locale, which may lack characters."""
    if sys.stdout.isatty():
        frame.to_csv(sys.stdout, index=False, lineterminator="\n")
    else:
        frame.to_csv(sys.stdout.buffer, index=False, lineterminator="\n", mode="wb")
    sys.stdout.flush()


def _format(path: Path) -> tuple[str, str | None]:
    """Return the suffix that says what a file holds, and its compression."""
    compression = COMPRESSIONS.get(path.suffix.lower())
    kind = (path.with_suffix("") if compression else path).suffix.lower()
    return kind, compression
