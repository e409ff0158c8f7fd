"""The rows of the table: a network, its data and the options, which are the same on all sides."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.cases import SPEED_CASES, Case, prepared

Array = NDArray[Any]


@dataclass(frozen=True)
class Row:
    """A row of the table."""

    case: Case
    what: str  # the work, in a few words
    peers: tuple[str, ...]
    dtype: str = "float32"
    most_epochs: int = 100_000  # in one timing

    @property
    def name(self) -> str:
        """The network's sizes."""
        return self.case.name

    @property
    def options(self) -> dict[str, Any]:
        """Options of `fusedmlp.train`, but for the epochs."""
        options = self.case.arguments(dtype=self.dtype)
        del options["epochs"]
        return options

    @property
    def batch(self) -> int:
        """Rows in a step."""
        return int(self.case.options.get("batch_size", self.case.rows))

    @property
    def steps(self) -> int:
        """Steps in an epoch."""
        return -(-self.case.rows // self.batch)

    @property
    def classes(self) -> bool:
        """Whether the targets are classes, as one-hot rows."""
        return self.case.options.get("loss") == "log_loss"

    def data(self) -> tuple[Array, Array]:
        """Return X (rows, n_in) and y (rows, n_out): what one random layer makes of X, and noise.

        The seeds' networks have the seeds' own four rows.
        """
        if self.case.rows == 4:
            from benchmarks.seeds import X, y

            return X.astype(self.dtype), y.astype(self.dtype)
        random = np.random.default_rng(0)
        X = random.normal(size=(self.case.rows, self.case.sizes[0]))
        sums = X @ random.normal(size=(X.shape[1], self.case.sizes[-1])) / np.sqrt(X.shape[1])
        sums += 0.5 * random.normal(size=sums.shape)
        y = np.eye(sums.shape[1])[sums.argmax(axis=1)] if self.classes else np.tanh(sums)
        return X.astype(self.dtype), y.astype(self.dtype)

    def first_layers(self) -> list[tuple[Array, Array]]:
        """Return the weights (n_in, n_out) and biases (n_out,) that fusedmlp begins with."""
        run = prepared(*self.data(), epochs=1, **self.options)
        layers = []
        for layer, (n_in, n_out) in enumerate(pairwise(run.sizes)):
            weights, biases = run.plan.weight_offsets[layer], run.plan.bias_offsets[layer]
            layers.append(
                (
                    run.params[weights : weights + n_in * n_out].reshape(n_in, n_out).copy(),
                    run.params[biases : biases + n_out * run.plan.bias].copy(),
                )
            )
        return layers

    def flops(self) -> int:
        """Return the additions and multiplications of a step's matrix products.

        Forward, the gradient of the weights, and the deltas of all layers but the first.
        """
        products = [n_in * n_out for n_in, n_out in pairwise(self.case.sizes)]
        return 2 * self.batch * (3 * sum(products) - products[0])


_CASES = {case.name: case for case in SPEED_CASES}
_SEEDS = ("numpy", "jax")
_CLASSES = ("sklearn", "torch", "jax")

ROWS = [
    Row(_CASES["3-4-1"], "full batch of 4, float64", _SEEDS, "float64", 60_000),
    Row(_CASES["3-32-1"], "full batch of 4, float64", _SEEDS, "float64", 60_000),
    Row(_CASES["8-16-2"], "32 rows a step", _CLASSES),
    Row(_CASES["20-64-64-2"], "32 rows a step", _CLASSES),
    Row(_CASES["64-100-10"], "200 rows a step", _CLASSES),
    Row(_CASES["784-100-10"], "128 rows a step", _CLASSES),
    Row(_CASES["784-512-512-10"], "128 rows a step", _CLASSES),
    Row(_CASES["4-32-16-4"], "tanh, full batch of 10,000", ("torch", "jax")),
    Row(_CASES["4-32-16-4 Adam"], "the same with Adam", ("torch", "jax")),
]
