"""The two implementations, by their names in the option `backend`."""

import sys
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from types import ModuleType
from typing import Any

from fusedmlp.ctrl_c import ctrl_c_waits
from fusedmlp.forks import importing
from fusedmlp.plan.plan import Plan


def implementation(backend: str) -> ModuleType:
    """Return the package of a backend; Numba is imported only for the kernels."""
    if backend == "reference":
        from fusedmlp import reference

        return reference
    imported = "fusedmlp.kernels" in sys.modules
    with importing, nullcontext() if imported else ctrl_c_waits():
        from fusedmlp import kernels

    return kernels


def predictor_of(backend: str, plan: Plan) -> Callable[[Any, Any, Any], None]:
    """Return a backend's `predict` for a plan of one thread: a function (params, X, outputs)."""
    predict = implementation(backend).predict
    if backend == "reference":
        return partial(predict, plan)
    from fusedmlp.kernels.fit import predictor

    return predictor(plan)
