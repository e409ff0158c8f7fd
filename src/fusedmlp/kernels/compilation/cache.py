"""Where machine code is kept on disk, and when it is out of date."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import config
from numba.core.caching import FunctionCache, IndexDataCacheFile


def times_compiled(kernel: Any) -> int:
    """Return for how many types of arguments this process has compiled, or loaded, a kernel."""
    return 0 if config.DISABLE_JIT else len(kernel.overloads)


def kept_on_disk(kernel: Any, *arguments: Any) -> bool:
    """Whether an earlier process has compiled a kernel for such arguments."""
    if not isinstance(kernel._cache, PackageCache):
        return False
    kernel.targetctx.refresh()
    types = tuple(kernel.typeof_pyval(each) for each in arguments)
    return kernel._cache.holds(types, kernel.targetctx.codegen())


def _package_stamp() -> str:
    """Hash of all sources that a kernel may have been compiled from, and of the bounds checks."""
    package = Path(__file__).parents[2]
    digest = hashlib.sha256(repr(config.BOUNDSCHECK).encode())
    for folder in ("kernels", "plan"):
        for source in sorted((package / folder).rglob("*.py")):
            digest.update(source.read_bytes())
    return digest.hexdigest()


class PackageCache(FunctionCache):
    """Numba's on-disk cache, made aware of every file of the package.

    Numba compares the file that holds the function, and no other: a change in a function that is
    called from another file would go unseen, and the old machine code would run.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
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
