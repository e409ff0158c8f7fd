"""Put the options into the signature and the docstring of a function that takes them."""

import inspect
import textwrap
from collections.abc import Callable
from typing import Any

from fusedmlp.options.table import OPTIONS, TYPES

Function = Callable[..., Any]


def documented(function: Function) -> Function:
    """Put the options into the signature, and into the docstring at ``{options}``."""
    signature = inspect.signature(function)
    own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    keywords = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=option.default, annotation=TYPES[name]
        )
        for name, option in OPTIONS.items()
    ]
    function.__signature__ = signature.replace(parameters=[*own, *keywords])  # type: ignore[attr-defined]
    if function.__doc__:  # python -OO has none
        function.__doc__ = inspect.cleandoc(function.__doc__).replace("{options}", _parameters())
    return function


def _parameters() -> str:
    """Return the options as entries of a docstring's Parameters section."""
    entries = []
    for name, option in OPTIONS.items():
        meaning = textwrap.fill(option.meaning, 96, initial_indent="    ", subsequent_indent="    ")
        entries.append(f"{name} : default {option.default!r}\n{meaning}")
    return "\n".join(entries)
