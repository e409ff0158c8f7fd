"""The numbers of all that goes beyond plain SGD: penalties, clipping, optimisers, schedules, masks.

The kernels are compiled without any of it, and once with all of it. A first call, which waits for
the compiler, then waits for what it uses, and what is off costs nothing in a step.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusedmlp.plan.codes import Optimizer
from fusedmlp.plan.learning_rate_schedules import learning_rates

# The values at which an option asks for none of the extras.
OFF = {
    "optimizer": "sgd",
    "learning_rate_schedule": "constant",
    "warmup_epochs": 0,
    "l1": 0.0,
    "l2": 0.0,
    "clip_value": None,
    "clip_norm": None,
    "dropout": 0.0,
    "dropconnect": 0.0,
    "batch_norm": False,
}


class Extras(NamedTuple):
    """The numbers of penalties, bounds, optimisers and schedules.

    What is combined with the parameters has their type; the optimisers' constants are doubles,
    since 1 - 0.999 has few digits in float32.
    """

    optimizer: int
    learning_rates: NDArray[np.float64]  # of each epoch, or one for all
    beta_1: float
    beta_2: float
    rho: float
    epsilon: float
    weight_decay: float
    eta_minus: float
    eta_plus: float
    least_step: float
    most_step: float
    l1: np.floating[Any]
    l2: np.floating[Any]
    clip_value: np.floating[Any]  # infinity: not clipped
    clip_norm: float
    weighted: int  # 1: rows have weights of their own
    sampler_rate: float
    sampler_floor: float
    dropout: int  # units that are left out, of 65,536
    dropconnect: int  # weights that are left out, of 65,536
    batch_norm: int  # 1: hidden pre-activations are normalised
    scale_offset: int  # where batch_norm's scales begin in the flat vector, after all else


def make_extras(options: Mapping[str, Any], rows: int, scale_offset: int) -> Extras:
    """Return the extras of checked options; scale_offset: the end of all weights and biases."""
    real = np.dtype(options["dtype"]).type
    return Extras(
        optimizer=int(Optimizer[options["optimizer"].upper()]),
        learning_rates=learning_rates(options, rows),
        l1=real(options["l1"]),
        l2=real(options["l2"]),
        clip_value=real(_or_infinity(options["clip_value"])),
        clip_norm=_or_infinity(options["clip_norm"]),
        weighted=int(options["sample_weight"] is not None or options["optimizer"] == "aw_sgd"),
        dropout=round(65536 * options["dropout"]),
        dropconnect=round(65536 * options["dropconnect"]),
        batch_norm=int(options["batch_norm"]),
        scale_offset=scale_offset,
        **{name: options[name] for name in Extras.__annotations__ if name in COPIED},
    )


COPIED = {
    "beta_1", "beta_2", "rho", "epsilon", "weight_decay",
    "eta_minus", "eta_plus", "least_step", "most_step", "sampler_rate", "sampler_floor",
}  # fmt: skip


def _or_infinity(most: float | None) -> float:
    return np.inf if most is None else most


def is_plain(options: Mapping[str, Any]) -> bool:
    """Whether none of the extras is asked for."""
    if options["sample_weight"] is not None:
        return False
    return all(options[name] == value for name, value in OFF.items())
