"""The options of `fusedmlp.train` as flags of a command."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer

from fusedmlp.command.spelling import as_typed, flag
from fusedmlp.options.groups import groups, in_order
from fusedmlp.options.table import OPTIONS, TYPES

# Options without a flag: the task sets the first, the results of the next two are not printed, the
# terminal sets progress, and the last three are data and functions.
NO_FLAGS = {"output_activation", "track_directions", "record_every", "progress"}
NO_FLAGS |= {"sample_weight", "callback", "warm_start"}
# NumPy's DTypeLike is a union on some versions of Python and NumPy, and an alias without members on
# others.
WORDS: dict[str, Any] = {"dtype": Literal["float32", "float64"]}
TITLE_OF = {
    name: title for rare in (False, True) for title, names in groups(rare).items() for name in names
}
METAVARS = {str: "WORD", float: "NUMBER", int: "INTEGER"}

LAST = ("json", "quiet", "help_all")  # parameters of a command after the options that matter most

Command = Callable[..., None]


def with_flags(
    first: Sequence[str], texts: Mapping[str, str], defaults: Mapping[str, Any]
) -> Callable[[Command], Command]:
    """Return a decorator that replaces `**options` by a flag for each option of `fusedmlp.train`.

    Parameters
    ----------
    first : sequence of str
        The options that matter most, in their order.
    texts : dict of str
        The help of options whose meaning in the table of options is for Python.
    defaults : dict
        The defaults that differ from those of `fusedmlp.train`, which the help tells.

    Raises
    ------
    TypeError
        For an option that no word can give, unless `NO_FLAGS` says that it has no flag.
    """

    def decorate(command: Command) -> Command:
        signature = inspect.signature(command)
        own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        names = [*first, *(n for n in in_order() if n not in first and n not in NO_FLAGS)]
        known = {p.name for p in own} | set(names)
        flags = []
        for name in names:
            meaning = texts.get(name) or as_typed(OPTIONS[name].meaning, known)
            default = _shown(defaults.get(name, OPTIONS[name].default))
            annotation = _annotation(
                name, f"{meaning} [default: {default}]", None if name in first else TITLE_OF[name]
            )
            flags.append(
                inspect.Parameter(
                    name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation
                )
            )
        # The help has them in this order.
        last = [p for p in own if p.name in LAST]
        early, late = flags[: len(first)], flags[len(first) :]
        parameters = [*(p for p in own if p.name not in LAST), *early, *last, *late]
        command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {p.name: p.annotation for p in parameters}
        return command

    return decorate


def given_options(context: typer.Context, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that were given as flags."""
    sources = {name: context.get_parameter_source(name) for name in options}
    given = {
        name: value
        for name, value in options.items()
        if (source := sources[name]) is not None and source.name != "DEFAULT"
    }
    if "," in given.get("activation", ""):
        given["activation"] = tuple(given["activation"].split(","))
    return given


def flag_type(annotation: Any) -> tuple[type | None, tuple[str, ...], bool]:
    """Return the part of an option's type that one word can give, its choices, and if it has None.

    A Literal is `str` to typer, so that `checked_options` raises the error for another word.

    >>> flag_type(Literal["glorot", "he"] | list[float])
    (<class 'str'>, ('glorot', 'he'), False)
    >>> flag_type(int | None)
    (<class 'int'>, (), True)
    >>> flag_type(list[float])
    (None, (), False)
    """
    union = get_origin(annotation) in (Union, UnionType)
    members = get_args(annotation) if union else (annotation,)
    for member in members:
        if get_origin(member) is Literal:
            return str, get_args(member), False
    # An array-like has complex among its members; its numbers and strings are not for a flag.
    words = [word for word in (bool, int, float, str) if word in members and complex not in members]
    return (words[0] if words else None), (), NoneType in members


def _annotation(name: str, text: str, title: str | None) -> Any:
    """Return the annotation of a flag, from which typer makes it."""
    word, choices, optional = flag_type(WORDS.get(name, TYPES[name]))
    if word is None:
        raise TypeError(f"no flag can be made for {name} from its type {TYPES[name]}")
    settings: dict[str, Any] = {"help": text, "show_default": False, "rich_help_panel": title}
    if word is bool:
        return Annotated[
            bool | None, typer.Option(f"{flag(name)}/--no-{flag(name)[2:]}", **settings)
        ]
    if choices:
        settings["autocompletion"] = completion(choices)
    if word is not str:
        settings["parser"] = parser(word, optional)
    metavar = METAVARS[word] + ("|none" if optional else "")
    return Annotated[word | None, typer.Option(metavar=metavar, **settings)]


def parser(word: type, optional: bool = False) -> Callable[[Any], Any]:
    """Return a function of a word on the command line: a number, or None for 'none'."""
    wanted = ("an integer" if word is int else "a number") + (" or none" if optional else "")

    def parse(text: Any) -> Any:
        if optional and text == "none":
            return None
        try:
            return word(text)
        except ValueError:
            raise typer.BadParameter(f"{text!r} is not {wanted}.") from None

    return parse


def completion(choices: tuple[str, ...]) -> Callable[[str], list[str]]:
    """Return a function of a part of a word, for the shell: the choices that begin so."""

    def complete(incomplete: str) -> list[str]:
        return [choice for choice in choices if choice.startswith(incomplete)]

    return complete


def _shown(default: Any) -> str:
    """Return a default as it is typed."""
    if isinstance(default, bool):
        return "on" if default else "off"
    return "none" if default is None else str(default)
