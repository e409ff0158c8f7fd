"""The on-disk cache of machine code, and its invalidation.

Numba's own keeps an index for each function, which it unpickles whoever wrote it and whatever is in
it. Here each kernel has a file for each combination of types, whose name is a hash of all that its
machine code depends on.
"""

import hashlib
import inspect
import pickle
import re
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite
import numba
from numba import config
from numba.core.caching import NullCache
from numba.core.compiler import CompileResult
from numba.core.errors import NumbaWarning
from numba.core.runtime import rtsys
from numba.core.serialize import dumps
from numba.core.sigutils import normalize_signature

from fusedmlp.kernels.compilation import files
from fusedmlp.kernels.compilation.folder import folder_path
from fusedmlp.kernels.compilation.garbage import garbage_collection_off
from fusedmlp.kernels.compilation.turns import Turn
from fusedmlp.plan import compiling

PACKAGE = Path(__file__).parents[2]


def times_compiled(kernel: Any) -> int:
    """Return the number of signatures for which this process has compiled or loaded a kernel."""
    return 0 if config.DISABLE_JIT else len(kernel.overloads)


def kept_on_disk(kernel: Any, *arguments: Any) -> bool:
    """Whether the on-disk cache has machine code of a kernel for arguments of these types."""
    if not isinstance(kernel._cache, PackageCache):
        return False
    types = tuple(kernel.typeof_pyval(argument) for argument in arguments)
    return kernel._cache.holds(types, kernel.targetctx.codegen())


def cache_for(function: Callable[..., Any]) -> NullCache:
    """Return the cache of a kernel, which keeps nothing if no change of its source can be seen."""
    source = Path(inspect.getfile(function))
    if not _STAMP:
        return NullCache()
    if source.is_relative_to(PACKAGE):
        return PackageCache(function, _STAMP)
    if source.is_file():  # a kernel of a test, or of a user; its own file is what is looked at
        return PackageCache(function, _STAMP + hashlib.sha256(source.read_bytes()).hexdigest())
    return NullCache()


def why_not_kept() -> str:
    """Return why machine code of this process is not on disk for the next one; empty if it is."""
    if config.DISABLE_JIT:
        return "nothing is compiled, since NUMBA_DISABLE_JIT is set"
    return files.why_not_kept() if _STAMP else "the package's sources are not there"


def why_it_would_not_be_kept() -> str:
    """Return why machine code that is compiled now cannot be put on disk; empty if it can."""
    return why_not_kept() or files.why_not_writable()


class PackageCache(NullCache):
    """The machine code of one kernel on disk; a change in any file of kernels and plan is seen.

    Numba's own checks the file of the cached function alone. If it calls a function of another file
    and that file changed, Numba would run the old machine code.

    Parameters
    ----------
    function : callable
        What the kernel is compiled from.
    stamp : str
        Changes with the sources.
    """

    def __init__(self, function: Callable[..., Any], stamp: str) -> None:
        self._function, self._stamp = function, stamp
        self._turn = Turn()

    @property
    def cache_path(self) -> str | None:
        """Where the files are, which Numba's statistics tell."""
        try:
            return str(folder_path())
        except OSError:
            return None

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the compiled kernel, or None if it is to be compiled.

        The compiler's registries, which Numba takes a third of a second to fill, are not needed for
        machine code. They are filled here where something is to be compiled: the compiler does it,
        too, but after Ctrl-C in the midst of it, it lacks the rest for good.
        """
        with garbage_collection_off():
            rtsys.initialize(target_context)  # Numba's allocator, for machine code from disk
            name = self.file_name(sig, target_context.codegen())
            content = files.read(name)
            if content is None:
                compiling.begin(self)  # or wait for another process that does
                if self._turn.begin(name):
                    content = files.read(name)
            rebuilt = None
            if content is not None:
                self.end_turn()
                rebuilt = _rebuilt(content, sig, target_context)
            if rebuilt is None:
                compiling.begin(self)
                target_context.refresh()
            return rebuilt

    def end_turn(self) -> None:
        """Let processes that wait for this kernel go on: it is compiled, or will not be."""
        compiling.end(self)
        self._turn.end()

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a compiled kernel."""
        if _can_be_kept(data):
            name = self.file_name(sig, data.codegen)
            files.write(name, dumps((data.library.shared_calls, data._reduce())))
        self.end_turn()

    def holds(self, types: tuple[Any, ...], codegen: Any) -> bool:
        """Whether there is machine code for arguments of these types."""
        return files.read(self.file_name(types, codegen)) is not None

    def file_name(self, sig: Any, codegen: Any) -> str:
        """Return the name of the file for a signature and the processor compiled for."""
        function = self._function
        closure = tuple(cell.cell_contents for cell in function.__closure__ or ())
        depends_on = (
            self._stamp,
            (function.__module__, function.__qualname__, function.__code__.co_firstlineno),
            function.__code__.co_code,
            dumps(closure),
            sig,
            codegen.magic_tuple(),
        )
        digest = hashlib.sha256(repr(depends_on).encode()).hexdigest()
        readable = re.sub(r"\W", "", function.__name__, flags=re.ASCII)[:60]
        return f"{readable}-{digest}{files.SUFFIX}"


def _rebuilt(content: bytes, sig: Any, target_context: Any) -> Any:
    """Return the compiled kernel that a file holds, or None if it cannot be loaded here.

    What it calls in other files (`shared.py`) is loaded too, or compiled if it is no longer there.
    """
    try:
        calls, reduced = pickle.loads(content)
        called = [(call.function(), call.arguments) for call in calls.values()]
        if [function.symbol(arguments) for function, arguments in called] != list(calls):
            return None  # it calls functions that have changed since
        result = CompileResult._rebuild(target_context, *reduced)
        result.library.shared_calls = calls
        for function, arguments in called:
            function.provide(arguments)
    except Exception:  # a pickle of another build of Python or NumPy: anything may be missing
        return None
    arguments, _ = normalize_signature(sig)
    return result if tuple(result.signature.args) == tuple(arguments) else None


def _can_be_kept(result: Any) -> bool:
    """Whether machine code means the same in another process, as Numba's own cache asks."""
    if not result.library.has_dynamic_globals and all(part.can_cache for part in result.lifted):
        return True
    text = f"{result.fndesc.qualname} cannot be kept on disk: it holds addresses of this process"
    warnings.warn(text, NumbaWarning, stacklevel=2)
    return False


def _package_stamp() -> str:
    """Return a hash of all sources that kernels are compiled from, and of what compiles them.

    It is empty where there are no sources: then nothing can be kept, since no change would be seen.
    """
    sources = [
        source
        for folder in ("kernels", "plan")
        for source in sorted((PACKAGE / folder).rglob("*.py"))
    ]
    if not sources:
        return ""
    compilers = (sys.version, sys.implementation.cache_tag, numba.__version__, llvmlite.__version__)
    settings = (config.BOUNDSCHECK, config.OPT, config.LOOP_VECTORIZE, config.SLP_VECTORIZE)
    digest = hashlib.sha256(repr((compilers, settings, config.DEBUGINFO_DEFAULT)).encode())
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest()


_STAMP = "" if config.DISABLE_JIT else _package_stamp()
