"""What a run may do besides following its gradient, as numbers.

The kernels are compiled twice: without any of it, and with all of it. A first call, which waits for
the compiler, then waits for what it uses, and what is off costs nothing.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusedmlp.codes import Optimizer
from fusedmlp.schedules import learning_rates

# An option at this value asks for nothing that is here.
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

    What meets the parameters has their type; the optimisers' own numbers are doubles, as 1 - 0.999
    has few digits in float32.
    """

    optimizer: int
    rates: NDArray[np.float64]  # the learning rate of each epoch, or one for all
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
    batch_norm: int  # 1: hidden sums are normalised
    scales: int  # where the scales of hidden units begin in the flat vector, after all else


def make_extras(options: dict[str, Any], rows: int, scales: int) -> Extras:
    """Return the extras of checked options; scales: the end of all weights and biases."""
    real = np.dtype(options["dtype"]).type
    return Extras(
        optimizer=int(Optimizer[options["optimizer"].upper()]),
        rates=learning_rates(options, rows),
        l1=real(options["l1"]),
        l2=real(options["l2"]),
        clip_value=real(_bound(options["clip_value"])),
        clip_norm=_bound(options["clip_norm"]),
        weighted=int(options["sample_weight"] is not None or options["optimizer"] == "aw_sgd"),
        dropout=round(65536 * options["dropout"]),
        dropconnect=round(65536 * options["dropconnect"]),
        batch_norm=int(options["batch_norm"]),
        scales=scales,
        **{name: options[name] for name in Extras.__annotations__ if name in AS_THEY_ARE},
    )


AS_THEY_ARE = {
    "beta_1", "beta_2", "rho", "epsilon", "weight_decay",
    "eta_minus", "eta_plus", "least_step", "most_step", "sampler_rate", "sampler_floor",
}  # fmt: skip


def _bound(most: float | None) -> float:
    return np.inf if most is None else most


def is_plain(options: dict[str, Any]) -> bool:
    """Whether none of the extras is asked for."""
    if options["sample_weight"] is not None:
        return False
    return all(options[name] == value for name, value in OFF.items())
