"""fusedmlp: the public call, with all its checks."""

import os
from typing import Any

import fusedmlp
from benchmarks.peers.rows import Array, Row
from fusedmlp.options import OPTIONS


def version() -> str:
    """Name the package and its version."""
    return f"fusedmlp {fusedmlp.__version__}"


class Run:
    """A row's training."""

    def __init__(self, row: Row) -> None:
        self.X, self.y = row.data()
        self.options: dict[str, Any] = row.options
        if "threads" in OPTIONS and os.environ.get("OMP_NUM_THREADS") == "1":
            self.options["threads"] = 1

    def train(self, epochs: int, shuffle: bool = True) -> None:
        """Train from the first weights."""
        self.trained = fusedmlp.train(
            self.X, self.y, epochs=epochs, shuffle=shuffle, **self.options
        )

    def outputs(self) -> Array:
        """Return what the network makes of the data it was trained on."""
        return self.trained.predict(self.X)
