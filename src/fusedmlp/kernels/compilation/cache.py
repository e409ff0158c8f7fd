"""The on-disk cache of machine code, and its invalidation."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import config
from numba.core.caching import FunctionCache, IndexDataCacheFile

from fusedmlp.kernels.compilation.garbage import garbage_collection_off


def times_compiled(kernel: Any) -> int:
    """Return the number of signatures for which this process has compiled or loaded a kernel."""
    return 0 if config.DISABLE_JIT else len(kernel.overloads)


def kept_on_disk(kernel: Any, *arguments: Any) -> bool:
    """Whether the on-disk cache has machine code of a kernel for arguments of these types."""
    if not isinstance(kernel._cache, PackageCache):
        return False
    kernel.targetctx.refresh()
    types = tuple(kernel.typeof_pyval(argument) for argument in arguments)
    return kernel._cache.holds(types, kernel.targetctx.codegen())


def _package_stamp() -> str:
    """Return a hash of all sources that kernels are compiled from, and of Numba's BOUNDSCHECK."""
    package = Path(__file__).parents[2]
    digest = hashlib.sha256(repr(config.BOUNDSCHECK).encode())
    for folder in ("kernels", "plan"):
        for source in sorted((package / folder).rglob("*.py")):
            digest.update(source.read_bytes())
    return digest.hexdigest()


class PackageCache(FunctionCache):
    """Numba's on-disk cache, invalidated by a change in any file of kernels and plan.

    Numba checks only the file of the cached function. If it calls a function of another file and
    that file changed, Numba would run the old machine code.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._cache_file = IndexDataCacheFile(
            cache_path=self._cache_path,
            filename_base=self._impl.filename_base,
            source_stamp=_STAMP,
        )

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Load machine code; the first time, Numba fills its registries."""
        with garbage_collection_off():
            return super().load_overload(sig, target_context)

    def holds(self, types: tuple[Any, ...], codegen: Any) -> bool:
        """Whether there is machine code for arguments of these types."""
        with self._guard_against_spurious_io_errors():
            return self._index_key(types, codegen) in self._cache_file._load_index()


_STAMP = "" if config.DISABLE_JIT else _package_stamp()
