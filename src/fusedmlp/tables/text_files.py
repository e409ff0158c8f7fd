"""CSV and TSV files: numbers as numbers, and the text of all cells that may be read in two ways."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd

from fusedmlp.tables import marks
from fusedmlp.tables.cells import MISSING
from fusedmlp.tables.choices import Decimal
from fusedmlp.tables.column import Floats
from fusedmlp.tables.frames import DECIMAL
from fusedmlp.tables.header import Header, read_header
from fusedmlp.tables.looks import Look
from fusedmlp.tables.number_column import as_floats, is_typed
from fusedmlp.tables.opening import Source

HEAD = 1000  # rows whose text is looked at
HEAD_CELLS = 200_000  # at most, but of 50 rows at least
CHUNK = 1 << 22  # bytes of rows read at once, in well below a second


@dataclass(frozen=True)
class TextFile:
    """A text file, how it begins, and the words that stand for a missing value."""

    source: Source
    header: Header
    missing: tuple[str, ...]

    @contextmanager
    def _reader(self, **options: Any) -> Iterator[Any]:
        """Open the rows as pandas reads them, with the cells' text or as numbers."""
        header = self.header
        with self.source.content() as content, warnings.catch_warnings():
            warnings.simplefilter(
                "error", pd.errors.ParserWarning
            )  # for rows longer than the names
            yield pd.read_csv(
                content,
                sep=header.separator,
                encoding=header.encoding,
                skiprows=header.skipped,
                header=0,
                names=header.names,
                index_col=False,
                keep_default_na=False,
                na_values=[*MISSING, *self.missing],
                skipinitialspace=header.separator != "\t",  # between tabs, spaces are missing
                low_memory=False,
                **options,
            )

    def head(self) -> pd.DataFrame:
        """Return the first rows as text."""
        rows = min(HEAD, max(50, HEAD_CELLS // len(self.header.names)))
        with self._reader(nrows=rows, dtype=str) as frame:
            return cast("pd.DataFrame", frame)

    def chunks(self, rows: int, text: list[str], **options: Any) -> list[pd.DataFrame]:
        """Return all rows in parts, the columns `text` as text."""
        with self._reader(chunksize=rows, dtype=dict.fromkeys(text, str), **options) as reader:
            return list(reader)


def read_text(
    source: Source,
    separator: str | None,
    decimal: Decimal | None,
    missing: tuple[str, ...],
    text: tuple[str, ...],
) -> tuple[pd.DataFrame, list[str]]:
    """Read a CSV or TSV file, and return it with notes.

    A column stays text where a cell is no plain number, where codes begin with 0, and where it is
    open whether 1.234 has a decimal point.

    Parameters
    ----------
    source : Source
    separator : str or None
    decimal : "." or "," or None
    missing : tuple of str
    text : tuple of str
        Columns that stay text.
    """
    with source.content() as content:
        header = read_header(content, separator, source.name)
    file = TextFile(source, header, missing)
    head = file.head()
    plan = _planned(head, decimal, header.separator)
    texts = [name for name in header.names if name in plan.texts or name in text]
    rows = _rows(head)
    chunks = file.chunks(rows, texts, decimal=plan.decimal)
    again = [
        name
        for name in header.names
        if name not in texts and _needs_text([c[name] for c in chunks], name in plan.decided)
    ]
    frame = pd.concat([chunk.drop(columns=again) for chunk in chunks], ignore_index=True)
    if again:
        parts = file.chunks(rows, again, usecols=again)
        frame = frame.join(pd.concat(parts, ignore_index=True))[header.names]
    # Columns that are numbers now had this mark, which text in other tables will have, too.
    frame.attrs[DECIMAL] = plan.decimal
    return frame, header.notes


@dataclass(frozen=True)
class _Plan:
    """What the first rows say about the columns."""

    decimal: Decimal  # of the columns that are read as numbers
    texts: set[str]  # columns that stay text
    decided: set[str]  # columns whose cells say which decimal mark they have


def _planned(head: pd.DataFrame, decimal: Decimal | None, separator: str) -> _Plan:
    looks = {str(name): Look(head[name]) for name in head}
    with_words = {name: look for name, look in looks.items() if look.cells.words}
    numbers = {name for name, look in with_words.items() if look.numerals.known.all()}
    votes = {name: marks.number_votes(looks[name]) for name in numbers}
    winners = {name: vote.winner() for name, vote in votes.items()}
    if decimal is None:
        decided = {name for name, winner in winners.items() if winner is not None}
        commas = marks.of_table(winners.values()) is False and separator != ","
    else:
        decided, commas = set(looks), decimal == ","
    mark: Decimal = "," if commas else "."
    open_ = {name for name in numbers - decided if votes[name].either.any()}
    plain = {name for name, look in with_words.items() if _is_plain(look, mark)}
    return _Plan(mark, (set(with_words) - plain) | open_, decided)


def _is_plain(look: Look, decimal: Decimal) -> bool:
    """Return whether pandas reads the cells as what they are: numbers, or True and False."""
    mark = re.escape(decimal)
    number = rf"[-+]?(?:(?:0|[1-9][0-9]*)(?:{mark}[0-9]*)?|{mark}[0-9]+)(?:[eE][-+]?[0-9]+)?"
    one = re.compile(rf"{number}|TRUE|FALSE|[Tt]rue|[Ff]alse")
    return all(isinstance(word, str) and one.fullmatch(word) for word in look.cells.words)


def _needs_text(parts: list["pd.Series[Any]"], decided: bool) -> bool:
    """Return whether a column that was read as numbers or booleans has to be read as text."""
    parts = [part for part in parts if not part.isna().all()]
    if not all(is_typed(part) for part in parts):
        return len({is_typed(part) or pd.api.types.infer_dtype(part) for part in parts}) > 1
    if decided:
        return False
    fractions = [_fractions(part) for part in parts]
    return any(map(len, fractions)) and all(map(_may_be_thousands, fractions))


def _fractions(part: "pd.Series[Any]") -> Floats:
    numbers = np.abs(as_floats(part))
    fractions: Floats = numbers[np.isfinite(numbers) & (numbers % 1 != 0)]
    return fractions


def _may_be_thousands(fractions: Floats) -> bool:
    """Return whether all have one to three digits before the mark and at most three after it."""
    thousands = fractions * 1000
    fits = (fractions > 1) & (fractions < 1000)
    return bool((fits & (np.abs(thousands - np.round(thousands)) < 1e-6)).all())


def _rows(head: pd.DataFrame) -> int:
    """Return how many rows are about CHUNK bytes."""
    lengths = [head[name].astype(object).map(lambda cell: len(str(cell)) + 1) for name in head]
    width = sum(float(length.mean()) for length in lengths) if len(head) else 1.0
    return max(100, int(CHUNK / width))
