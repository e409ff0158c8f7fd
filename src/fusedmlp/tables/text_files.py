"""CSV and TSV files: numbers as numbers, and the text of all cells that may be read in two ways."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd

from fusedmlp.tables.cells import MISSING
from fusedmlp.tables.choices import Decimal
from fusedmlp.tables.column import Floats
from fusedmlp.tables.frames import DECIMAL
from fusedmlp.tables.header import Header, read_header
from fusedmlp.tables.heads import planned
from fusedmlp.tables.number_column import as_floats, is_typed
from fusedmlp.tables.opening import Source

HEAD = 1000  # rows whose text is looked at
HEAD_CELLS = 200_000  # at most, but of 50 rows at least
CHUNK = 1 << 22  # bytes of rows read at once, in well below a second
FEWEST = 400  # rows read at once, however wide


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
    plan = planned(file.head(), decimal, header.separator)
    texts = [name for name in header.names if name in plan.texts or name in text]
    rows = max(FEWEST, CHUNK // header.row_bytes)
    chunks = file.chunks(rows, texts, decimal=plan.decimal)
    again = _to_read_again(chunks, set(texts), plan.decided)
    frame = pd.concat(
        [chunk.drop(columns=again) if again else chunk for chunk in chunks], ignore_index=True
    )
    if again:
        parts = file.chunks(rows, again, usecols=again)
        frame = frame.join(pd.concat(parts, ignore_index=True))[header.names]
    # Columns that are numbers now had this mark, which text in other tables will have, too.
    frame.attrs[DECIMAL] = plan.decimal
    return frame, header.notes


def _to_read_again(chunks: list[pd.DataFrame], texts: set[str], decided: set[str]) -> list[str]:
    """Return the columns that were read as numbers or booleans, and have to be read as text."""
    kinds = zip(*([dtype.kind for dtype in chunk.dtypes] for chunk in chunks), strict=True)
    again = []
    for name, found in zip(chunks[0].columns, kinds, strict=True):
        whole, numbers = set(found) <= set("iu"), set(found) <= set("iuf")
        if name in texts or whole or (numbers and name in decided):
            continue
        if _needs_text([chunk[name] for chunk in chunks], name in decided):
            again.append(str(name))
    return again


def _needs_text(parts: list["pd.Series[Any]"], decided: bool) -> bool:
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
