"""The grid of cases that tests and benchmarks share: networks, data and options."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Case:
    """A network and what it is trained on."""

    name: str
    sizes: tuple[int, ...] = (3, 5, 2)
    rows: int = 7
    options: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name

    def data(self, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Return X (rows, n_in) and targets (rows, n_out) that any loss can take."""
        random = np.random.default_rng(seed)
        X = random.normal(size=(self.rows, self.sizes[0]))
        y = random.uniform(0.05, 0.95, (self.rows, self.sizes[-1]))
        if self.options.get("output_activation") == "softmax":
            y /= y.sum(axis=1, keepdims=True)
        return X, y

    def arguments(self, **more: Any) -> dict[str, Any]:
        """Return the keyword arguments of `fusedmlp.train`."""
        defaults = {"hidden": self.sizes[1:-1], "epochs": 10, "random_state": 1}
        return {**defaults, **self.options, **more}


def same_weights(a: Any, b: Any) -> bool:
    """Whether two trained networks have the same bits."""
    pairs = zip(a.weights + a.biases, b.weights + b.biases, strict=True)
    return all(np.array_equal(x, y) for x, y in pairs)


SOFTMAX = {"output_activation": "softmax", "loss": "log_loss"}
MINI_BATCH = {"batch_size": 3, "reduction": "mean", "learning_rate": 0.3}
EVERYTHING = {
    **SOFTMAX,
    **MINI_BATCH,
    "activation": "tanh",
    "bias": True,
    "init": "glorot",
    "momentum": 0.9,
    "nesterov": True,
    "record_every": 2,
    "track_directions": True,
}

# A baseline, each option alone, everything together.
OPTION_CASES = [
    Case("baseline"),
    Case("tanh", options={"activation": "tanh"}),
    Case("relu", options={"activation": "relu", "init": "he"}),
    Case("identity", options={"activation": "identity", "learning_rate": 0.1}),
    Case("identity output", options={"output_activation": "identity", "learning_rate": 0.02}),
    Case("softmax", options={"output_activation": "softmax"}),
    Case("sigmoid log_loss", options={"loss": "log_loss"}),
    Case("softmax log_loss", options=SOFTMAX),
    Case("bias", options={"bias": True}),
    Case("glorot", options={"init": "glorot"}),
    Case("he", options={"init": "he"}),
    Case("small learning rate", options={"learning_rate": 0.01}),
    Case("momentum", options={"momentum": 0.9, "learning_rate": 0.1}),
    Case("nesterov", options={"momentum": 0.9, "nesterov": True, "learning_rate": 0.1}),
    Case("mean", options={"reduction": "mean"}),
    Case("ragged last batch", options={"batch_size": 3}),
    Case("one row a step", options={"batch_size": 1}),
    Case("batch larger than the data", options={"batch_size": 100}),
    Case("unshuffled batches", options={"batch_size": 2, "shuffle": False}),
    Case("record every epoch", options={"record_every": 1}),
    Case("track directions", options={"track_directions": True}),
    Case("everything", options=EVERYTHING),
]

# One of everything, no hidden layer, deep, wide; around the widths of vectors and of tiles, and
# more rows than one block of the kernels holds.
SHAPE_CASES = [
    Case("one row, one unit", (1, 1, 1), 1),
    Case("no hidden layer", (3, 1), 4),
    Case("the seeds'", (3, 4, 1), 4),
    Case("deep", (2, 3, 4, 5, 4, 3), 9, {"bias": True}),
    Case("narrow in the middle", (6, 1, 6), 13),
    Case("around vectors", (7, 8, 9, 15, 16, 17), 11, {"bias": True}),
    Case("around tiles", (31, 33, 65), 25, {"activation": "tanh", "learning_rate": 0.03}),
    Case("more rows than a block", (5, 6, 3), 300, {"learning_rate": 0.01}),
    Case("batches larger than a block", (5, 6, 3), 301, {"batch_size": 150, "reduction": "mean"}),
    Case("exactly a block", (4, 4, 2), 128, {"learning_rate": 0.01}),
    # As many rows as a vector has lanes, or not quite: a path of their own.
    Case("few rows, everything", (5, 7, 3), 3, {**EVERYTHING, "batch_size": None}),
    Case("few rows, softmax", (4, 6, 5, 3), 4, {"output_activation": "softmax"}),
    Case("few rows, relu", (4, 9, 2), 2, {"activation": "relu", "init": "he", "bias": True}),
    Case("as many rows as lanes of float32", (3, 5, 2), 8, {"loss": "log_loss", "bias": True}),
    Case("most lanes of float32", (3, 5, 2), 6, {**SOFTMAX, "reduction": "mean"}),
]


def random_cases(count: int = 12, seed: int = 2024) -> list[Case]:
    """Return a sample of networks and options that no one chose."""
    random = np.random.default_rng(seed)

    def pick(*choices: Any) -> Any:
        return choices[random.integers(len(choices))]

    cases = []
    for number in range(count):
        sizes = tuple(int(n) for n in random.integers(1, 40, random.integers(2, 6)))
        options = {
            "activation": pick("sigmoid", "tanh", "relu", "identity"),
            "bias": pick(True, False),
            "init": pick("glorot", "he"),
            "learning_rate": 0.05,
            "reduction": "mean",
            "batch_size": pick(None, 1, 8, 200),
            "shuffle": pick(True, False),
            "track_directions": pick(True, False),
            **pick({"momentum": 0.0}, {"momentum": 0.5}, {"momentum": 0.5, "nesterov": True}),
            **pick({"loss": "log_loss"}, {"output_activation": "identity"}, {}),
        }
        if sizes[-1] > 1 and pick(True, False):
            options |= SOFTMAX
        rows = int(random.integers(1, 200))
        cases.append(Case(f"random {number}", sizes, rows, options))
    return cases


ALL_CASES = [*OPTION_CASES, *SHAPE_CASES, *random_cases()]

# Networks to time: the shapes that the speed is judged by.
SGD = {"activation": "relu", "init": "he", "bias": True, "reduction": "mean", "momentum": 0.9}
CLASSES = {**SGD, **SOFTMAX}
REGRESSION = {
    **SGD,
    "activation": "tanh",
    "init": "glorot",
    "output_activation": "identity",
    "learning_rate": 0.05,
}
SPEED_CASES = [
    Case("3-4-1", (3, 4, 1), 4),
    Case("3-32-1", (3, 32, 1), 4),
    Case("8-16-2", (8, 16, 2), 1024, {**CLASSES, "learning_rate": 0.05, "batch_size": 32}),
    Case("20-64-64-2", (20, 64, 64, 2), 1024, {**CLASSES, "learning_rate": 0.05, "batch_size": 32}),
    Case("64-100-10", (64, 100, 10), 1000, {**CLASSES, "learning_rate": 0.05, "batch_size": 200}),
    Case("784-100-10", (784, 100, 10), 1024, {**CLASSES, "learning_rate": 0.01, "batch_size": 128}),
    Case(
        "784-512-512-10",
        (784, 512, 512, 10),
        1024,
        {**CLASSES, "learning_rate": 0.01, "batch_size": 128},
    ),
    Case("4-32-16-4", (4, 32, 16, 4), 10_000, REGRESSION),
]
