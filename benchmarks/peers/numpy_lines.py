"""NumPy: the eleven lines, on the seeds' networks."""

import numpy as np

from benchmarks.peers.rows import Array, Row


def version() -> str:
    """Name the package and its version."""
    return f"NumPy {np.__version__}"


class Run:
    """A row's training."""

    def __init__(self, row: Row) -> None:
        if row.case.rows != 4:
            raise ValueError(f"the eleven lines train the seeds' networks, not {row.name}")
        self.hidden = row.case.sizes[1]

    def train(self, epochs: int, shuffle: bool = True) -> None:  # noqa: ARG002
        """Train from the first weights; the four rows are one batch, so there is no order."""
        from benchmarks.seeds import eleven_lines

        self.last = eleven_lines(self.hidden, epochs)

    def outputs(self) -> Array:
        """Return what the network makes of the data it was trained on."""
        return self.last
