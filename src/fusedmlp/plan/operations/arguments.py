"""The check of a call's arguments against what its operation takes."""

import inspect
from collections.abc import Callable
from enum import Enum
from functools import cache, wraps
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from fusedmlp.plan.operations.declarations import OPERATIONS
from fusedmlp.plan.operations.requirements import (
    DTYPES,
    LARGEST,
    LARGEST_UNSIGNED,
    Array,
    Code,
    Real,
    Requirement,
    Whole,
)

Operation = TypeVar("Operation", bound=Callable[..., Any])
Sizes = dict[str, tuple[Any, str]]  # a dimension's size, and the argument that it was seen in

_signature_of = cache(inspect.signature)


def check_arguments(function: Callable[..., Any], given: Any, named: Any) -> tuple[Any, ...]:
    """Return all arguments of a call, in order, if the operation takes them; else raise.

    Arrays of a subclass are returned as the plain arrays that they are.

    Parameters
    ----------
    function : function
        The operation, whose name and signature count.
    given : sequence
        The arguments that were given by place; an operation never sees more than there are.
    named : mapping
        Those that were given by name.

    Returns
    -------
    tuple

    Raises
    ------
    TypeError
        For an argument too many or too few, something else than an array or a number, or another
        dtype.
    ValueError
        For a shape that does not fit, an array that is not C-ordered, aligned or writable, a code
        or a number out of range.
    """
    requirements = OPERATIONS[function.__name__]
    if named or len(given) != len(requirements):
        try:
            bound = _signature_of(function).bind(*given, **named)
        except TypeError:
            function(*given, **named)  # raises in Python's own words
            raise
        bound.apply_defaults()
        given = bound.args
    arguments = dict(zip(requirements, given, strict=True))
    for name, requirement in requirements.items():
        if isinstance(requirement, Array):
            if requirement.may_be_none and arguments[name] is None:
                continue
            arguments[name] = plain_array(name, requirement, arguments[name])
        else:
            check_number(name, requirement, arguments)
    arrays = {
        name: r
        for name, r in requirements.items()
        if isinstance(r, Array) and arguments[name] is not None
    }
    check_together(arrays, arguments, {})
    return tuple(arguments.values())


def checked(function: Operation, check: Callable[..., None] | None = None) -> Operation:
    """Return an operation that checks its arguments before it does anything.

    check: a function of the same arguments; by default, they are checked by the declaration.
    """

    @wraps(function)
    def call(*given: Any, **named: Any) -> Any:
        if check is None:
            return function(*check_arguments(function, given, named))
        bound = _signature_of(function).bind(*given, **named)
        bound.apply_defaults()
        check(*bound.args, **bound.kwargs)
        # An array of a subclass is the plain array that it is, as in the kernels.
        return function(*(np.asarray(a) if isinstance(a, np.ndarray) else a for a in bound.args))

    return cast(Operation, call)


# Arrays, one by one


def plain_array(name: str, requirement: Array, value: Any) -> NDArray[Any]:
    """Return an array as a plain one, or raise what is wrong with it alone."""
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{name} must be a NumPy array, got {type(value).__name__}")
    dtypes = DTYPES[requirement.kind]
    if value.dtype not in dtypes:
        raise TypeError(
            f"{name} must have dtype {' or '.join(map(str, dtypes))}, got {value.dtype}"
        )
    if not value.flags.c_contiguous and not requirement.any_strides:
        text = f"{name} must be C-ordered: np.ascontiguousarray({name})"
        raise ValueError(f"{text}, got shape {value.shape} with strides {value.strides}")
    if not value.flags.aligned:
        text = f"{name} must be aligned: np.require({name}, requirements='A')"
        raise ValueError(f"{text}, got an address of {value.ctypes.data % 64} modulo 64")
    if requirement.written and not value.flags.writeable:
        raise ValueError(f"{name} must be writable, got a read-only array")
    return np.asarray(value)


# Arrays together


def check_together(arrays: dict[str, Array], arguments: dict[str, Any], sizes: Sizes) -> None:
    """Raise unless real arrays have one dtype, shapes fit, and indices are indices and stay it.

    sizes: the dimensions that are known before; more are entered.
    """
    real = [name for name, requirement in arrays.items() if requirement.kind == "real"]
    for name in real[1:]:
        wanted, got = arguments[real[0]].dtype, arguments[name].dtype
        if got != wanted:
            raise TypeError(f"{name} must have dtype {wanted}, as {real[0]} has, got {got}")
    for name, requirement in arrays.items():
        shape = arguments[name].shape
        if requirement.may_be_empty and 0 in shape:
            continue
        if requirement.any_shape:
            _check_any_shape(name, shape, sizes)
        else:
            _check_shape(name, requirement, shape, sizes)
    for name, requirement in arrays.items():
        if requirement.indices_of and arguments[name].size:
            _check_indices(name, arguments[name], sizes[requirement.indices_of][0])
            check_not_shared(name, arrays, arguments)


