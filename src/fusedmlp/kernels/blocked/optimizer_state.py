"""The state of the extras, as addresses: optimiser, batch normalisation, row weights, sampler."""

from typing import Any, NamedTuple

from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.vector import address

# Fields of a state that a plain run does not use.
FIELDS_OF_EXTRAS = (
    "squares", "learning_rate_factor", "running_stats", "row_weights", "mean_row_weight",
    "sampler_tree", "sampler_mean", "draw_weights", "draw_squares",
)  # fmt: skip


class SamplerState(NamedTuple):
    """The state of AW-SGD's sampler: addresses, and the number of rows."""

    rows: int
    tree: Any  # (2 * rows,), sums of scores
    mean: Any  # (2,), decaying sums for the mean square
    weights: Any  # (rows,), of the draws of this epoch
    squares: Any  # (rows,), squared lengths of their weighted gradients
    mean_row_weight: Any
    has_row_weights: int  # 1: the rows also have weights of their own


class OptimizerState(NamedTuple):
    """The addresses of the state's fields of the same names, and the sampler's state."""

    squares: Any
    learning_rate_factor: Any
    running_stats: Any
    row_weights: Any
    sampler: Any


@inner
def optimizer_state_of(extras, state, rows):
    """Return the state of the extras, or None for a plan without extras."""
    if extras is None:
        return None
    sampler = SamplerState(
        rows,
        address(state.sampler_tree),
        address(state.sampler_mean),
        address(state.draw_weights),
        address(state.draw_squares),
        address(state.mean_row_weight),
        1 if state.row_weights.size > 0 else 0,
    )
    return OptimizerState(
        address(state.squares),
        address(state.learning_rate_factor),
        address(state.running_stats),
        address(state.row_weights),
        sampler,
    )
