"""The error and loss of a network's outputs on data."""

import numpy as np

from fusedmlp.backends import implementation
from fusedmlp.checks.arrays import Array
from fusedmlp.plan.blocking import prediction_slices
from fusedmlp.plan.codes import Loss
from fusedmlp.plan.plan import Plan, without_last_activation
from fusedmlp.trained import Trained
from fusedmlp.training.data import Dataset


def total_error(outputs: Array, data: Dataset) -> float:
    """Return the sum of ``|outputs - targets|``, each row times its weight."""
    errors = np.abs(outputs - data.y).sum(axis=1, dtype=np.float64)
    return float(errors.sum() if data.row_weights is None else errors @ data.row_weights)


def takes_sums(plan: Plan) -> bool:
    """Whether `total_loss` takes the last layer's pre-activations instead of its outputs."""
    return plan.loss == Loss.LOG_LOSS


def total_loss(backend: str, plan: Plan, outputs: Array, data: Dataset) -> float:
    """Return the sum of the rows' losses, each row times its weight.

    outputs (rows, n_out): for log_loss the pre-activations of the last layer, as `takes_sums` says.
    """
    package, huber_delta = implementation(backend), float(plan.huber_delta)
    last = int(plan.activations[-1])
    if takes_sums(plan):
        weights, cap = data.row_weights, plan.log_loss_cap
        return float(package.log_loss_of_sums(last, outputs, data.y, weights, cap))
    if data.row_weights is None:
        return float(package.loss(plan.loss, last, outputs, data.y, huber_delta))
    weights = data.row_weights
    return float(package.weighted_loss(plan.loss, last, outputs, data.y, weights, huber_delta))


def outputs_and_loss(network: Trained, plan: Plan, data: Dataset) -> tuple[Array, float]:
    """Return a network's outputs on checked data, or the sums that `total_loss` takes, and that."""
    outputs = np.empty_like(data.y)
    network._write_outputs(data.X, outputs, sums=takes_sums(plan))
    return outputs, total_loss(network.options["backend"], plan, outputs, data)


def measured(backend: str, plan: Plan, params: Array, data: Dataset) -> tuple[float, float]:
    """Return the sums of the rows' absolute errors and losses at the parameters."""
    package, of_sums = implementation(backend), takes_sums(plan)
    outputs = np.empty_like(data.y)
    predicted = without_last_activation(plan) if of_sums else plan
    for rows in prediction_slices(len(outputs), params.size):
        package.predict(predicted, params, data.X[rows], outputs[rows])
    loss = total_loss(backend, plan, outputs, data)
    if of_sums:
        package.activate(int(plan.activations[-1]), outputs)
    return total_error(outputs, data), loss
