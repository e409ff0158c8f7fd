"""What the cells of a column look like: numbers, dates or categories."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusedmlp.tables.cells import Cells, cells_of
from fusedmlp.tables.date_column import is_dates
from fusedmlp.tables.dates import Dates, dates
from fusedmlp.tables.number_column import is_typed
from fusedmlp.tables.numbers import Numerals, numerals

Kind = Literal["numbers", "dates", "categories"]

NEARLY_ALL = 0.9  # share of a column's cells that are of its kind; the others are missing values
AT_LEAST = 0.5  # this share, where the others are a few words among numbers
SAMPLE = 200  # words
FEW = 0.1  # share of a sample's words
FEW_WORDS = 3
MANY_NUMBERS = 20  # different ones, from which whole numbers are not taken for names


@dataclass(frozen=True)
class Look:
    """A column's cells, read as text, as numbers and as dates."""

    series: "pd.Series[Any]"
    missing: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The column's name."""
        return str(self.series.name)

    @cached_property
    def cells(self) -> Cells:
        """The cells as words."""
        return cells_of(self.series, self.missing)

    @cached_property
    def numerals(self) -> Numerals:
        """The words as numbers."""
        return numerals(self.cells.words)

    @cached_property
    def dates(self) -> Dates:
        """The words as dates."""
        return dates(self.cells.words)

    @cached_property
    def is_text(self) -> bool:
        """Whether the cells' kind has to be found: they are neither typed nor categories."""
        typed = is_typed(self.series) or is_dates(self.series)
        chosen = pd.api.types.is_bool_dtype(self.series)
        return not (typed or chosen or isinstance(self.series.dtype, pd.CategoricalDtype))

    @cached_property
    def kind(self) -> Kind:
        """What most of the cells are."""
        if is_typed(self.series):
            return "numbers"
        if is_dates(self.series):
            return "dates"
        if not self.is_text or not self.cells.words:
            return "categories"
        if self.share_of_numbers >= NEARLY_ALL or self._are_numbers_and_few_words():
            return "numbers"
        return "dates" if self.share(self.dates.known) >= NEARLY_ALL else "categories"

    def share(self, known: NDArray[np.bool_]) -> float:
        """Return the share of the cells, of those with a value, whose words are known."""
        return float(self.cells.counts[known].sum() / self.cells.counts.sum())

    @cached_property
    def share_of_numbers(self) -> float:
        """The share of the cells, of those with a value, that are numbers; 0 if few words are."""
        words = self.cells.words
        some = [words[place] for place in range(0, len(words), max(1, len(words) // SAMPLE))]
        if numerals(some).known.mean() < FEW:  # the other words need not be read, as of free text
            return 0.0
        return self.share(self.numerals.known)

    def _are_numbers_and_few_words(self) -> bool:
        if self.share_of_numbers < AT_LEAST:
            return False
        known = self.numerals.known
        whole = (self.numerals.point % 1 == 0) & (self.numerals.currency == "")
        many = int(known.sum()) >= MANY_NUMBERS or not whole[known].all()
        return many and int((~known).sum()) <= FEW_WORDS
