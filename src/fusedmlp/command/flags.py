"""The options of `fusedmlp.train` as flags of a command."""

import inspect
from collections.abc import Callable
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Optional, Union, get_args, get_origin

import typer
from rich.markup import escape

from fusedmlp.options.contradictions import FOR_OPTIMIZERS, SCIPY
from fusedmlp.options.table import OPTIONS, TYPES

# Where the defaults differ from those of fusedmlp.train. The rate and the epochs did most evenly on
# the held-out rows of seven tables.
TABLES: dict[str, Any] = {
    "activation": "relu",
    "bias": True,
    "init": "glorot",
    "learning_rate": 0.01,
    "momentum": 0.9,
    "epochs": 50,
    "batch_size": 32,
    "reduction": "mean",
    "dtype": "float32",
    "random_state": 0,
}
# The task chooses the first two (never huber), the terminal progress; nothing prints the rest.
NO_FLAGS = {"output_activation", "loss", "huber_delta", "progress"}
NO_FLAGS |= {"track_directions", "record_every"}

Command = Callable[..., None]


def flag_type(annotation: Any) -> tuple[Any, str | None]:
    """Return the part of an option's type that one word can give, and the words if they are few.

    The words are `str` to typer, so that it is `checked_options` that says which there are.

    >>> flag_type(Literal["glorot", "he"] | list[float])
    (<class 'str'>, 'glorot|he')
    >>> flag_type(list[float])
    (None, None)
    """
    union = get_origin(annotation) in (Union, UnionType)
    members = get_args(annotation) if union else (annotation,)
    for member in members:
        if get_origin(member) is Literal:
            return str, "|".join(get_args(member))
    # Where a complex number will do it is an array-like, of which a word would be one too.
    words = [word for word in (bool, int, float, str) if word in members and complex not in members]
    word: Any = words[0] if words else None
    return (Optional[word] if word and NoneType in members else word), None  # noqa: UP045


def with_flags(command: Command) -> Command:
    """Give a command that takes `**options` a flag for each option of `fusedmlp.train`."""
    signature = inspect.signature(command)
    parameters = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    for name, option in OPTIONS.items():
        word, choices = flag_type(TYPES[name])
        if name in NO_FLAGS or word is None:
            continue
        info = typer.Option(
            help=escape(option.meaning), metavar=choices, rich_help_panel="Training"
        )
        parameters.append(
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=TABLES.get(name, option.default),
                annotation=Annotated[word, info],
            )
        )
    command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    return command


def left_to_the_optimizer(context: typer.Context, options: dict[str, Any]) -> None:
    """Take back what the command sets for SGD, where it is for another optimiser to say.

    What was given as a flag stays.
    """
    optimizer = options["optimizer"]
    foreign = {"learning_rate"} if optimizer != "sgd" else set()
    if optimizer not in FOR_OPTIMIZERS["momentum"]:
        foreign.add("momentum")
    if optimizer in (*SCIPY, "rprop"):
        foreign.add("batch_size")
    for name in foreign:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "DEFAULT":
            options[name] = OPTIONS[name].default
