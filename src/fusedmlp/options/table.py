"""The table of all options: name, type, default, check and meaning of each.

The signature and documentation of `train`, the checks and the command line are made from it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, get_args, get_type_hints

import numpy as np

from fusedmlp.options.contradictions import UNUSED_RATE, refuse_contradictions
from fusedmlp.options.control import ControlOptions
from fusedmlp.options.kept import KEPT_AS, is_not_kept
from fusedmlp.options.network import NetworkOptions
from fusedmlp.options.option import Option
from fusedmlp.options.regularisation import RegularisationOptions
from fusedmlp.options.steps import StepOptions
from fusedmlp.plan.codes import SCIPY_OPTIMIZERS, names_of


class Options(NetworkOptions, StepOptions, RegularisationOptions, ControlOptions, total=False):
    """The options of `fusedmlp.train`, all keywords."""


DEFAULT_RATES = {
    "sgd": 1.0, "adam": 0.001, "adamw": 0.001, "rmsprop": 0.01, "adagrad": 0.01, "rprop": 0.01,
    "aw_sgd": 1.0,
    **dict.fromkeys(names_of(SCIPY_OPTIMIZERS), UNUSED_RATE),
}  # fmt: skip
ROUNDED_TO_DTYPE = (
    "learning_rate", "momentum", "l1", "l2", "clip_value", "clip_norm", "huber_delta",
    "search_radius",
)  # fmt: skip


def _table() -> tuple[dict[str, Option], dict[str, Any]]:
    """Return the options and their types, by name, from the annotations of `Options`."""
    options, types = {}, {}
    for name, annotated in get_type_hints(Options, include_extras=True).items():
        types[name], options[name] = get_args(annotated)
    return options, types


OPTIONS, TYPES = _table()
DEFAULTS = {name: option.default for name, option in OPTIONS.items()}


def checked_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the value of every option: the given ones checked, the others at their defaults.

    Raises
    ------
    TypeError
        For a name that is not an option, or a value of a wrong type.
    ValueError
        For a value out of range, or for options that contradict each other.
    """
    for name in given:
        if name not in OPTIONS:
            raise TypeError(f"unknown option {name!r}; the options are {', '.join(OPTIONS)}")
        if name in KEPT_AS and is_not_kept(given[name]):
            raise TypeError(
                f"{name} must be given again, got {given[name]!r}: a trained network keeps no "
                "data, functions or other networks"
            )
    # Defaults are not checked: that took a quarter of a short run's time.
    options = DEFAULTS | {name: OPTIONS[name].check(name, value) for name, value in given.items()}
    options["bias"] = options["bias"] or options["batch_norm"]
    monitored = options["patience"] or options["learning_rate_schedule"] == "adaptive"
    if options["record_every"] is None and (monitored or options["optimizer"] in ("lbfgs", "bfgs")):
        options["record_every"] = 1
    if options["learning_rate"] is None:
        options["learning_rate"] = DEFAULT_RATES[options["optimizer"]]
    options["dtype"] = options["dtype"] or "float64"  # None is replaced where X is known
    real = np.dtype(options["dtype"]).type
    if real is not np.float64:
        _check_rounded(options, real)
    refuse_contradictions(options, DEFAULTS)
    return options


def _check_rounded(options: Mapping[str, Any], real: Any) -> None:
    """Check the numbers as they are in another type: in float32, 1e-60 is 0, 0.9999999999 is 1."""
    with np.errstate(over="ignore", under="ignore"):
        for name in ROUNDED_TO_DTYPE:
            if options[name]:
                OPTIONS[name].check(f"{name} in {options['dtype']}", float(real(options[name])))


def require_activation_for_each(activation: str | Sequence[str], hidden: Sequence[int]) -> None:
    """Raise ValueError if `activation` is a sequence without one item for each hidden layer."""
    if not isinstance(activation, str) and len(activation) != len(hidden):
        raise ValueError(
            "activation must be one for all hidden layers or a sequence with one for each, "
            f"got {len(activation)} for the {len(hidden)} of hidden={tuple(hidden)}"
        )
