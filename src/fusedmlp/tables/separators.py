"""The separator between columns, as a user writes it."""

from fusedmlp.tables.errors import TableError, argument


def tab_of(separator: str | None) -> str | None:
    """Return a separator, with "tab" and a written-out backslash t as the character.

    Raises
    ------
    TypeError, TableError
        If it is no text, or has more than one character.
    """
    if separator is not None and not isinstance(separator, str):
        raise TypeError(f"separator must be text, got {separator!r}")
    if separator in ("tab", "\\t"):
        return "\t"
    if separator is not None and len(separator) != 1:
        raise TableError(f"separator must be one character, got {argument('separator', separator)}")
    return separator
