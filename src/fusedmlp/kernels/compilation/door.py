"""The door of a public kernel: what its caller got wrong is found before memory is touched.

What Numba's signature fixes (dtypes, the number of dimensions, C order, alignment, writability) is
checked in Python before a signature is compiled or loaded. What differs from call to call (shapes,
codes, numbers) is compared in the kernel's first line, `require_fit`, in nanoseconds. If that or
Numba refuses a call, the check in Python says what is wrong, with names and values, as the
reference does.
"""

import inspect
from collections.abc import Callable, Sequence
from enum import IntEnum
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np
from numba import config

from fusedmlp.ctrl_c import ctrl_c_waits
from fusedmlp.kernels.compilation.cache import PackageCache
from fusedmlp.kernels.compilation.jit import compiled
from fusedmlp.kernels.compilation.notice import notice_of_compilation
from fusedmlp.plan.operations.arguments import check_arguments, checked
from fusedmlp.plan.operations.declarations import OPERATIONS
from fusedmlp.plan.operations.requirements import Code

Function = TypeVar("Function", bound=Callable[..., Any])

# What callers use of a Numba dispatcher, which a public kernel has too.
OF_DISPATCHER = (
    "_cache", "_numba_type_", "overloads", "py_func", "stats", "targetctx", "typeof_pyval",
)  # fmt: skip


def operation(function: Function) -> Function:
    """Compile a public kernel, which raises what the reference raises for wrong arguments.

    The kernel's first line is a call of `require_fit`.
    """
    if config.DISABLE_JIT:
        return checked(compiled(function))
    return _with_door(function, lambda given: check_arguments(function, given, {}))


def run_operation(check: Callable[..., None]) -> Callable[[Function], Function]:
    """Return a decorator as `operation`, with a check of its own instead of a declaration."""

    def decorate(function: Function) -> Function:
        if config.DISABLE_JIT:
            return checked(compiled(function), check)

        def check_all(given: Any) -> Any:
            check(*given)
            return given

        return _with_door(function, check_all)

    return decorate


def _with_door(function: Function, check: Callable[[Any], tuple[Any, ...]]) -> Function:
    """Compile a kernel; check(given) returns its arguments, or raises."""
    kernel = compiled(function)
    _check_before_compiling(kernel, check)

    def refused(error: Exception, *given: Any) -> Any:
        arguments = check(given)
        if isinstance(error, OverflowError):
            # Numba takes any int for 63 bits and a sign, once it has compiled for such an int.
            return kernel(*(np.uint64(a) if _is_long(a) else a for a in arguments))
        raise error

    call = wraps(function)(_caller(function, kernel, refused))
    for name in OF_DISPATCHER:
        setattr(call, name, getattr(kernel, name))
    return cast(Function, call)


def _caller(function: Function, kernel: Any, refused: Callable[..., Any]) -> Any:
    """Return a function that calls the kernel, or `refused` with the error and the arguments.

    It is written out with the parameters of the function, as dataclasses do: a call takes 20 ns
    then, and 90 with ``*arguments, **named``. Members of enumerations are given to the kernel as
    integers: Numba takes 15 us to look up the value of one, and compiles for its type once more.
    """
    parameters = inspect.signature(function).parameters.values()
    requirements = OPERATIONS.get(function.__name__, {})
    given = [
        f"{p.name} if type({p.name}) is int else _plain({p.name})"
        if isinstance(requirements.get(p.name), Code)
        else p.name
        for p in parameters
    ]
    # Underscores: no parameter has such a name.
    defaults = {f"_default_{p.name}": p.default for p in parameters if p.default is not p.empty}
    takes = [
        f"{p.name}=_default_{p.name}" if p.default is not p.empty else p.name for p in parameters
    ]
    names = ", ".join(p.name for p in parameters)
    source = (
        f"def call({', '.join(takes)}):\n"
        f"    try:\n        return _kernel({', '.join(given)})\n"
        f"    except Exception as _error:\n        return _refused(_error, {names})\n"
    )
    namespace = {"_kernel": kernel, "_refused": refused, "_plain": _plain, **defaults}
    exec(source, namespace)
    return namespace["call"]


def _plain(code: Any) -> Any:
    return int(code) if isinstance(code, IntEnum) else code


def _is_long(argument: Any) -> bool:
    return type(argument) is int and argument >= 2**63


def _check_before_compiling(kernel: Any, check: Callable[[Any], Any]) -> None:
    """Let a kernel check its arguments before it compiles for a new combination of types.

    Numba's dispatcher, in C, calls `_compile_for_args` if no signature is that of the arguments,
    exactly: it converts no array, and no number but to a wider type of the same sort.
    """
    compile_for = kernel._compile_for_args

    def check_and_compile(*given: Any) -> Any:
        check(given)
        return _compile_for_plain(compile_for, given)

    kernel._compile_for_args = check_and_compile


def _compile_for_plain(compile_for: Callable[..., Any], given: Sequence[Any]) -> Any:
    """Compile for arguments, or load; an array of a subclass is the plain array that it is."""
    cache = compile_for.__self__._cache  # type: ignore[attr-defined]
    try:
        with notice_of_compilation(), ctrl_c_waits():
            # So Numba sees it in later calls.
            return compile_for(*(np.asarray(a) if isinstance(a, np.ndarray) else a for a in given))
    finally:
        if isinstance(cache, PackageCache):
            cache.end_turn()


# A kernel behind a function in Python, which is the operation, such as `fit`


class _UncheckedError(Exception):
    """A kernel is not compiled for the types of its arguments: these are to be checked first."""

    def __init__(self, compile_now: Callable[[], Any]) -> None:
        super().__init__()
        self.compile_now = compile_now


def behind_door(function: Function) -> Function:
    """Compile a kernel that is called within `through_door` alone.

    Its first line raises ValueError where sizes do not fit.
    """
    kernel: Any = compiled(function)
    if config.DISABLE_JIT:
        return cast(Function, kernel)
    compile_for = kernel._compile_for_args

    def refuse(*given: Any) -> None:
        raise _UncheckedError(lambda: _compile_for_plain(compile_for, given))

    kernel._compile_for_args = refuse
    return cast(Function, kernel)


def through_door(call: Callable[..., Any], check: Callable[..., None], *arguments: Any) -> Any:
    """Return call(*arguments), which calls kernels; raise what `check` raises if they refuse.

    check(*arguments) is made before a kernel is compiled for new types, and after an error.
    """
    if config.DISABLE_JIT:
        check(*arguments)
    while True:
        try:
            return call(*arguments)
        except _UncheckedError as new:
            check(*arguments)
            new.compile_now()
        except Exception:
            check(*arguments)
            raise
