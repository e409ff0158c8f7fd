"""Extras: all that goes beyond plain SGD: penalties, clipping, optimisers, schedules, masks.

The kernels have two compiled versions: one without extras, and one with all of them. A first call
compiles only the version that it uses, and a step without extras spends no time on them.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusedmlp.plan.codes import Optimizer
from fusedmlp.plan.learning_rate_schedules import learning_rates

# The values of the options at which no extras are needed.
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
    "scale_penalties": False,
}

# Options whose values are used as they are.
COPIED = {
    "beta_1", "beta_2", "rho", "epsilon", "weight_decay",
    "eta_minus", "eta_plus", "least_step", "most_step", "sampler_rate", "sampler_floor",
}  # fmt: skip


class Extras(NamedTuple):
    """The numbers of penalties, clipping, optimisers, schedules and masks.

    Penalties and clip_value have the parameters' dtype. The optimisers' constants are float64,
    since 1 - 0.999 has few correct digits in float32.
    """

    optimizer: int
    learning_rates: NDArray[np.float64]  # of each epoch, or one for all
    beta_1: float
    beta_2: float
    rho: float
    epsilon: float
    epsilon_hat: int  # 1: Adam adds epsilon before it corrects the bias of the squares
    weight_decay: float
    eta_minus: float
    eta_plus: float
    least_step: float
    most_step: float
    l1: np.floating[Any]
    l2: np.floating[Any]
    scale_penalties: int  # 1: as the gradient of a row is scaled, and part of the recorded loss
    clip_value: np.floating[Any]  # infinity: no clipping
    clip_norm: float  # infinity: no clipping
    weighted: int  # 1: each row has its own weight
    sampler_rate: float
    sampler_floor: float
    dropout: int  # units left out, of 65,536
    dropconnect: int  # weights left out, of 65,536
    batch_norm: int  # 1: hidden pre-activations are normalised
    scale_offset: int  # of batch_norm's scales in the flat vector, after all weights and biases
    steps_before: int  # of the run that this one continues


def make_extras(options: Mapping[str, Any], rows: int, scale_offset: int) -> Extras:
    """Return the extras of checked options, for `rows` rows of training data.

    scale_offset: where the weights and biases end in the flat vector.
    """
    real = np.dtype(options["dtype"]).type
    return Extras(
        optimizer=int(Optimizer[options["optimizer"].upper()]),
        learning_rates=learning_rates(options, rows),
        l1=real(options["l1"]),
        l2=real(options["l2"]),
        epsilon_hat=int(options["epsilon_hat"]),
        scale_penalties=int(options["scale_penalties"]),
        clip_value=real(_or_infinity(options["clip_value"])),
        clip_norm=_or_infinity(options["clip_norm"]),
        weighted=int(options["sample_weight"] is not None or options["optimizer"] == "aw_sgd"),
        dropout=round(65536 * options["dropout"]),
        dropconnect=round(65536 * options["dropconnect"]),
        batch_norm=int(options["batch_norm"]),
        scale_offset=scale_offset,
        steps_before=0,
        **{name: options[name] for name in Extras.__annotations__ if name in COPIED},
    )


def _or_infinity(limit: float | None) -> float:
    return np.inf if limit is None else limit


def is_plain(options: Mapping[str, Any]) -> bool:
    """Return whether the options need no extras."""
    if options["sample_weight"] is not None:
        return False
    return all(options[name] == value for name, value in OFF.items())
