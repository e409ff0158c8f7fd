"""Which columns are left out, because a network cannot learn from them."""

from typing import Any

import numpy as np
import pandas as pd

from fusedmlp.tables.cells import label, numbers_of
from fusedmlp.tables.looks import Kind, Look
from fusedmlp.tables.number_column import as_floats, is_typed
from fusedmlp.tables.numbers import LARGEST

NEARLY_EVERY = 0.9  # share of different texts from which a column is taken for names


def useless_cells(look: Look, kind: Kind) -> str | None:
    """Return why a column is left out whatever its cells are read as, or None.

    Examples
    --------
    >>> import pandas as pd
    >>> from fusedmlp.tables.looks import Look
    >>> useless_cells(Look(pd.Series(["a", "b", "c", "d"])), "categories")
    'nearly every row has another text'
    """
    if is_typed(look.series):
        return _useless_numbers(look)
    cells = look.cells
    if not cells.words:
        return "it has no values"
    if len(cells.words) == 1 and (kind != "categories" or (cells.codes >= 0).all()):
        return _constant(label(cells.words[0]))
    if kind == "categories" and len(cells.words) >= NEARLY_EVERY * len(cells.codes):
        return "nearly every row has another text"
    return None


def _useless_numbers(look: Look) -> str | None:
    numbers = as_floats(look.series)
    known = numbers[np.abs(numbers) <= LARGEST]
    known = known[~np.isin(known, numbers_of(look.missing))] if look.missing else known
    if not len(known):
        return "it has no values"
    return _constant(f"{known[0]:.16g}") if (known == known[0]).all() else None


def _constant(value: str) -> str:
    return f"it is {value} wherever it has a value"


def useless_values(values: "pd.Series[Any]") -> str | None:
    """Return why a column of these numbers is left out, or None.

    Examples
    --------
    >>> import pandas as pd
    >>> useless_values(pd.Series([1.0, 2.0, 3.0]))
    'it numbers the rows'
    """
    numbers = values.to_numpy()
    counts = numbers[0] in (0, 1) and numbers[-1] - numbers[0] == len(numbers) - 1
    return "it numbers the rows" if counts and (np.diff(numbers) == 1).all() else None
