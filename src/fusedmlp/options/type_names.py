"""Types as text: short names for those of the options, in signatures and in the stubs."""

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from numpy.typing import ArrayLike, DTypeLike, NDArray

from fusedmlp.options.control import Backend, Seed
from fusedmlp.options.network import HiddenActivation, Initial, Layer, Loss, OutputActivation
from fusedmlp.options.steps import Optimizer, Reduction, Schedule

# Types that the stubs define, by their names there.
ALIASES: dict[str, Any] = {
    "Activation": HiddenActivation,
    "OutputActivation": OutputActivation,
    "Loss": Loss,
    "Layer": Layer,
    "Initial": Initial,
    "Optimizer": Optimizer,
    "Schedule": Schedule,
    "Reduction": Reduction,
    "Seed": Seed,
    "Backend": Backend,
}


def _without_none(named: Any) -> Any:
    """Return a union's other members: the text is to be the same with every NumPy.

    Its earlier versions count None among the DTypeLike, later ones do not, and with Python 3.12
    they make it a TypeAliasType, which has no members to see.
    """
    members = tuple(member for member in get_args(named) if member is not NoneType)
    return Union[members] if members else named  # noqa: UP007


NUMPYS: dict[str, Any] = {
    "ArrayLike": ArrayLike,
    "DTypeLike": _without_none(DTypeLike),
    "NDArray[Any]": NDArray[Any],
}
# The types of options whose classes belong to the modules above this package.
OF_RUNS = {"warm_start": "Trained | None", "callback": "Callable[[Record], object] | None"}


def type_text(of: Any, names: Mapping[str, Any] | None = None) -> str:
    """Return a type as in source text, by its name wherever it has one.

    Parameters
    ----------
    of : type, or str
        A str is returned as it is.
    names : mapping from names to types, optional
        By default, those of the options and NumPy's.

    Examples
    --------
    >>> type_text(Optimizer), type_text(ArrayLike | None), type_text(int | list[float])
    ('Optimizer', 'ArrayLike | None', 'int | list[float]')
    >>> type_text(Reduction, {})
    "Literal['sum', 'mean']"
    """
    if isinstance(of, str):
        return of
    names = {**ALIASES, **NUMPYS} if names is None else names
    for name, named in names.items():
        if of == named:
            return name
    if get_origin(of) is Literal:
        return f"Literal[{', '.join(repr(value) for value in get_args(of))}]"
    if get_origin(of) in (Union, UnionType):
        return _union_text(get_args(of), names)
    if get_args(of):
        inner = ", ".join(type_text(member, names) for member in get_args(of))
        return f"{get_origin(of).__name__}[{inner}]"
    simple = {NoneType: "None", Any: "Any", Ellipsis: "..."}
    return simple[of] if of in simple else str(of.__name__)


def _union_text(members: tuple[Any, ...], names: Mapping[str, Any]) -> str:
    """Return a union; Python has put the members of a named union among the others."""
    texts = []
    for name, named in names.items():
        within = get_args(named) if get_origin(named) in (Union, UnionType) else ()
        if within and all(member in members for member in within):
            texts.append(name)
            members = tuple(member for member in members if member not in within)
    texts += [type_text(member, names) for member in members if member is not NoneType]
    return " | ".join([*texts, "None"] if NoneType in members else texts)
