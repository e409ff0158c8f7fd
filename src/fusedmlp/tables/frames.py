"""Data frames as this package takes them: pandas', with different texts as columns' names."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from fusedmlp.tables.choices import Decimal
from fusedmlp.tables.errors import TableError, argument, listed

if TYPE_CHECKING:
    import pandas as pd


DECIMAL = "fusedmlp.decimal"  # an attribute of frames that were read


def decimal_of(frame: "pd.DataFrame") -> Decimal:
    r"""Return the decimal mark that the numbers of a frame had in its file, "." if that is unknown.

    Examples
    --------
    >>> import io
    >>> from fusedmlp.tables import read
    >>> from fusedmlp.tables.frames import decimal_of
    >>> decimal_of(read(io.BytesIO(b"x;y\n1,5;2\n2,5;3\n")).frame)
    ','
    """
    return "," if frame.attrs.get(DECIMAL) == "," else "."


def as_frame(frame: Any) -> "pd.DataFrame":
    """Return a pandas data frame whose columns' names are texts, without a copy of its cells.

    Parameters
    ----------
    frame : DataFrame
        pandas', or another with the method `to_pandas`, such as Polars'.

    Raises
    ------
    TypeError
        If it is no data frame.
    ImportError
        If `to_pandas` needs a package that is missing.
    TableError
        If two columns have the same name, or a column holds complex numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> from fusedmlp.tables.frames import as_frame
    >>> list(as_frame(pd.DataFrame({0: [1.5], "a": [2]})).columns)
    ['0', 'a']
    """
    import pandas as pd

    if not isinstance(frame, pd.DataFrame) and hasattr(frame, "to_pandas"):
        frame = _from_another(frame)
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"frame must be a pandas DataFrame, got {type(frame).__name__}")
    names = [_name(name) for name in frame.columns]
    check_names(names)
    renamed: pd.DataFrame = frame.set_axis(pd.Index(names, dtype=object), axis="columns")
    for name in names:
        if pd.api.types.is_complex_dtype(renamed[name]):
            raise TableError(
                f"column {name!r} holds complex numbers; leave it out: {argument('drop', name)}"
            )
    return renamed


def check_names(names: list[str]) -> None:
    """Check that columns' names differ.

    Raises
    ------
    TableError
        If they do not.
    """
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise TableError(f"the columns' names must differ, got twice: {listed(twice)}; rename one")


def _name(name: object) -> str:
    """Return a column's name as text; levels of names are joined."""
    return " ".join(map(str, name)) if isinstance(name, tuple) else str(name)


def _from_another(frame: Any) -> Any:
    try:
        return frame.to_pandas()
    except ImportError as error:
        raise ImportError(
            f"to_pandas of {type(frame).__module__}.{type(frame).__name__} needs {error.name}: "
            f"install it, or give a pandas DataFrame"
        ) from None
