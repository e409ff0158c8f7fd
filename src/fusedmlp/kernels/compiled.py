"""How every kernel is compiled, and where the machine code is kept."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numba import config, njit
from numba.core.caching import FunctionCache, IndexDataCacheFile

from fusedmlp.kernels.parts import KernelCompiler, PartCompiler

Function = TypeVar("Function", bound=Callable[..., Any])

# error_model="numpy": a division that may raise ZeroDivisionError stays scalar.
# contract: multiply and add in one instruction. nsz: -0.0 may become 0.0. Both keep NaN, infinity
# and the order of additions; "reassoc" would cancel the rounding trick in exponential.py.
FLAGS: dict[str, Any] = {"error_model": "numpy", "fastmath": {"contract", "nsz"}}


def inner(function: Function) -> Function:
    """Compile a function that only kernels call: no door from Python, no place on disk.

    The doors, and the copies on disk, of thirty functions took 6 of 17 s of a first call.
    """
    if config.DISABLE_JIT:
        return _interpreted(function)
    options = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "pipeline_class": PartCompiler}
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
        kernel._cache = _PackageCache(function)
    return kernel


def times_compiled(kernel: Any) -> int:
    """Return for how many types of arguments this process has compiled, or loaded, a kernel."""
    return 0 if config.DISABLE_JIT else len(kernel.overloads)


def kept_on_disk(kernel: Any, *arguments: Any) -> bool:
    """Whether an earlier process has compiled a kernel for such arguments."""
    if not isinstance(kernel._cache, _PackageCache):
        return False
    kernel.targetctx.refresh()
    types = tuple(kernel.typeof_pyval(each) for each in arguments)
    return kernel._cache.holds(types, kernel.targetctx.codegen())


def _interpreted(function: Function) -> Function:
    """Let integers wrap around, and numbers overflow, as silently as machine code does."""
    return np.errstate(over="ignore", invalid="ignore", divide="ignore")(function)


def _package_stamp() -> str:
    """Hash of all sources that a kernel may have been compiled from, and of the bounds checks."""
    here = Path(__file__).parent
    digest = hashlib.sha256(repr(config.BOUNDSCHECK).encode())
    plan = [here.parent / name for name in ("codes.py", "extras.py", "plan.py")]
    for source in [*sorted(here.glob("*.py")), *plan]:
        digest.update(source.read_bytes())
    return digest.hexdigest()


class _PackageCache(FunctionCache):
    """Numba's on-disk cache, made aware of every file of the package.

    Numba compares the file that holds the function, and no other: a change in a function that is
    called from another file would go unseen, and the old machine code would run.
    """

    def __init__(self, function: Function) -> None:
        super().__init__(function)
        self._cache_file = IndexDataCacheFile(
            cache_path=self._cache_path,
            filename_base=self._impl.filename_base,
            source_stamp=_STAMP,
        )

    def holds(self, types: tuple[Any, ...], codegen: Any) -> bool:
        """Whether there is machine code for arguments of these types."""
        with self._guard_against_spurious_io_errors():
            return self._index_key(types, codegen) in self._cache_file._load_index()


_STAMP = "" if config.DISABLE_JIT else _package_stamp()
