"""The error or loss of a network over a grid of two weights. Written for clarity, not for speed."""

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
    """Set result (first_values, second_values) to the error or loss at each pair of values.

    Two of the params, at the indices `first` and `second` of the flat vector, are set to each pair
    of values. `measure` chooses the sum of ``|output - target|`` or of the losses over the rows of
    X (rows, n_in), y (rows, n_out).
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
