"""The compilers' locks, which a fork must not find locked by another thread."""

from llvmlite.binding import ffi
from numba.core.compiler_lock import global_compiler_lock

from fusedmlp.forks import hold_in_forks


def fork_between_compilations() -> None:
    """Have forks wait until no other thread compiles or loads a kernel, which takes seconds.

    The locks are those of Numba and llvmlite, in the order in which a thread that compiles takes
    them. LLVM's own are locked only while llvmlite's is.
    """
    hold_in_forks(global_compiler_lock)
    hold_in_forks(ffi.lib._lock)
