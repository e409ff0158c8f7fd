"""The error of a network over a grid of two of its weights, for clarity and not for speed."""

import numpy as np

from fusedmlp.plan.codes import Measure
from fusedmlp.plan.plan import Plan
from fusedmlp.reference.activations import Array
from fusedmlp.reference.fit import predict
from fusedmlp.reference.losses import absolute_error, loss


@np.errstate(over="ignore", invalid="ignore")
def error_surface(
    plan: Plan,
    params: Array,
    X: Array,
    y: Array,
    first: int,
    first_values: Array,
    second: int,
    second_values: Array,
    measure: int,
    result: Array,
) -> None:
    """Set result (first_values, second_values) to what the network does with each pair of weights.

    That is the sum over X (rows, n_in), y (rows, n_out) of ``|output - target|`` or of the rows'
    losses, as `measure` says, with two of the params at other values: those at `first` and `second`
    in the flat vector.
    """
    moved, outputs = params.copy(), np.empty_like(y)
    for i, first_value in enumerate(first_values):
        for j, second_value in enumerate(second_values):
            moved[first], moved[second] = first_value, second_value
            predict(plan, moved, X, outputs)
            if measure == Measure.ERROR:
                result[i, j] = absolute_error(outputs, y)
            else:
                delta = float(plan.huber_delta)
                result[i, j] = loss(plan.loss, plan.activations[-1], outputs, y, delta)