def _check_any_shape(name: str, shape: tuple[int, ...], sizes: Sizes) -> None:
    if 0 in shape or not shape:
        raise ValueError(f"{name} must have at least one dimension and number, got shape {shape}")
    wanted, by = sizes.setdefault("shape", (shape, name))
    if shape != wanted:
        raise ValueError(f"{name} must have shape {wanted}, as {by} has, got shape {shape}")


def _check_shape(name: str, requirement: Array, shape: tuple[int, ...], sizes: Sizes) -> None:
    """Raise ValueError unless an array has the shape that the arrays before it leave to it."""
    parts = requirement.shape
    # Sizes that are new, after which a name in `wanted` is known.
    if len(shape) == len(parts):
        for (factor, dimension), size in zip(parts, shape, strict=True):
            if dimension and size > 0 and size % factor == 0:
                sizes.setdefault(dimension, (size // factor, name))
    known = {dimension: sizes[dimension] for _, dimension in parts if dimension in sizes}
    wanted = tuple(f * known[d][0] if d in known else None if d else f for f, d in parts)
    if shape == wanted:
        return
    names = [(d if f == 1 else f"{f} * {d}") if d else str(f) for f, d in parts]
    text = f"{name} must have shape ({', '.join(names)}{',' * (len(names) == 1)})"
    of_others = [f"{d} = {n} as in {by}" for d, (n, by) in known.items() if by != name]
    if of_others:
        text = f"{text} with {', '.join(of_others)}"
    elif any(d for _, d in parts):
        text = f"{text}, each at least 1" if len(parts) > 1 else f"{text} with {parts[0][1]} >= 1"
    raise ValueError(f"{text}, got shape {shape}")


def _check_indices(name: str, indices: NDArray[Any], size: int) -> None:
    wrong = (indices < 0) | (indices >= size)
    if wrong.any():
        place = int(wrong.argmax())
        raise ValueError(
            f"{name} must be row numbers in 0..{size - 1}, got {indices[place]} at index {place}"
        )


def check_not_shared(name: str, arrays: dict[str, Array], arguments: dict[str, Any]) -> None:
    """Raise ValueError if an array shares memory with one that is written."""
    for other, requirement in arrays.items():
        if (
            other != name
            and requirement.written
            and np.may_share_memory(arguments[name], arguments[other])
        ):
            raise ValueError(f"{name} must share no memory with {other}, got arrays that overlap")


# Numbers


def check_number(name: str, requirement: Requirement, arguments: dict[str, Any]) -> None:
    """Raise unless an argument is a number that the operation takes."""
    value = arguments[name]
    if isinstance(requirement, Real):
        _check_real(name, requirement, value, arguments)
        return
    assert not isinstance(requirement, Array)
    flag = isinstance(requirement, Whole) and requirement.flag
    if not isinstance(value, int | np.integer | np.bool_) or (not flag and _is_flag(value)):
        wanted = "an integer or a flag" if flag else "an integer"
        raise TypeError(f"{name} must be {wanted}, got {_kind_of(value)}")
    if isinstance(requirement, Code):
        codes = sorted(int(code) for code in requirement.choices)
        if int(value) not in codes:
            named = requirement.choices.__name__
            raise ValueError(f"{name} must be a code of {named}, {codes}, got {shown(value)}")
    elif not requirement.least <= int(value) <= requirement.most:
        bounds = f"{requirement.least}..{requirement.most}"
        raise ValueError(f"{name} must be in {bounds}, got {shown(value)}")


def _check_real(name: str, requirement: Real, value: Any, arguments: dict[str, Any]) -> None:
    kinds = int | float | np.integer | np.float32
    if not isinstance(value, kinds) or isinstance(value, Enum) or _is_flag(value):
        raise TypeError(f"{name} must be a real number, got {_kind_of(value)}")
    if isinstance(value, int) and not -LARGEST <= value <= LARGEST_UNSIGNED:
        raise ValueError(f"{name} must be a number of 64 bits, got {shown(value)}")
    least, most, below = requirement.least, requirement.most, requirement.below
    bounds = []
    if least is not None:
        bound = float(arguments[least] if isinstance(least, str) else least)
        bounds.append((f"at least {least}", value >= bound))
    if most is not None:
        bounds.append((f"at most {most}", value <= most))
    if below is not None:
        bounds.append((f"below {below}", value < below))
    if not all(fits for _, fits in bounds):
        wanted = " and ".join(text for text, _ in bounds)
        raise ValueError(f"{name} must be {wanted}, got {shown(value)}")


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool | np.bool_)


def _kind_of(value: Any) -> str:
    """Return the name of a value's type; of an array, no contents are shown."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    return type(value).__name__


def shown(value: Any) -> str:
    """Return a number as text; Python refuses to write integers of thousands of digits."""
    if isinstance(value, int) and value.bit_length() > 128:
        return f"an integer of {value.bit_length()} bits"
    return f"{value}"
