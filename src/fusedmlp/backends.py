"""The two implementations, by their names in the option `backend`."""

from types import ModuleType

from fusedmlp.forks import importing


def implementation(backend: str) -> ModuleType:
    """Return the package of a backend; Numba is imported only for the kernels."""
    if backend == "reference":
        from fusedmlp import reference

        return reference
    with importing:
        from fusedmlp import kernels

    return kernels
