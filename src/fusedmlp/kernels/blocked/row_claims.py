"""Rows that the threads of a team take from a common supply, so that none waits for a slow one."""

from typing import Any, NamedTuple

from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.threads.barrier import add_shared, read_shared
from fusedmlp.kernels.vector import shifted
from fusedmlp.kernels.vector.integers import larger, smaller
from fusedmlp.plan.blocking import TILE_ROWS
from fusedmlp.plan.signals import NEXT

# A thread takes a share of what is left, but no fewer rows than these: a thread that loses its core
# then delays the others by little.
LEAST_CLAIM = 4 * TILE_ROWS


class Claim(NamedTuple):
    """Rows that one thread has taken; the last claim of each thread has none."""

    first: Any
    rows: Any


@inner
def claim_rows(team, last, rows, most):
    """Return a thread's next claim of `rows` rows, after its `last` one: at most `most` of them."""
    if team.threads == 1:
        first = last.first + last.rows
        return Claim(first, smaller(most, rows - first))
    left = rows - read_shared(shifted(team.signals, NEXT))
    share = left // (2 * team.threads * TILE_ROWS) * TILE_ROWS
    wanted = smaller(most, larger(LEAST_CLAIM, share))
    first = add_shared(shifted(team.signals, NEXT), wanted)
    return Claim(first, larger(0, smaller(wanted, rows - first)))
