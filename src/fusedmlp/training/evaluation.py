"""The error and loss of a network's outputs on data."""

import numpy as np

from fusedmlp.backends import implementation
from fusedmlp.checks.arrays import Array
from fusedmlp.plan.plan import Plan
from fusedmlp.training.data import Dataset


def total_error(outputs: Array, data: Dataset) -> float:
    """Return the sum of ``|outputs - targets|``, each row times its weight."""
    errors = np.abs(outputs - data.y).sum(axis=1, dtype=np.float64)
    return float(errors.sum() if data.row_weights is None else errors @ data.row_weights)


def total_loss(backend: str, plan: Plan, outputs: Array, data: Dataset) -> float:
    """Return the sum of the losses of outputs (rows, n_out), each row times its weight."""
    package, huber_delta = implementation(backend), float(plan.huber_delta)
    kind = plan.loss, int(plan.activations[-1])
    if data.row_weights is None:
        return float(package.loss(*kind, outputs, data.y, huber_delta))
    return float(package.weighted_loss(*kind, outputs, data.y, data.row_weights, huber_delta))
