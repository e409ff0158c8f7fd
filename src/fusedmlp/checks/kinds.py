"""What an array holds that is no array of real numbers, in words, and what to do."""

from numbers import Real
from typing import Any

from numpy.typing import NDArray

from fusedmlp.checks.shown import shown

TEXT, DATES, OBJECTS = "text", "dates or times", "numbers as Python objects"
MISSING = "missing numbers (None)"
LABELS = (
    "labels of classes must be one-hot rows, or be given to fusedmlp.MLPClassifier, which takes "
    "them as they are"
)
ADVICE = {
    TEXT: "leave it out, or make numbers of it, such as with sklearn.preprocessing.OneHotEncoder",
    DATES: "leave it out, or make numbers of it, such as the days since the first",
    MISSING: "fill them in, or leave out their rows or columns",
    OBJECTS: ".astype(float) makes numbers of them",
}
OTHER_ADVICE = "leave it out, or make numbers of it"


def kind_of(array: NDArray[Any]) -> str:
    """Return what an array holds.

    Examples
    --------
    >>> import numpy as np
    >>> kind_of(np.array(["Paris", "Rome"])), kind_of(np.array([1.5, None, "unknown"], object))
    ("text, such as 'Paris'", "text, such as 'unknown'")
    >>> kind_of(np.array([1j]))
    'complex numbers'
    """
    kind = array.dtype.kind
    if kind in "USTO":
        return _kind_of_objects(array)
    if kind in "mM":
        return DATES
    if kind == "c":
        return "complex numbers"
    return "categories" if kind in "biuf" else f"dtype {array.dtype}"


def _kind_of_objects(array: NDArray[Any]) -> str:
    """Return what an array of Python objects, or of text, holds: the first that is no number."""
    items = array.ravel().tolist()
    found = next((item for item in items if not _is_number(item)), None)
    if found is None:
        return MISSING if None in items else OBJECTS
    if isinstance(found, str | bytes):
        return f"{TEXT}, such as {shown(found)}"
    if hasattr(found, "isoformat"):
        return DATES
    return f"objects of type {type(found).__name__}"


def _is_number(item: Any) -> bool:
    """Whether an object is a number, or a missing one."""
    return item is None or isinstance(item, Real) or type(item).__name__ in ("NAType", "Decimal")


def advice_for(name: str, kind: str) -> str:
    """Return what to do with such values of an argument."""
    if name == "y" and kind.startswith(TEXT):
        return LABELS
    for start, text in ADVICE.items():
        if kind.startswith(start) and (name == "X" or start in (MISSING, OBJECTS)):
            return text
    return OTHER_ADVICE if name == "X" else "numbers are wanted"
