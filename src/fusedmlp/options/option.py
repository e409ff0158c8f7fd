"""The record of one option: its default, its check and its meaning."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Option:
    """An option's default, check and meaning; its name and type are in the TypedDict."""

    default: Any
    check: Callable[[str, Any], Any]  # (name, value) -> converted value; raises
    meaning: str  # for the documentation and the command line
