"""`partial_fit` on plain arrays, without the checks that would take longer than the step."""

from typing import Any


def quick_step(model: Any, X: Any, y: Any) -> bool:
    """Make one epoch of `partial_fit` if nothing is left to check; return whether it was made."""
    del model, X, y
    return False
