"""What a state keeps for the extras: addresses. Without extras, nothing is even unpacked."""

from typing import Any, NamedTuple

from fusedmlp.kernels.compiled import inner
from fusedmlp.kernels.vectors import address

# Fields of a state that a plain run has no use for.
OF_EXTRAS = (
    "squares", "factor", "running", "row_weights", "mean_weight", "scores", "usual",
    "draw_weights", "draw_squares",
)  # fmt: skip


class Sampler(NamedTuple):
    """What AW-SGD keeps: addresses, and the number of rows."""

    rows: int
    scores: Any  # (2 * rows,)
    usual: Any  # (2,)
    weights: Any  # (rows,), what each draw of this epoch counts
    squares: Any  # (rows,), of their weighted gradients
    mean_weight: Any
    has_weights: int  # 1: rows have weights besides


class Memory(NamedTuple):
    """The state's fields of the same names."""

    squares: Any
    factor: Any
    running: Any
    row_weights: Any
    sampler: Any


@inner
def memory_of(extras, state, rows):
    """Return the state's memory for the extras, or None without them."""
    if extras is None:
        return None
    sampler = Sampler(
        rows,
        address(state.scores),
        address(state.usual),
        address(state.draw_weights),
        address(state.draw_squares),
        address(state.mean_weight),
        1 if state.row_weights.size > 0 else 0,
    )
    return Memory(
        address(state.squares),
        address(state.factor),
        address(state.running),
        address(state.row_weights),
        sampler,
    )
