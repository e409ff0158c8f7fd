"""Every option once: its name and type, its default, what it may be and what it means.

`train`'s signature and documentation, the checks and the command line are read from here.
"""

import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args, get_type_hints

import numpy as np

from fusedmlp.contradictions import SOLVERS, UNUSED_RATE, refuse_contradictions
from fusedmlp.control_options import ControlOptions, RegularisationOptions
from fusedmlp.network_options import NetworkOptions, StepOptions
from fusedmlp.option import Option


class Options(NetworkOptions, StepOptions, RegularisationOptions, ControlOptions, total=False):
    """The options of `fusedmlp.train`, all keywords."""


USUAL_RATES = {
    "sgd": 1.0, "adam": 0.001, "adamw": 0.001, "rmsprop": 0.01, "adagrad": 0.01, "rprop": 0.01,
    "aw_sgd": 1.0,
    **dict.fromkeys(SOLVERS, UNUSED_RATE),
}  # fmt: skip
IN_THE_RUNS_DTYPE = (
    "learning_rate", "momentum", "l1", "l2", "clip_value", "clip_norm", "huber_delta",
    "search_radius",
)  # fmt: skip


def _table() -> tuple[dict[str, Option], dict[str, Any]]:
    options, types = {}, {}
    for name, annotated in get_type_hints(Options, include_extras=True).items():
        types[name], options[name] = get_args(annotated)
    return options, types


OPTIONS, TYPES = _table()
DEFAULTS = {name: option.default for name, option in OPTIONS.items()}


def checked_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return every option with its value, checked, the defaults filled in.

    Raises
    ------
    TypeError
        For a name that is not an option, or a value of a wrong type.
    ValueError
        For a value out of range, or two that contradict each other.
    """
    for name in given:
        if name not in OPTIONS:
            raise TypeError(f"unknown option {name!r}; the options are {', '.join(OPTIONS)}")
    # The defaults are right: to check them all took a quarter of a short run.
    options = DEFAULTS | {name: OPTIONS[name].check(name, value) for name, value in given.items()}
    options["bias"] = options["bias"] or options["batch_norm"]
    watched = options["patience"] or options["learning_rate_schedule"] == "adaptive"
    if options["record_every"] is None and (watched or options["optimizer"] in ("lbfgs", "bfgs")):
        options["record_every"] = 1
    if options["learning_rate"] is None:
        options["learning_rate"] = USUAL_RATES[options["optimizer"]]
    real = np.dtype(options["dtype"]).type
    for name in IN_THE_RUNS_DTYPE:  # 1e-60 is 0 in float32, 0.9999999999 is 1
        if options[name]:
            with np.errstate(over="ignore", under="ignore"):
                OPTIONS[name].check(f"{name} in {options['dtype']}", float(real(options[name])))
    refuse_contradictions(options, DEFAULTS)
    return options


def require_activation_for_each(activation: str | Sequence[str], hidden: Sequence[int]) -> None:
    """Raise ValueError where the activations are a sequence, but not one for each hidden layer."""
    if not isinstance(activation, str) and len(activation) != len(hidden):
        raise ValueError(
            "activation must be one for all hidden layers or a sequence with one for each, "
            f"got {len(activation)} for the {len(hidden)} of hidden={tuple(hidden)}"
        )


Function = Callable[..., Any]


def documented(function: Function) -> Function:
    """Spell the options out in the signature and the docstring of a function that takes them."""
    signature = inspect.signature(function)
    own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    keywords = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=option.default, annotation=TYPES[name]
        )
        for name, option in OPTIONS.items()
    ]
    function.__signature__ = signature.replace(parameters=[*own, *keywords])  # type: ignore[attr-defined]
    if function.__doc__:  # python -OO has none
        function.__doc__ = inspect.cleandoc(function.__doc__).replace("{options}", _parameters())
    return function


def _parameters() -> str:
    """Return the options as entries of a docstring's Parameters."""
    entries = []
    for name, option in OPTIONS.items():
        meaning = textwrap.fill(option.meaning, 96, initial_indent="    ", subsequent_indent="    ")
        entries.append(f"{name} : default {option.default!r}\n{meaning}")
    return "\n".join(entries)
