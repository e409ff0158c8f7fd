"""The error of tables, and the uniform way in which its messages name arguments."""

from collections.abc import Iterable

MOST_LISTED = 40  # names in a message


class TableError(ValueError):
    """Why a table cannot be used, in one line that names the column and what to do."""


def argument(name: str, value: str) -> str:
    """Write an argument as in a call; the command line finds it and writes its flag.

    Examples
    --------
    >>> from fusedmlp.tables.errors import argument
    >>> argument("drop", "city")
    "drop='city'"
    """
    return f"{name}={value!r}"


def listed(names: Iterable[str]) -> str:
    """List names for a message, of many the first.

    Examples
    --------
    >>> from fusedmlp.tables.errors import listed
    >>> listed(["height", "city"])
    "'height', 'city'"
    """
    shown = [repr(name) for name in names]
    more = f" and {len(shown) - MOST_LISTED} more" if len(shown) > MOST_LISTED else ""
    return ", ".join(shown[:MOST_LISTED]) + more


def counted(count: int, noun: str = "cell") -> str:
    """Write a count with its noun.

    Examples
    --------
    >>> from fusedmlp.tables.errors import counted
    >>> counted(1), counted(1234)
    ('1 cell', '1,234 cells')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
