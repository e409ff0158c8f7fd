"""What the extras carry from step to step, as addresses. Without extras, nothing is unpacked."""

from typing import Any, NamedTuple

from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.vector import address

# Fields of a state that a plain run has no use for.
FIELDS_OF_EXTRAS = (
    "squares", "learning_rate_factor", "running_stats", "row_weights", "mean_row_weight",
    "sampler_tree", "sampler_mean", "draw_weights", "draw_squares",
)  # fmt: skip


class SamplerState(NamedTuple):
    """What AW-SGD keeps: addresses, and the number of rows."""

    rows: int
    tree: Any  # (2 * rows,), sums of scores
    mean: Any  # (2,)
    weights: Any  # (rows,), of each draw of this epoch
    squares: Any  # (rows,), squared lengths of their weighted gradients
    mean_row_weight: Any
    has_row_weights: int  # 1: rows have weights besides


class OptimizerState(NamedTuple):
    """The state's fields of the same names."""

    squares: Any
    learning_rate_factor: Any
    running_stats: Any
    row_weights: Any
    sampler: Any


@inner
def optimizer_state_of(extras, state, rows):
    """Return what the extras carry, or None without them."""
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
