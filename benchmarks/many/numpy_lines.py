"""NumPy: the eleven lines, one network after the other. They compute in float64 always."""

import numpy as np

from benchmarks.many.cases import Many
from benchmarks.peers.numpy_lines import version
from benchmarks.peers.rows import Array
from benchmarks.seeds import eleven_lines

__all__ = ["Run", "version"]


class Run:
    """The training of a few of the seeds' networks."""

    def __init__(self, many: Many, _how: str) -> None:
        if many.row.case.rows != 4:
            raise ValueError(f"the eleven lines train the seeds' networks, not {many.row.name}")
        self.hidden, self.seeds = many.row.case.sizes[1], many.seeds[: many.few]

    def train(self, epochs: int, shuffle: bool = True) -> None:  # noqa: ARG002
        """Train from the first weights; the four rows are one batch, so there is no order."""
        self.last = [eleven_lines(self.hidden, epochs, seed) for seed in self.seeds]

    def outputs(self) -> Array:
        """Return what the networks make of the data (networks, rows, n_out)."""
        return np.array(self.last)
