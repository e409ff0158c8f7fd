"""Decorators for functions that are inlined into the kernels of small batches."""

from numba import config, njit

from fusedmlp.kernels.compilation.jit import INNER, inner
from fusedmlp.kernels.compilation.pipeline import OptimizedCompiler


def inlined_early(function):
    """Inline a function into its caller in Numba's IR, before LLVM sees either.

    LLVM unrolls loops before it inlines calls: for the loop over the layers to be unrolled, the
    number of layers has to be a constant by then.
    """
    return function if config.DISABLE_JIT else njit(inline="always", **INNER)(function)


def force_inlined(function):
    """Force LLVM to inline a function of any length: calls took 8% of an epoch.

    It is optimised first: inlined as it is, an epoch of 3-32-1 takes a tenth longer.
    """
    if config.DISABLE_JIT:
        return inner(function)
    options = {**INNER, "pipeline_class": OptimizedCompiler}
    return njit(forceinline=True, **options)(function)
