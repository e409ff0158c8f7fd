"""Kernels that compile in a moment; a result tells whose machine code has run."""

from fusedmlp.kernels.compilation.jit import compiled

RESULT = 42 * 42 + 3


@compiled
def tiny(x):
    return x * x + 3


@compiled
def other_tiny(x):
    return x * x - 3
