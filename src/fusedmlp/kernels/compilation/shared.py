"""Functions with machine code of their own, which kernels share.

A kernel is linked with all functions that it calls and compiled as a whole, so that what two
kernels call is compiled twice. What is large, and takes far longer than a call, is compiled by
itself instead, once, and kept in a file of its own on disk. Machine code that calls it reads its
address from a place in memory, which is set before a kernel runs: so the one can be compiled before
the other, or at the same time in another process (`in_parallel.py`).
"""

import inspect
from collections.abc import Callable
from contextlib import suppress
from ctypes import addressof, c_void_p
from importlib import import_module
from itertools import count
from typing import Any, NamedTuple, cast

from llvmlite import ir
from llvmlite.binding import add_symbol
from numba.core import cgutils
from numba.core.types.misc import unliteral
from numba.extending import intrinsic

from fusedmlp.kernels.compilation import in_parallel
from fusedmlp.kernels.compilation.cache import PackageCache

# Numba's own cache keeps no machine code with variables of such names, addresses in one process: it
# would not find the places again. Ours does (`cache.py`; `has_dynamic_globals` in `pipeline.py`).
SYMBOL = "numba.dynamic.globals.fusedmlp_shared_"

_unkept = count()  # numbers for functions of which no file can be kept


class SharedCall(NamedTuple):
    """A shared function, as other processes find it, and the types of its arguments."""

    module: str
    name: str
    arguments: tuple[Any, ...]

    def function(self) -> "SharedFunction":
        """Return the function."""
        return cast(SharedFunction, getattr(import_module(self.module), self.name).shared)


class Place:
    """Where the address of a shared function is. It is kept for good, as what it points to is."""

    def __init__(self, symbol: str, call: SharedCall) -> None:
        self.call = call
        self._address = c_void_p()
        self._library: Any = None
        add_symbol(symbol, addressof(self._address))

    def is_set(self) -> bool:
        """Whether machine code that reads the address may run."""
        return bool(self._address.value)

    def set(self, result: Any) -> None:
        """Set the address of a compiled function."""
        self._library = result.library
        name = result.fndesc.llvm_func_name
        self._address.value = result.library.get_pointer_to_function(name)


_places: dict[str, Place] = {}  # by symbol


class SharedFunction:
    """A function of a module that kernels share, for each combination of argument types.

    Parameters
    ----------
    function : callable
        What it is compiled from.
    returned : Numba type
        Of what it returns. Callers are compiled without knowing more of it.
    compiled : Numba dispatcher
        The function, with the pipeline for kernels and the on-disk cache.
    """

    def __init__(self, function: Callable[..., Any], returned: Any, compiled: Any) -> None:
        self._function, self._returned, self._compiled = function, returned, compiled
        self._symbols: dict[tuple[Any, ...], str] = {}

    def symbol(self, arguments: tuple[Any, ...]) -> str:
        """Return the symbol of the place of its address; after a change it has another symbol."""
        if arguments not in self._symbols:
            cache, name = self._compiled._cache, f"{next(_unkept)}"
            if isinstance(cache, PackageCache):
                name = cache.file_name(arguments, self._compiled.targetctx.codegen())
            call = SharedCall(self._function.__module__, self._function.__name__, arguments)
            symbol = SYMBOL + name
            _places[symbol] = _places.get(symbol) or Place(symbol, call)
            self._symbols[arguments] = symbol
        return self._symbols[arguments]

    def compile(self, arguments: tuple[Any, ...]) -> Any:
        """Compile it, or load it from disk; return Numba's result, which may not run yet."""
        cache = self._compiled._cache
        try:
            self._compiled.compile(arguments)
        finally:
            if isinstance(cache, PackageCache):
                cache.end_turn()
        return self._compiled.overloads[arguments]

    def provide(self, arguments: tuple[Any, ...]) -> None:
        """Set its address, after those of all that it calls."""
        place = _places[self.symbol(arguments)]
        if not place.is_set():
            result = self.compile(arguments)
            provide_all(result.library.shared_calls)
            place.set(result)

    def callee(self) -> Any:
        """Return what stands for it in compiled functions that call it."""

        def typed(_typing_context: Any, *given: Any) -> Any:
            arguments = tuple(unliteral(each) for each in given)
            return self._returned(*arguments), self._lowering(arguments)

        own = inspect.signature(self._function).parameters.values()
        first = inspect.Parameter("_typing_context", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        typed.__name__ = self._function.__name__
        typed.__signature__ = inspect.Signature([first, *own])  # type: ignore[attr-defined]
        callee = intrinsic(typed)
        callee.shared = self
        return callee

    def _lowering(self, arguments: tuple[Any, ...]) -> Callable[..., Any]:
        """Return what generates a call; from now on, another process may compile the function."""
        symbol, returned = self.symbol(arguments), self._returned
        if self._could_be_kept(arguments):
            in_parallel.ask_for(symbol, _places[symbol].call)

        def lowered(context: Any, builder: Any, _: Any, values: Any) -> Any:
            convention = context.call_conv
            kind = convention.get_function_type(returned, arguments).as_pointer()
            place = builder.module.globals.get(symbol)
            if place is None:
                place = ir.GlobalVariable(builder.module, kind, symbol)
            callee = builder.load(place)
            status, value = convention.call_function(builder, callee, returned, arguments, values)
            with cgutils.if_unlikely(builder, status.is_error):
                convention.return_status_propagate(builder, status)
            return value

        return lowered

    def _could_be_kept(self, arguments: tuple[Any, ...]) -> bool:
        """Whether a file with its machine code is missing on disk, and can be put there."""
        cache = self._compiled._cache
        if arguments in self._compiled.overloads or not isinstance(cache, PackageCache):
            return False
        return not cache.holds(arguments, self._compiled.targetctx.codegen())


def calls_in(module: Any) -> dict[str, SharedCall]:
    """Return which shared functions an LLVM module calls, by the symbols of their places."""
    names = [variable.name for variable in module.global_variables]
    return {name: _places[name].call for name in names if name.startswith(SYMBOL)}


def provide_all(calls: dict[str, SharedCall]) -> None:
    """Set the addresses of shared functions, which are loaded or compiled."""
    for call in calls.values():
        call.function().provide(call.arguments)


def compile_what_was_asked() -> None:
    """Compile, or load, all that other processes were asked for.

    They do it in the order in which they were asked: what they come to last, this one does first.
    Numba may only have tried some of the types, which cannot be compiled: `provide_all` raises what
    is wrong with the others.
    """
    for call in reversed(in_parallel.asked()):
        with suppress(Exception):
            call.function().compile(call.arguments)
