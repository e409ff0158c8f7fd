"""The decorators of compiled functions: `inner` and `compiled`."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import config, njit

from fusedmlp.kernels.compilation.cache import cache_for
from fusedmlp.kernels.compilation.pipeline import InnerCompiler, KernelCompiler
from fusedmlp.kernels.compilation.shared import SharedFunction

Function = TypeVar("Function", bound=Callable[..., Any])

# error_model="numpy": a division that may raise ZeroDivisionError stays scalar.
# contract: multiply and add in one instruction. nsz: -0.0 may become 0.0. Both keep NaN, infinity
# and the order of additions; "reassoc" would cancel the rounding in exponential.py.
FLAGS: dict[str, Any] = {"error_model": "numpy", "fastmath": {"contract", "nsz"}}


# Of functions that only kernels call. Numba compiles also those that it always inlines, to know the
# type of what they return: to machine code by its own pipeline.
INNER: dict[str, Any] = {
    "pipeline_class": InnerCompiler,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
    "_nrt": False,
    **FLAGS,
}


def inner(function: Function) -> Function:
    """Compile a function that only kernels call: no wrapper for Python, no entry in the cache.

    The wrappers and cache entries of thirty functions took 6 of 17 s of a first call; code that
    counts references to arrays (Numba's ``nrt``), which inner functions do not make, 3%.
    """
    if config.DISABLE_JIT:
        return _interpreted(function)
    return njit(**INNER)(function)


def shared(returned: Any) -> Callable[[Function], Function]:
    """Return a decorator as `inner`, for functions with machine code of their own.

    They take far longer than a call, which costs 3 ns more. returned: the Numba type of what they
    return.
    """

    def decorate(function: Function) -> Function:
        if config.DISABLE_JIT:
            return _interpreted(function)
        kernel = njit(**INNER | {"pipeline_class": KernelCompiler})(function)
        kernel._cache = cache_for(function)
        return cast(Function, SharedFunction(function, returned, kernel).callee())

    return decorate


def allocates(function: Function) -> Function:
    """Mark a kernel that makes arrays, for which Numba counts references to all arrays.

    It is a decorator of the plain function, below that which compiles it. The other kernels' arrays
    are the caller's, who keeps them: to count them was half of a training kernel's instructions.
    Numba refuses a kernel that makes an array without the mark.
    """
    function.allocates = True  # type: ignore[attr-defined]
    return function


def compiled(function: Function) -> Function:
    """Compile a kernel that Python calls, at the first call with each combination of types.

    It runs without the GIL, and is kept on disk if the user has a folder that can be written.
    """
    if config.DISABLE_JIT:
        return _interpreted(function)
    counts = getattr(function, "allocates", False)
    kernel = njit(
        nogil=True, no_cfunc_wrapper=True, pipeline_class=KernelCompiler, _nrt=counts, **FLAGS
    )(function)
    kernel._cache = cache_for(function)
    return kernel


def _interpreted(function: Function) -> Function:
    """Return a function that overflows without NumPy's warnings, as machine code does."""
    return np.errstate(over="ignore", invalid="ignore", divide="ignore")(function)
