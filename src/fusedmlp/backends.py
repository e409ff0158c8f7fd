"""The two implementations, by their names in the option `backend`."""

from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

from fusedmlp.forks import importing
from fusedmlp.plan.plan import Plan


def implementation(backend: str) -> ModuleType:
    """Return the package of a backend; Numba is imported only for the kernels."""
    if backend == "reference":
        from fusedmlp import reference

        return reference
    with importing:
        from fusedmlp import kernels

    return kernels


def predictor_of(backend: str, plan: Plan) -> Callable[[Any, Any, Any], None]:
    """Return a backend's `predict` for a plan of one thread: a function (params, X, outputs)."""
    predict = implementation(backend).predict
    if backend == "reference":
        return partial(predict, plan)
    from fusedmlp.kernels.fit import predictor

    return predictor(plan)
