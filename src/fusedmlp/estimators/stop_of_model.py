"""The `SharedStop` of an estimator that is one of several starts."""

from collections.abc import Callable
from typing import Any

from fusedmlp.training.shared_stop import SharedStop


def stop_check(model: Any) -> Callable[[Any], None]:
    """Return the function that a model's training calls between two slices; it takes anything."""
    stop: SharedStop | None = getattr(model, "_shared_stop", None)
    return _go_on if stop is None else stop.check


def stops_others(model: Any) -> bool:
    """Stop the other starts, too, if a model is one of several; return whether it is."""
    stop: SharedStop | None = getattr(model, "_shared_stop", None)
    if stop is not None:
        stop.ask()
    return stop is not None


def _go_on(_: Any) -> None:
    """There is nobody else who could stop the run."""
