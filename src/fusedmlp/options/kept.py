"""What a trained network keeps of its options: a mapping that nobody can change.

Data, functions and other networks are no part of a trained network's state: of those, it keeps that
there was one.
"""

from collections.abc import Iterator, Mapping
from numbers import Integral, Real
from types import MappingProxyType
from typing import Any, NoReturn

NOT_KEPT = "given, not kept"

# The options whose values may be data, functions or networks, and the type of what is kept of them
# (None is kept too); all other options have values that never change, and are kept.
KEPT_AS: dict[str, tuple[type, type] | None] = {
    "sample_weight": None,
    "validation": (Real, float),
    "callback": None,
    "warm_start": None,
    "init": (str, str),
    "random_state": (Integral, int),
}


class FixedOptions(Mapping[str, Any]):
    """The options of a trained network: a mapping that cannot be changed.

    Raises
    ------
    TypeError
        For an attempt to change an item or an attribute.

    Examples
    --------
    >>> options = FixedOptions({"epochs": 10, "validation": ([[0, 1]], [1]), "init": "he"})
    >>> options["epochs"]
    10
    >>> dict(options)
    {'epochs': 10, 'validation': 'given, not kept', 'init': 'he'}
    """

    __slots__ = ("_values",)
    _values: Mapping[str, Any]

    def __init__(self, options: Mapping[str, Any]) -> None:
        values = dict(options)
        for name, types in KEPT_AS.items():
            if values.get(name) is not None:
                values[name] = _kept(values[name], types)
        object.__setattr__(self, "_values", MappingProxyType(values))

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __or__(self, other: Mapping[str, Any]) -> dict[str, Any]:
        return {**self._values, **other} if isinstance(other, Mapping) else NotImplemented

    def __repr__(self) -> str:
        return repr(dict(self._values))

    def __reduce__(self) -> tuple[type["FixedOptions"], tuple[dict[str, Any]]]:
        return FixedOptions, (dict(self._values),)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise TypeError(f"the options of a trained network cannot be changed: {name}")

    def __delattr__(self, name: str) -> NoReturn:
        raise TypeError(f"the options of a trained network cannot be changed: {name}")


def _kept(value: Any, types: tuple[type, type] | None) -> Any:
    if types is None or not isinstance(value, types[0]):
        return NOT_KEPT
    return types[1](value)


def is_not_kept(value: Any) -> bool:
    """Return whether a value says that there was one, in place of it."""
    return isinstance(value, str) and value == NOT_KEPT
