"""The decorators of all compiled functions."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import numpy as np
from numba import config, njit

from fusedmlp.kernels.compilation.cache import PackageCache
from fusedmlp.kernels.compilation.pipeline import InnerCompiler, KernelCompiler

Function = TypeVar("Function", bound=Callable[..., Any])

# error_model="numpy": a division that may raise ZeroDivisionError stays scalar.
# contract: multiply and add in one instruction. nsz: -0.0 may become 0.0. Both keep NaN, infinity
# and the order of additions; "reassoc" would cancel the rounding trick in exponential.py.
FLAGS: dict[str, Any] = {"error_model": "numpy", "fastmath": {"contract", "nsz"}}


def inner(function: Function, **options: Any) -> Function:
    """Compile a function that only kernels call: no wrapper for Python, no entry in the cache.

    The wrappers and cache entries of thirty functions took 6 of 17 s of a first call.
    """
    if config.DISABLE_JIT:
        return _interpreted(function)
    options = {
        "no_cpython_wrapper": True,
        "no_cfunc_wrapper": True,
        "pipeline_class": InnerCompiler,
    }
    return njit(**options, **FLAGS)(function)


def compiled(function: Function) -> Function:
    """Compile a kernel that Python calls, for the argument types of each first call.

    It runs without the GIL, and is kept on disk where a directory can be written to.
    """
    if config.DISABLE_JIT:
        return _interpreted(function)
    kernel = njit(nogil=True, pipeline_class=KernelCompiler, **FLAGS)(function)
    # RuntimeError: Numba found no directory. The kernel is then compiled anew in each process.
    with suppress(RuntimeError):
        kernel._cache = PackageCache(function)
    return kernel


def _interpreted(function: Function) -> Function:
    """Let integers wrap around, and numbers overflow, as silently as machine code does."""
    return np.errstate(over="ignore", invalid="ignore", divide="ignore")(function)
