"""Checks of arguments: functions of a name and a value that return the value, converted, or raise.

They raise TypeError or ValueError, with a message that names argument, requirement and value.
"""

import os
from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

from fusedmlp.checks.shown import shown

Check = Callable[[str, Any], Any]

# The largest integer, so that epochs times rows fits in 64 bits.
MOST = 10**12


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool | np.bool_)


def one_of(choices: Sequence[str]) -> Check:
    """Return a check for one of the strings `choices`."""
    wanted = f"one of {', '.join(repr(choice) for choice in choices)}"

    def check(name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise TypeError(f"{name} must be {wanted}, got {shown(value)}")
        if value not in choices:
            raise ValueError(f"{name} must be {wanted}, got {shown(value)}")
        return str(value)

    return check


def one_or_each_of(choices: Sequence[str], what: str) -> Check:
    """Return a check for one of `choices`, or a sequence of them, one for each `what`.

    The length of the sequence is checked where the number of `what` is known.
    """
    one = one_of(choices)

    def check(name: str, value: Any) -> str | tuple[str, ...]:
        if isinstance(value, list | tuple):
            return tuple(one(f"{name}[{place}]", item) for place, item in enumerate(value))
        try:
            return str(one(name, value))
        except (TypeError, ValueError) as error:
            also = f", or a sequence with one for each {what}, got"
            raise type(error)(also.join(str(error).rsplit(", got", 1))) from None

    return check


def whole_number(least: int, most: int = MOST) -> Check:
    """Return a check for an integer in least..most."""

    def check(name: str, value: Any) -> int:
        if not isinstance(value, Integral) or _is_flag(value):
            raise TypeError(f"{name} must be an integer, got {shown(value)}")
        if value < least:
            raise ValueError(f"{name} must be at least {least}, got {shown(value)}")
        if int(value) > most:
            raise ValueError(f"{name} must be at most {most}, got {shown(value)}")
        return int(value)

    return check


def number(
    least: float | None = None,
    above: float | None = None,
    below: float | None = None,
    most: float | None = None,
) -> Check:
    """Return a check for a finite real number within bounds."""
    bounds = [
        text
        for bound, text in (
            (least, f"at least {least}"),
            (above, f"above {above}"),
            (below, f"below {below}"),
            (most, f"at most {most}"),
        )
        if bound is not None
    ]
    wanted = f"a finite number {' and '.join(bounds)}".rstrip()

    def check(name: str, value: Any) -> float:
        if not isinstance(value, Real) or _is_flag(value):
            raise TypeError(f"{name} must be {wanted}, got {shown(value)}")
        try:
            given = float(value)
        except OverflowError:
            given = np.inf
        fits = (
            np.isfinite(given)
            and (least is None or given >= least)
            and (above is None or given > above)
            and (below is None or given < below)
            and (most is None or given <= most)
        )
        if not fits:
            raise ValueError(f"{name} must be {wanted}, got {shown(value)}")
        return given

    return check


def optional(check: Check) -> Check:
    """Return a check for None, or a value that another check accepts."""
    return lambda name, value: None if value is None else check(name, value)


def anything(name: str, value: Any) -> Any:  # noqa: ARG001
    """Accept any value: it is checked later, where the data are known."""
    return value


def function(name: str, value: Any) -> Any:
    """Accept a function or another callable."""
    if not callable(value):
        raise TypeError(f"{name} must be a function, got {shown(value)}")
    return value


def flag(name: str, value: Any) -> bool:
    """Accept True or False, Python's or NumPy's."""
    if not _is_flag(value):
        raise TypeError(f"{name} must be True or False, got {shown(value)}")
    return bool(value)


def real_dtype(name: str, value: Any) -> str:
    """Accept float32 or float64, as a name, NumPy type or dtype; return its name."""
    wanted = f"{name} must be 'float32' or 'float64', got {shown(value)}"
    try:
        dtype = np.dtype(value) if value is not None else None
    except (TypeError, ValueError, SyntaxError):  # NumPy parses text such as "," as Python
        raise ValueError(wanted) from None
    if dtype not in (np.float32, np.float64):
        raise ValueError(wanted)
    return str(dtype)


def seed(name: str, value: Any) -> Any:
    """Accept None, an integer in 0..2**32 - 1, a RandomState or a Generator."""
    if value is None or isinstance(value, np.random.RandomState | np.random.Generator):
        return value
    if not isinstance(value, Integral) or _is_flag(value):
        raise TypeError(
            f"{name} must be None, an integer, or NumPy's RandomState or Generator, "
            f"got {shown(value)}"
        )
    given = int(value)
    if not 0 <= given < 2**32:
        raise ValueError(f"{name} must be in 0..2**32 - 1, got {shown(value)}")
    return given


def path(name: str, value: Any) -> str:
    """Accept the path of a file, also as bytes or a path-like object; return it as text."""
    try:
        given = os.fsdecode(value)
    except TypeError:
        raise TypeError(f"{name} must be the path of a file, got {shown(value)}") from None
    if "\0" in given:
        raise ValueError(f"{name} must have no null characters, got {shown(value)}")
    return given


def initial(name: str, value: Any) -> Any:
    """Accept the name of a distribution, or a sequence of arrays, which are checked later."""
    if isinstance(value, str):
        return one_of(("uniform", "glorot", "he"))(name, value)
    if not isinstance(value, list | tuple):
        raise TypeError(
            f"{name} must be 'uniform', 'glorot', 'he' or a sequence of arrays, got {shown(value)}"
        )
    return value


def sizes(name: str, value: Any) -> tuple[int, ...]:
    """Accept an integer, or a sequence of integers, which may be empty, each at least 1."""
    if type(value) is int and 1 <= value <= MOST:
        return (value,)
    wanted = (
        f"{name} must be an integer or a sequence of integers, each at least 1, got {shown(value)}"
    )
    if isinstance(value, Integral) and not _is_flag(value):
        value = (value,)
    if isinstance(value, str | bytes) or not isinstance(value, Sequence | np.ndarray):
        raise TypeError(wanted)
    if isinstance(value, np.ndarray) and value.ndim != 1:
        raise TypeError(wanted)
    if any(not isinstance(size, Integral) or _is_flag(size) for size in value):
        raise TypeError(wanted)
    if any(size < 1 for size in value):
        raise ValueError(wanted)
    if any(int(size) > MOST for size in value):
        raise ValueError(f"{name} must have sizes of at most {MOST}, got {shown(value)}")
    return tuple(int(size) for size in value)
