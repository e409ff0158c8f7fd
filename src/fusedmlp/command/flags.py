"""The options of `fusedmlp.train` as flags of a command."""

import inspect
from collections.abc import Callable
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Optional, Union, get_args, get_origin

import typer
from rich.markup import escape

from fusedmlp.options.contradictions import FOR_OPTIMIZERS, SCIPY
from fusedmlp.options.table import OPTIONS, TYPES

# The defaults that differ from those of fusedmlp.train. Learning rate and epochs are those with the
# most even scores on the held-out rows of seven tables.
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
# Options without a flag: the task sets the first two (the loss is never 'huber'), the terminal sets
# progress, the results of the next two are not printed, and the last three are data and functions.
NO_FLAGS = {"output_activation", "loss", "huber_delta", "progress"}
NO_FLAGS |= {"track_directions", "record_every"}
NO_FLAGS |= {"sample_weight", "callback", "warm_start"}
# NumPy's DTypeLike is a union on some versions of Python and NumPy, and an alias without members on
# others.
WORDS: dict[str, Any] = {"dtype": Literal["float32", "float64"]}

Command = Callable[..., None]


def with_flags(command: Command) -> Command:
    """Replace `**options` of a command by a flag for each option of `fusedmlp.train`.

    Raises
    ------
    TypeError
        For an option that no word can give, unless `NO_FLAGS` says that it has no flag.
    """
    signature = inspect.signature(command)
    parameters = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    for name, option in OPTIONS.items():
        if name in NO_FLAGS:
            continue
        annotation = WORDS.get(name, TYPES[name])
        word, choices = flag_type(annotation)
        if word is None:
            raise TypeError(f"no flag can be made for {name} from its type {annotation}")
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


def flag_type(annotation: Any) -> tuple[Any, str | None]:
    """Return the part of an option's type that one word can give, and the choices of a Literal.

    A Literal is `str` to typer, so that `checked_options` raises the error for another word.

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
    # An array-like has complex among its members; its numbers and strings are not for a flag.
    words = [word for word in (bool, int, float, str) if word in members and complex not in members]
    word: Any = words[0] if words else None
    return (Optional[word] if word and NoneType in members else word), None  # noqa: UP045


def left_to_the_optimizer(context: typer.Context, options: dict[str, Any]) -> None:
    """Replace the command's own defaults, which are for SGD, where the optimiser is another.

    They become those of `fusedmlp.train`. Values given as flags stay.
    """
    optimizer = options["optimizer"]
    replaced = {"learning_rate"} if optimizer != "sgd" else set()
    if optimizer not in FOR_OPTIMIZERS["momentum"]:
        replaced.add("momentum")
    if optimizer in (*SCIPY, "rprop"):
        replaced.add("batch_size")
    for name in replaced:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "DEFAULT":
            options[name] = OPTIONS[name].default
