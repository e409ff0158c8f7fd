"""The two implementations, by the name that the option `backend` gives them."""

from types import ModuleType


def implementation(backend: str) -> ModuleType:
    """Return the package that does the work; Numba is imported only for the kernels."""
    if backend == "reference":
        from fusedmlp import reference

        return reference
    from fusedmlp import kernels

    return kernels
