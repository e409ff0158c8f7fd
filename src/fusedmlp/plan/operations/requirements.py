"""Requirements: what an argument of an operation may be, as plain data."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

ANY_SHAPE = "..."

# The dtypes that an array of each kind may have. All "real" arrays of a call have the same.
DTYPES = {
    "real": (np.dtype(np.float32), np.dtype(np.float64)),
    "float64": (np.dtype(np.float64),),
    "int64": (np.dtype(np.int64),),
    "int8": (np.dtype(np.int8),),
    "uint32": (np.dtype(np.uint32),),
}

# The largest number that a Python integer may have, and the largest with 64 bits.
LARGEST, LARGEST_UNSIGNED = 2**63 - 1, 2**64 - 1


class Array:
    """An array: C-ordered, aligned, of one kind, with named dimensions.

    Parameters
    ----------
    *shape : str or int
        Names of dimensions: equal names in a call are equal sizes, each at least 1. ``"2 * rows"``
        is twice the size `rows`; an integer is a fixed size; ANY_SHAPE alone stands for all
        dimensions, of which there is at least one.
    kind : str, default "real"
        A key of DTYPES.
    written : bool, default False
        Whether the operation writes into it, so that it must be writable.
    may_be_empty : bool, default False
        Whether an array without numbers may stand for "there is none".
    may_be_none : bool, default False
        Whether None may.
    indices_of : str, default ""
        The dimension that its numbers are indices of: each is at least 0 and below that size. Such
        an array may not share memory with one that is written, or it could change after the check.
    any_strides : bool, default False
        Whether it need not be C-ordered.
    """

    def __init__(
        self,
        *shape: str | int,
        kind: str = "real",
        written: bool = False,
        may_be_empty: bool = False,
        may_be_none: bool = False,
        indices_of: str = "",
        any_strides: bool = False,
    ) -> None:
        self.shape = tuple(parts_of(dimension) for dimension in shape)
        self.any_shape = shape == (ANY_SHAPE,)
        self.kind, self.written = kind, written
        self.may_be_empty, self.may_be_none = may_be_empty, may_be_none
        self.indices_of = indices_of
        self.any_strides = any_strides


def parts_of(dimension: str | int) -> tuple[int, str]:
    """Return a dimension as a factor and a name, which is empty for a fixed size.

    >>> parts_of("rows"), parts_of("2 * rows"), parts_of(2)
    ((1, 'rows'), (2, 'rows'), (2, ''))
    """
    if isinstance(dimension, int):
        return dimension, ""
    factor, _, name = dimension.rpartition(" * ")
    return int(factor or 1), name


@dataclass(frozen=True)
class Whole:
    """An integer in least..most; `flag`: True and False will also do."""

    least: int = 0
    most: int = LARGEST
    flag: bool = False


@dataclass(frozen=True)
class Code:
    """A code: the value of a member of an enumeration."""

    choices: type[IntEnum]


@dataclass(frozen=True)
class Real:
    """A real number of any size; a bound, if there is one, excludes NaN.

    least: a number, or the name of an argument before it. below: excludes the bound.
    """

    least: float | str | None = None
    most: float | None = None
    below: float | None = None


Requirement = Array | Whole | Code | Real
