"""JSON that says each thing once."""

import json
from typing import Any, NoReturn


def parsed(text: str) -> Any:
    """Return what a JSON text says.

    Raises
    ------
    ValueError
        For text that is not JSON, names a key twice, has NaN or infinity, which are no JSON, or
        is nested too deeply.
    """
    try:
        return _DECODER.decode(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in result if names.count(name) > 1)
        raise ValueError(f"it has {twice!r} twice")
    return result


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"it has the number {name}")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse_constant)
