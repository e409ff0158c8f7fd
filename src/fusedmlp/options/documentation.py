"""Put the options into the signature and the docstring of a function that takes them."""

import inspect
import re
import textwrap
from collections.abc import Callable, Collection
from typing import Any, TypeVar

from fusedmlp.options.groups import groups, in_order
from fusedmlp.options.table import OPTIONS, TYPES
from fusedmlp.options.type_names import OF_RUNS, type_text

Function = TypeVar("Function", bound=Callable[..., Any])
WIDTH = 96  # of a line; help() indents it by 4
INDENT = "    "
PLACE = re.compile(r"\*\*options\n(?: +.*\n)+")  # the entry that the options take the place of


class ShortSignature(inspect.Signature):
    """A signature that is shown in short lines, with the types by their names."""

    def __str__(self) -> str:
        words, keywords = [], False
        for parameter in self.parameters.values():
            if parameter.kind is parameter.KEYWORD_ONLY and not keywords:
                words.append("*,")
                keywords = True
            words.append(f"{parameter_text(parameter)},")
        text = " ".join(word.replace(" ", "\0") for word in words)
        filled = textwrap.fill(
            text.removesuffix(","), WIDTH, initial_indent=INDENT, subsequent_indent=INDENT,
            break_long_words=False, break_on_hyphens=False,
        ).replace("\0", " ")  # fmt: skip
        return f"(\n{filled}\n) -> {type_text(self.return_annotation)}"

    def format(self, **_: Any) -> str:
        """Return the same, as `help` of Python 3.13 asks for it."""
        return str(self)


def documented(
    without: Collection[str] = (),
) -> Callable[[Function], Function]:
    """Return a decorator that puts the options in place of ``**options``.

    In the signature, and in the docstring in place of the entry ``**options``, the rarer at its
    end. An option that has an entry of its own in the docstring keeps it.

    Parameters
    ----------
    without : collection of str
        Options that the function does not take.
    """

    def decorate(function: Function) -> Function:
        names = [name for name in in_order() if name not in without]
        signature = inspect.signature(function)
        own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        function.__signature__ = ShortSignature(  # type: ignore[attr-defined]
            [*own, *(_keyword(name) for name in names)],
            return_annotation=signature.return_annotation,
        )
        if function.__doc__:  # python -OO has none
            function.__doc__ = _filled(inspect.cleandoc(function.__doc__), names)
        return function

    return decorate


def parameter_text(parameter: inspect.Parameter) -> str:
    """Return a parameter as in source text, with its type by its name."""
    annotation = OF_RUNS.get(parameter.name) or type_text(parameter.annotation)
    text = f"{parameter.name}: {annotation}"
    return text if parameter.default is parameter.empty else f"{text} = {parameter.default!r}"


def _keyword(name: str) -> inspect.Parameter:
    default, annotation = OPTIONS[name].default, TYPES[name]
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def _filled(doc: str, names: Collection[str]) -> str:
    """Return the docstring with the entries of these options."""
    missing = [name for name in names if f"\n{name} : " not in doc]
    common, rare = _entries(missing, rare=False), _entries(missing, rare=True)
    doc = PLACE.sub(lambda _: f"{common}\n", f"{doc}\n")
    return f"{doc}\nOther Parameters\n----------------\n{rare}\n"


def _entries(names: Collection[str], rare: bool) -> str:
    """Return the options, rare or others, as entries of a section of parameters, in groups."""
    lines = []
    for title, members in groups(rare).items():
        shown = [name for name in members if name in names]
        lines += [f"**{title}**"] * bool(shown)
        for name in shown:
            option = OPTIONS[name]  # in one paragraph, since there are many
            text = f"{name} : default {option.default!r}. {option.meaning}"
            lines.append(
                textwrap.fill(text, WIDTH, subsequent_indent=INDENT, break_on_hyphens=False)
            )
    return "\n".join(lines)
