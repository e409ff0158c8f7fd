"""Functions with machine code of their own, which kernels share.

A kernel is linked with all functions that it calls and compiled as a whole, so that what two
kernels call is compiled twice. What is large, and takes far longer than a call, is compiled by
itself instead, once, and kept in a file of its own on disk. Machine code that calls it reads its
address from a place in memory, which is set before a kernel runs: so the one can be compiled before
the other, or at the same time in another process (`in_parallel.py`).
"""

import inspect
from collections.abc import Callable
from ctypes import addressof, c_void_p
from importlib import import_module
from itertools import count
from typing import Any, NamedTuple, cast

from llvmlite import ir
from llvmlite.binding import add_symbol
from numba.core.types.misc import unliteral
from numba.extending import intrinsic

from fusedmlp.kernels.compilation import in_parallel
from fusedmlp.kernels.compilation.cache import PackageCache

SYMBOL = "fusedmlp_shared_"

_unkept = count()  # numbers for functions of which no file can be kept


class SharedCall(NamedTuple):
    """A shared function, as other processes find it, and the types of its arguments."""

    module: str
    name: str
    arguments: tuple[Any, ...]

    def function(self) -> "SharedFunction":
        """Return the function."""
        return cast(SharedFunction, getattr(import_module(self.module), self.name).shared)

    def symbol(self) -> str:
        """Return the symbol of the place that holds the function's address."""
        return self.function().symbol(self.arguments)

    def provide(self) -> None:
        """Set the address, if it is not set: the function is loaded, or compiled."""
        self.function().provide(self.arguments)


# By symbol: the calls that this process has compiled, and the places of the addresses.
_calls: dict[str, SharedCall] = {}
_places: dict[str, c_void_p] = {}


class SharedFunction:
    """A function of a module that kernels share, for each combination of argument types.

    Parameters
    ----------
    function : callable
        What it is compiled from. It raises nothing.
    returned : Numba type
        Of what it returns. Callers are compiled without knowing more of it.
    compiled : Numba dispatcher
        The function, with the pipeline for kernels and the on-disk cache.
    """

    def __init__(self, function: Callable[..., Any], returned: Any, compiled: Any) -> None:
        self._function, self._returned, self._compiled = function, returned, compiled
        self._symbols: dict[tuple[Any, ...], str] = {}

    def symbol(self, arguments: tuple[Any, ...]) -> str:
        """Return the symbol of the place that holds its address; any change of it changes that."""
        if arguments not in self._symbols:
            cache, name = self._compiled._cache, f"{next(_unkept)}"
            if isinstance(cache, PackageCache):
                name = cache.file_name(arguments, self._compiled.targetctx.codegen())
            self._symbols[arguments] = symbol = SYMBOL + name
            _places[symbol] = c_void_p()
            add_symbol(symbol, addressof(_places[symbol]))
        return self._symbols[arguments]

    def provide(self, arguments: tuple[Any, ...]) -> None:
        """Set its address, after those of all that it calls."""
        place = _places[self.symbol(arguments)]
        if not place.value:
            self.compile(arguments)
            result = self._compiled.overloads[arguments]
            for call in result.library.shared_calls.values():
                call.provide()
            place.value = result.library.get_pointer_to_function(result.fndesc.llvm_func_name)

    def compile(self, arguments: tuple[Any, ...]) -> None:
        """Compile it, or load it from disk."""
        cache = self._compiled._cache
        try:
            self._compiled.compile(arguments)
        finally:
            if isinstance(cache, PackageCache):
                cache.end_turn()

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
        call = SharedCall(self._function.__module__, self._function.__name__, arguments)
        _calls[symbol] = call
        if self._is_missing(arguments):
            in_parallel.ask_for(symbol, call)

        def lowered(context: Any, builder: Any, _: Any, values: Any) -> Any:
            convention = context.call_conv
            kind = convention.get_function_type(returned, arguments)
            place = builder.module.globals.get(symbol)
            if place is None:
                place = ir.GlobalVariable(builder.module, kind.as_pointer(), symbol)
            callee = builder.load(place)
            return convention.call_function(builder, callee, returned, arguments, values)[1]

        return lowered

    def _is_missing(self, arguments: tuple[Any, ...]) -> bool:
        """Whether its machine code is neither in this process nor on disk, and can be put there."""
        cache = self._compiled._cache
        if arguments in self._compiled.overloads or not isinstance(cache, PackageCache):
            return False
        return not cache.holds(arguments, self._compiled.targetctx.codegen())


def provide_all(calls: dict[str, SharedCall]) -> None:
    """Set the addresses of functions, none of which is compiled here and by another process, too.

    Other processes compile in the order in which they were asked: the last are left for this one.
    """
    for call in reversed(in_parallel.asked()):
        call.function().compile(call.arguments)
    for call in calls.values():
        call.provide()


def shared_calls(module: Any) -> dict[str, SharedCall]:
    """Return which shared functions an LLVM module calls, by their symbols in it."""
    names = [variable.name for variable in module.global_variables]
    return {name: _calls[name] for name in names if name.startswith(SYMBOL)}
