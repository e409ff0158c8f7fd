"""The grid of `train_many`: every combination of the values of some options."""

import itertools
import math
from collections.abc import Iterable, Mapping, Set, Sized
from typing import Any

import numpy as np

from fusedmlp.checks.requirements import whole_number
from fusedmlp.checks.shown import shown
from fusedmlp.options.table import OPTIONS

MOST_NETWORKS = 10**8
# Options that belong to the call, or whose values a result could not keep.
OF_THE_CALL = (
    "sample_weight", "validation", "callback", "warm_start", "dtype", "track_directions", "threads",
    "progress", "backend",
)  # fmt: skip
REFUSED = ("callback", "warm_start", "track_directions", "sample_weight")


def checked_grid(grid: Any) -> dict[str, list[Any]]:
    """Return the values of each option of a grid, not yet checked one by one.

    Raises
    ------
    TypeError
        For anything but a mapping from names to several values.
    ValueError
        For an option that is unknown, or that all networks of a call have in common, and for an
        option without values.
    """
    if grid is None:
        return {}
    if not isinstance(grid, Mapping):
        raise TypeError(
            f"grid must be a mapping from options to lists of values, got {type(grid).__name__}"
        )
    return {name: _values_of(name, values) for name, values in grid.items()}


def _values_of(name: Any, values: Any) -> list[Any]:
    if name != "hidden" and name not in OPTIONS:
        raise ValueError(
            f"grid must have options of train, got {shown(name)}; they are hidden, "
            f"{', '.join(OPTIONS)}"
        )
    if name in OF_THE_CALL:
        raise ValueError(f"grid must not have {name}: it is the same for all networks of a call")
    # A set has no order, and an iterator may have no end.
    listable = isinstance(values, Iterable) and isinstance(values, Sized)
    listable = listable and getattr(values, "ndim", 1) > 0
    if isinstance(values, str | bytes | Mapping | Set) or not listable:
        raise TypeError(f"grid[{name!r}] must be a list of values, got {shown(values)}")
    if not 0 < len(values) <= MOST_NETWORKS:
        raise ValueError(
            f"grid[{name!r}] must have 1 to {MOST_NETWORKS:,} values, got {len(values):,}"
        )
    return values.tolist() if isinstance(values, np.ndarray) else list(values)


def checked_starts(starts: Any, data_sets: int | None) -> int:
    """Return how many starts each combination has: by default one, or one for each data set."""
    if starts is None:
        return data_sets or 1
    return int(whole_number(least=1, most=MOST_NETWORKS)("starts", starts))


def require_few_enough(grid: Mapping[str, list[Any]], starts: int, folds: int) -> int:
    """Return the number of combinations; raise ValueError if there are too many networks."""
    combinations = math.prod(len(values) for values in grid.values())
    networks = combinations * starts * folds
    if networks > MOST_NETWORKS:
        sizes = " x ".join(str(len(values)) for values in grid.values()) or "1"
        raise ValueError(
            f"grid and starts must give at most {MOST_NETWORKS:,} networks, got {networks:,} "
            f"({sizes} combinations, {starts:,} starts, {folds} folds)"
        )
    return combinations


def combinations_of(grid: Mapping[str, list[Any]]) -> list[dict[str, Any]]:
    """Return every combination, the last option changing fastest.

    >>> combinations_of({"l2": [0.0, 0.1], "hidden": [4]})
    [{'l2': 0.0, 'hidden': 4}, {'l2': 0.1, 'hidden': 4}]
    """
    return [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
