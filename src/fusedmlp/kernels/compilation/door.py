"""The door of a public kernel: what its caller got wrong is found before memory is touched.

What Numba's signature fixes (dtypes, the number of dimensions, C order, alignment, writability) is
checked in Python before a signature is compiled or loaded. What differs from call to call (shapes,
codes, numbers) is compared in the kernel's first line, `require_fit`, in nanoseconds. If that or
Numba refuses a call, the check in Python says what is wrong, with names and values, as the
reference does.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np
from numba import config
from numba.core.dispatcher import OmittedArg

from fusedmlp.kernels.compilation.jit import compiled
from fusedmlp.plan.operations.arguments import check_arguments, checked

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
    kernel = _checked_before_compiling(compiled(function))

    @wraps(function)
    def call(*given: Any, **named: Any) -> Any:
        try:
            return kernel(*given, **named)
        except Exception as error:
            failed = error
        arguments = check_arguments(function, given, named)
        if isinstance(failed, OverflowError):
            # Numba takes any int for 63 bits and a sign, once it has compiled for such an int.
            return kernel(*(np.uint64(a) if _is_long(a) else a for a in arguments))
        raise failed

    for name in OF_DISPATCHER:
        setattr(call, name, getattr(kernel, name))
    return cast(Function, call)


def _is_long(argument: Any) -> bool:
    return type(argument) is int and argument >= 2**63


def _checked_before_compiling(kernel: Any) -> Any:
    """Let a kernel check its arguments before it compiles for a new combination of types.

    Numba's dispatcher, in C, calls `_compile_for_args` if no signature is that of the arguments,
    exactly: it converts no array, and no number but to a wider type of the same sort.
    """
    compile_for = kernel._compile_for_args

    def check_and_compile(*given: Any) -> Any:
        values = [a.value if isinstance(a, OmittedArg) else a for a in given]
        check_arguments(kernel.py_func, values, {})
        # An array of a subclass is the plain array that it is: so Numba sees it in later calls.
        return compile_for(*(np.asarray(a) if isinstance(a, np.ndarray) else a for a in given))

    kernel._compile_for_args = check_and_compile
    return kernel
