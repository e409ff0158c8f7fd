"""What a file says of a run's progress, from which `warm_start` goes on."""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusedmlp.network_file.container import Kind
from fusedmlp.plan.codes import Optimizer
from fusedmlp.plan.continuation import Continuation, Progress

PREFIX = "continuation."
MOST = 2**60
WHOLE_NUMBERS = ("seed", "rows", "position", "steps", "steps_before", "without_progress")
OPTIONAL = ("error", "loss", "best_loss", "loss_to_beat")
WITHOUT_SQUARES = (Optimizer.SGD, Optimizer.AW_SGD)


def checked_progress(given: Any) -> Progress | None:
    """Return a run's progress, or None if the file has none.

    Raises
    ------
    ValueError
        If it is not what `fusedmlp.save` writes.
    """
    if given is None:
        return None
    if not isinstance(given, dict) or given.keys() != set(Progress._fields):
        raise ValueError(f"its progress must have {', '.join(Progress._fields)}")
    for name, value in given.items():
        if not _is_number_of(name, value):
            raise ValueError(f"its progress must have another {name} than {value!r}")
    progress = Progress(**given)
    if progress.rows < 1 or progress.steps < progress.steps_before:
        raise ValueError("its progress must have rows, and no fewer steps than before its count")
    return progress


def _is_number_of(name: str, value: Any) -> bool:
    if name in WHOLE_NUMBERS:
        return type(value) is int and 0 <= value < (2**63 if name == "seed" else MOST)
    if name == "best_epoch":
        return type(value) is int and -1 <= value < MOST
    if value is None:
        return name in OPTIONAL
    return type(value) in (int, float) and math.isfinite(value)


def kinds_of_progress(
    progress: Progress | None,
    options: Mapping[str, Any],
    given: Mapping[str, Kind],
    sizes: tuple[int, ...],
) -> dict[str, Kind]:
    """Return the type and shape of each array of the progress; `given` are those of the file.

    Which arrays there are follows from the options, but for the last parameters and the rows held
    out, which may be missing.
    """
    if progress is None:
        return {}
    dtype, rows = options["dtype"], progress.rows
    optimizer = Optimizer[options["optimizer"].upper()]
    hidden = sum(sizes[1:-1]) if options["batch_norm"] else 0
    with_bias = ((n_in + bool(options["bias"])) * n_out for n_in, n_out in pairwise(sizes))
    params = sum(with_bias) + hidden
    arrays = {}
    if optimizer not in WITHOUT_SQUARES:
        arrays["squares"] = Kind(dtype, (params,))
    if optimizer not in WITHOUT_SQUARES or options["momentum"]:
        arrays["velocity"] = Kind(dtype, (params,))
    if options["track_directions"]:
        arrays["last_direction"] = Kind("int8", (params,))
    if optimizer == Optimizer.AW_SGD:
        arrays |= {
            "sampler_tree": Kind("float64", (2 * rows,)),
            "sampler_mean": Kind("float64", (2,)),
        }
    if PREFIX + "params" in given:
        arrays["params"] = Kind(dtype, (params,))
        if hidden:
            arrays["running_stats"] = Kind(dtype, (2 * hidden,))
    held_out = given.get(PREFIX + "validation_rows")
    if held_out is not None and len(held_out.shape) == 1:
        arrays["validation_rows"] = Kind("int64", held_out.shape)
    return {PREFIX + name: kind for name, kind in arrays.items()}


def require_progress(tensors: Mapping[str, NDArray[Any]]) -> None:
    """Raise ValueError unless the arrays of the progress have values that a run can have."""
    for full_name, values in tensors.items():
        if not full_name.startswith(PREFIX):
            continue
        name = full_name.removeprefix(PREFIX)
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise ValueError(f"its {full_name} must be finite")
        if name in ("squares", "sampler_tree", "sampler_mean") and values.min(initial=0) < 0:
            raise ValueError(f"its {full_name} must be at least 0")
        if name == "last_direction" and not np.isin(values, (-1, 0, 1)).all():
            raise ValueError(f"its {full_name} must be -1, 0 or 1")
        if name == "validation_rows" and (
            not values.size or values[0] < 0 or (np.diff(values) <= 0).any()
        ):
            raise ValueError(f"its {full_name} must be ascending row numbers")


def continuation_in(
    progress: Progress | None, tensors: Mapping[str, NDArray[Any]]
) -> Continuation | None:
    """Return what a checked file says of a run's progress."""
    if progress is None:
        return None
    arrays = {
        name.removeprefix(PREFIX): values.copy()
        for name, values in tensors.items()
        if name.startswith(PREFIX)
    }
    return Continuation(progress, arrays)
