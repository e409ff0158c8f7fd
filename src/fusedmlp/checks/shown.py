"""A value as an error shows it: never the numbers of an array."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

LONGEST = 200  # characters
MOST_ITEMS = 50


def shown(value: Any) -> str:
    """Return a value in a line of text: as Python writes it, but data by their type and size.

    Examples
    --------
    >>> import numpy as np
    >>> shown("adma"), shown(np.float64(0.5)), shown(np.zeros((2, 3)))
    ("'adma'", 'np.float64(0.5)', 'an ndarray of shape (2, 3)')
    >>> shown([np.zeros(3), np.zeros(2)]), shown(list(range(1000)))
    ('a list of 2 items', 'a list of 1,000 items')
    """
    kind = type(value).__name__
    if isinstance(value, type) or not _holds_data(value):
        text = " ".join(repr(value).split())
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
    article = "an" if kind[0].lower() in "aeiou" or kind == "ndarray" else "a"
    if isinstance(value, Mapping | Sequence | AbstractSet):
        return f"{article} {kind} of {len(value):,} items"
    return f"{article} {kind} of shape {tuple(value.shape)}"


def _holds_data(value: Any) -> bool:
    """Whether a value is an array, a frame or a series, or has such items or too many of any."""
    if isinstance(value, str | bytes):
        return False
    if isinstance(value, Mapping):
        return len(value) > MOST_ITEMS or any(map(_holds_data, value.values()))
    if isinstance(value, Sequence | AbstractSet):
        return len(value) > MOST_ITEMS or any(map(_holds_data, value))
    shape = getattr(value, "shape", None)
    return isinstance(shape, tuple) and shape != ()
