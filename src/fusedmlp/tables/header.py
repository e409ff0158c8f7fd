"""The first lines of a text file: comments, the separator, and the names of the columns."""

import codecs
import csv
import io
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import BinaryIO

from fusedmlp.tables.cells import MISSING
from fusedmlp.tables.errors import TableError, counted, listed
from fusedmlp.tables.frames import check_names

SEPARATORS = ";\t|,"  # of two that fit, the first: in 1,5;2,5 the comma is a decimal mark
BEGINNING = 1 << 20  # bytes, in which the first lines are, unless they are very long
RECORDS = 10  # after the header, whose widths say which separator it is
YEARS = range(1800, 2200)


@dataclass(frozen=True)
class Header:
    """How a text file begins."""

    encoding: str
    separator: str
    skipped: int  # lines before the header
    names: list[str]
    row_bytes: int  # on average, at the beginning
    notes: list[str] = field(default_factory=list)


def read_header(content: BinaryIO, separator: str | None, name: str) -> Header:
    """Read the first lines of a text file.

    Parameters
    ----------
    content : binary file
    separator : str or None
        By default comma, semicolon, tab or bar: the one by which the first line and those after it
        have the same number of cells, more than one.
    name : str
        The file's, for messages.

    Raises
    ------
    UnicodeDecodeError
        If it is not text in UTF-8, or in UTF-16 with a byte order mark.
    TableError
        If it is empty, two columns have the same name, or a row has more cells than names.
    """
    beginning = content.read(BEGINNING)
    while beginning.count(b"\n") <= RECORDS and (more := content.read(BEGINNING)):
        beginning += more
    encoding = _encoding(beginning)
    text = codecs.getincrementaldecoder(encoding)().decode(beginning)
    lines = io.StringIO(text, newline="").readlines()
    notes: list[str] = []
    skipped = 0
    while skipped < len(lines):
        line = lines[skipped].strip()
        if line.lower().startswith("sep=") and len(line) == 5:
            separator = separator or line[4]
        elif line and not _is_comment(lines[skipped:], separator):
            break
        elif line:
            notes.append(f"Left out line {skipped + 1}, a comment: {_short(line)!r}.")
        skipped += 1
    if skipped == len(lines):
        raise TableError(f"{name} is empty")
    separator = separator or _separator(lines[skipped:])
    header, *rows = _records(lines[skipped:], separator)
    header[0] = header[0].lstrip("# ") or header[0]  # as numpy.savetxt begins it
    check_is_header(header, [_are_numbers(cells) for cells in itertools.zip_longest(*rows)], name)
    names = named(header, notes)
    _check_widths(names, rows, name)
    if 2 * sum(not cell.strip() for cell in header) > len(header):
        raise TableError(
            f"{name} must have the columns' names in its first line, got "
            f"{listed(cell for cell in header if cell.strip())} for {len(header)} columns; take "
            "out a title above the names, or name all columns"
        )
    row_bytes = len(beginning) // len(lines) + 1
    return Header(encoding, separator, skipped, names, row_bytes, notes)


def named(header: list[str], notes: list[str]) -> list[str]:
    """Return the names of columns without spaces around them, and numbers for those without one.

    Raises
    ------
    TableError
        If two columns have the same name.
    """
    names = [cell.strip() or f"column {place}" for place, cell in enumerate(header, 1)]
    check_names(names)
    empty = [name for name, cell in zip(names, header, strict=True) if not cell.strip()]
    if empty:
        notes.append(f"Columns without a name in the first line are called {listed(empty)}.")
    return names


def _encoding(beginning: bytes) -> str:
    if beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8-sig"


def _is_comment(lines: list[str], separator: str | None) -> bool:
    """Return whether the first line is a comment: it begins with #, and is no header.

    A header may begin with # if it has as many cells as the lines after it, which have numbers.
    """
    if not lines[0].startswith("#"):
        return False
    others = [line for line in lines[: RECORDS + 1] if line.strip() and line[0] != "#"]
    if not others:
        return False
    mark = separator or _separator(others)
    header, row = _records(lines[:1], mark)[0], _records(others, mark)[0]
    return len(header) != len(row) or all(_number(cell) is None for cell in row)


def _records(lines: list[str], separator: str) -> list[list[str]]:
    """Return the cells of the first records, which may go over several lines within quotes."""
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=separator != "\t")
    try:
        return list(itertools.islice((record for record in reader if record), RECORDS + 1))
    except csv.Error as error:
        raise ValueError(f"{error} in one of the first lines; a quote may not be closed") from None


def _separator(lines: list[str]) -> str:
    """Return the separator that fits the first line, or else the lines after it."""

    def fitness(separator: str) -> tuple[bool, float, int]:
        try:
            header, *rows = (len(record) for record in _records(lines, separator))
        except ValueError:  # without this separator, a very long line is one cell
            return False, False, 0
        alike = sum(row == header for row in rows) / max(1, len(rows))
        others = rows[0] > 1 and len(set(rows)) == 1 if rows else False
        return header > 1, alike if header > 1 else others, header

    best = max(SEPARATORS, key=fitness)
    if not fitness(best)[0]:  # none fits: say so, where a quote is not closed
        for separator in SEPARATORS:
            _records(lines, separator)
    return best


def _check_widths(names: list[str], rows: list[list[str]], name: str) -> None:
    for row in rows:
        if len(row) > len(names):
            raise TableError(
                f"{name} has rows longer than its first line, which names "
                f"{counted(len(names), 'column')} ({listed(names[:5])}), where a row has "
                f"{counted(len(row))}; take out a title above the names, name all columns, or "
                "choose another separator"
            )


def check_is_header(names: list[str], numeric: list[bool], name: str) -> None:
    """Check that the first line names the columns, and is not a row of numbers.

    Parameters
    ----------
    names : list of str
    numeric : list of bool
        Which columns have only numbers below the first line.
    name : str
        The file's.

    Raises
    ------
    TableError
        If it is a row.
    """
    numbers = [_number(name) for name in names]
    where = [number for number, only in zip(numbers, numeric, strict=False) if only]
    known = [number for number in where if number is not None]
    if not known or len(known) < len(where):
        return
    counted = all(number % 1 == 0 for number in known) and known == sorted(set(known))
    steps = {after - before for before, after in itertools.pairwise(known)}
    if counted and (steps <= {1.0} or all(number in YEARS for number in known)):
        return  # numbered columns, or years
    shown = [one for one, number in zip(names, numbers, strict=True) if number is not None]
    raise TableError(
        f"{name} must have the columns' names in its first line, got numbers "
        f"({listed(shown[:5])}); add a line of names"
    )


def _are_numbers(cells: Iterable[str | None]) -> bool:
    known = [cell for cell in cells if cell and cell.strip() not in MISSING]
    return bool(known) and all(_number(cell) is not None for cell in known)


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


def _short(line: str) -> str:
    return line if len(line) <= 60 else line[:57] + "..."
