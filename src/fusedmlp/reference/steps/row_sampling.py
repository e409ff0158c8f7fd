"""AW-SGD in a training step: draw the rows of a batch, and update the sampler."""

import numpy as np
from numpy.typing import NDArray

from fusedmlp.plan.codes import Optimizer
from fusedmlp.plan.plan import Plan
from fusedmlp.plan.state import State
from fusedmlp.reference.activations import Array
from fusedmlp.reference.sampling import add_squares, draw_rows, learn_to_sample, row_chances


def uses_sampler(plan: Plan) -> bool:
    """Whether the optimiser is AW-SGD, which draws the rows of each batch."""
    return plan.extras.optimizer == Optimizer.AW_SGD


def draw_rows_of(plan: Plan, state: State, epoch: int, places: slice) -> tuple[Array, float]:
    """Draw the rows of a batch; return their weights (rows,), and the divisor of a mean.

    The divisor is the expected sum of the weights. Their actual sum would make the mean biased.
    """
    drawn, floor = state.row_order[places], plan.extras.sampler_floor
    draw_rows(state.sampler_tree, floor, plan.seed, epoch, places.start, drawn)
    chances = np.empty(len(drawn))
    row_chances(state.sampler_tree, floor, drawn, chances)
    state.draw_weights[places] = 1 / (len(state.row_order) * chances)
    if state.row_weights.size:
        state.draw_weights[places] *= state.row_weights[drawn]
    return state.draw_weights[places], len(drawn) * float(state.mean_row_weight[0])


def update_sampler(
    plan: Plan, state: State, places: slice, outputs: list[Array], deltas: list[Array], scale: float
) -> None:
    """Update AW-SGD's sampler from the lengths of the rows' gradients; scale: of the deltas."""
    if not uses_sampler(plan):
        return
    squares: NDArray[np.float64] = np.zeros(len(deltas[0]))
    for inputs, delta in reversed(list(zip(outputs[:-1], deltas, strict=True))):
        add_squares(inputs, delta / scale, plan.bias, squares)
    state.draw_squares[places] = squares
    tree, mean, drawn = state.sampler_tree, state.sampler_mean, state.row_order[places]
    floor, rate = plan.extras.sampler_floor, plan.extras.sampler_rate
    learn_to_sample(tree, mean, floor, rate, drawn, squares)
