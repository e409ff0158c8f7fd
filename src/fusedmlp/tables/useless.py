"""Which columns are left out, because a network cannot learn from them."""

import numpy as np

from fusedmlp.tables.category_column import CategoryColumn
from fusedmlp.tables.cells import numbers_of
from fusedmlp.tables.looks import Kind, Look
from fusedmlp.tables.number_column import as_floats, is_typed
from fusedmlp.tables.numbers import LARGEST

NEARLY_EVERY = 0.9  # share of different texts from which a column is taken for names


def useless(look: Look, kind: Kind) -> str | None:
    """Return why a column is left out, or None.

    Examples
    --------
    >>> import pandas as pd
    >>> from fusedmlp.tables.looks import Look
    >>> useless(Look(pd.Series([1, 2, 3, 4, 5])), "numbers")
    'it numbers the rows'
    """
    if is_typed(look.series):
        return _useless_numbers(look)
    values = CategoryColumn(look.name, look.missing).values(look.series)
    different = values.nunique()
    if different == 0:
        return "it has no values"
    if different == 1 and (kind != "categories" or values.notna().all()):
        return f"it is {values.dropna().iloc[0]} wherever it has a value"
    if kind == "categories" and different >= NEARLY_EVERY * len(values):
        return "nearly every row has another text"
    return None


def _useless_numbers(look: Look) -> str | None:
    numbers = as_floats(look.series)
    numbers = np.where(np.isin(numbers, numbers_of(look.missing)), np.nan, numbers)
    known = numbers[np.abs(numbers) <= LARGEST]
    if not len(known):
        return "it has no values"
    if (known == known[0]).all():
        return f"it is {known[0]:.16g} wherever it has a value"
    if numbers[0] in (0, 1) and (np.diff(numbers) == 1).all():
        return "it numbers the rows"
    return None
