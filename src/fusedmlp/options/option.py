"""What is to be known of an option besides its name and type."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Option:
    """What is to be known of an option besides its name and type."""

    default: Any
    check: Callable[[str, Any], Any]  # (name, value) -> value as the Plan wants it, or an error
    meaning: str
