"""What is trained: the networks, their data and their options, which are the same on all sides."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.peers.rows import ROWS, Array, Row
from tests.cases import ADAM, REGRESSION, Case


@dataclass(frozen=True)
class Many:
    """Networks of one structure, which differ in their seeds."""

    row: Row
    networks: int
    epochs: int
    few: int  # of the networks, by a side that trains one after the other

    @property
    def name(self) -> str:
        """The network's sizes, and what it computes with."""
        return f"{self.row.name}, {self.row.dtype}"

    @property
    def seeds(self) -> list[int]:
        """The seeds that `train_many` gives the networks with ``random_state=1``."""
        from fusedmlp.many.seeds import seeds_of

        return [int(seed) for seed in seeds_of(1, self.networks)]

    def one(self, network: int) -> Row:
        """Return the row of one network, with its own seed and so its own first weights."""
        case = self.row.case
        options = {**case.options, "random_state": self.seeds[network]}
        return replace(self.row, case=replace(case, options=options))

    def first_layers(self) -> list[tuple[Array, Array]]:
        """Return the first weights (networks, n_in, n_out) and biases (networks, n_out or 0)."""
        networks = [self.one(k).first_layers() for k in range(self.networks)]
        layers = zip(*networks, strict=True)
        return [tuple(map(np.array, zip(*layer, strict=True))) for layer in layers]

    def loss(self, outputs: Array) -> float:
        """Return the mean loss of all rows and networks, of outputs (networks, rows, n_out).

        The sums of the seeds' networks are means here, which only scales them.
        """
        y = self.row.data()[1]
        if self.row.classes:
            return float(-np.log(outputs[:, y > 0]).mean())
        return float(0.5 * ((outputs - y) ** 2).sum(axis=2).mean())


ROW = {row.name: row for row in ROWS}
SEEDS = ROW["3-4-1"]
ADAM_OPTIONS: dict[str, Any] = {**REGRESSION, **ADAM, "batch_size": 32}
ADAM_ROW = Row(
    Case("10-32-32-1", (10, 32, 32, 1), 1000, ADAM_OPTIONS), "32 rows a step", ("torch", "jax")
)


def starts() -> list[Many]:
    """Return the seeds' network and run from 1,024 starts, in float64 and in float32."""
    return [Many(replace(SEEDS, dtype=t), 1024, 60_000, few=8) for t in ("float64", "float32")]


def adam() -> list[Many]:
    """Return 50 networks with Adam; 1,000 rows are 31 batches of 32 and one of 8."""
    return [Many(ADAM_ROW, 50, 50, few=2)]


def sgd() -> list[Many]:
    """Return 50 classifiers with momentum."""
    return [Many(ROW["8-16-2"], 50, 50, few=2)]


CASES: dict[str, Callable[[], list[Many]]] = {"starts": starts, "adam": adam, "sgd": sgd}
