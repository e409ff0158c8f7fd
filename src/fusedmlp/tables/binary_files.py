"""Parquet and Excel files, through the packages of pandas' own extras."""

import pandas as pd

from fusedmlp.tables.cells import MISSING
from fusedmlp.tables.errors import TableError
from fusedmlp.tables.header import check_is_header, named
from fusedmlp.tables.opening import Source


def read_parquet(source: Source) -> tuple[pd.DataFrame, list[str]]:
    """Read a Parquet file.

    Raises
    ------
    ImportError
        If pandas has no package for it.
    """
    try:
        return pd.read_parquet(source.raw()), []
    except ImportError:
        raise _needs(source, "pyarrow", "parquet") from None


def read_excel(source: Source, missing: tuple[str, ...]) -> tuple[pd.DataFrame, list[str]]:
    """Read the first sheet of an Excel file, whose first row names the columns.

    Raises
    ------
    ImportError
        If pandas has no package for it.
    TableError
        If the sheet is empty, or two columns have the same name.
    """
    try:
        with pd.ExcelFile(source.raw()) as book:
            sheets = list(book.sheet_names)
            words = [*MISSING, *missing]
            cells = pd.read_excel(
                book, header=None, dtype=object, keep_default_na=False, na_values=words
            )
    except ImportError as error:
        raise _needs(source, error.name or "openpyxl", "excel") from None
    if cells.empty:
        raise TableError(f"{source.name} is empty: its first sheet {sheets[0]!r} has no cells")
    notes = [f"Read the first of {len(sheets)} sheets, {sheets[0]!r}."] if sheets[1:] else []
    names = named(["" if pd.isna(cell) else str(cell) for cell in cells.iloc[0]], notes)
    frame = cells.iloc[1:].set_axis(names, axis="columns").reset_index(drop=True).infer_objects()
    numbers = [pd.api.types.is_numeric_dtype(frame[name]) for name in names]
    check_is_header(names, numbers, source.name)
    return frame, notes


def _needs(source: Source, package: str, extra: str) -> ImportError:
    return ImportError(
        f"reading {source.name} needs the package {package}: pip install 'pandas[{extra}]'",
        name=package,
    )
