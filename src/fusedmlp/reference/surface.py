"""The error or loss of a network over a grid of two weights. Written for clarity, not for speed."""

import numpy as np

from fusedmlp.plan.codes import Measure
from fusedmlp.plan.plan import Plan
from fusedmlp.reference.activations import Array
from fusedmlp.reference.losses import absolute_error
from fusedmlp.reference.steps.forward_backward import forward_all
from fusedmlp.reference.steps.layers import layers_of
from fusedmlp.reference.steps.loss import loss_of
from fusedmlp.reference.steps.network import Network


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
    moved = params.copy()
    network = Network(layers_of(plan, moved))  # views: they follow the two params
    for i, first_value in enumerate(first_values):
        for j, second_value in enumerate(second_values):
            moved[first], moved[second] = first_value, second_value
            outputs, _, sums = forward_all(plan, network, X)
            if measure == Measure.ERROR:
                result[i, j] = absolute_error(outputs[-1], y)
            else:
                result[i, j] = loss_of(plan, outputs[-1], sums, y)
