"""The penalties on all layers' weights, by a backend's public operations."""

from types import ModuleType
from typing import Any

from fusedmlp.checks.arrays import Array
from fusedmlp.plan.parameters import as_matrices
from fusedmlp.plan.plan import Plan


def weights_of(plan: Plan, flat: Array) -> list[Array]:
    """Return the layers' weights, or what there is for each of them, as views."""
    return as_matrices(flat, tuple(plan.sizes.tolist()), bool(plan.bias))


def penalize_all(
    package: ModuleType, plan: Plan, params: Array, gradient: Array, factor: float = 1.0
) -> None:
    """Add the derivative of the penalties on the weights, times a factor, to the gradient."""
    real: Any = gradient.dtype.type
    l1, l2 = plan.extras.l1 * real(factor), plan.extras.l2 * real(factor)
    if l1 == 0 and l2 == 0:
        return
    layers = zip(weights_of(plan, params), weights_of(plan, gradient), strict=True)
    for weights, weight_gradient in layers:
        package.penalize(weights, weight_gradient, l1, l2)


def penalties_of(package: ModuleType, plan: Plan, params: Array) -> float:
    """Return the sum of the penalties on all layers' weights."""
    l1, l2 = plan.extras.l1, plan.extras.l2
    return float(sum(package.penalty(weights, l1, l2) for weights in weights_of(plan, params)))
