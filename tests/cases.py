"""The grid of cases that tests and benchmarks share: networks, data and options."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

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


class Prepared(NamedTuple):
    """A run before its first step."""

    plan: Any
    sizes: tuple[int, ...]
    params: np.ndarray
    X: np.ndarray
    y: np.ndarray
    row_weights: np.ndarray | None


def prepared(X: Any, y: Any, hidden: Any = (4,), **options: Any) -> Prepared:
    """Check the arguments of `fusedmlp.train` and plan the run, as `train` does."""
    try:
        from fusedmlp.plan import make_plan
        from fusedmlp.training.request import checked
    except ImportError:  # commits before the subpackages, which the benchmarks compare with
        from fusedmlp.training import prepared as in_one_step

        run = in_one_step(X, y, hidden, **options)
        row_weights = run.rows.weights if hasattr(run, "rows") else None
        return Prepared(run.plan, run.sizes, run.params, run.X, run.y, row_weights)
    request = checked(X, y, hidden, options)
    plan = make_plan(request.options, request.sizes, len(request.data.X), request.seed)
    return Prepared(plan, request.sizes, request.params, *request.data)


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

WEIGHTS_OF_SEVEN = [0.5, 2.0, 0.0, 1.0, 1.5, 0.25, 3.0]
ALL_EXTRAS = {
    **EVERYTHING,
    "optimizer": "adamw",
    "nesterov": False,
    "momentum": 0.0,
    "learning_rate": 0.05,
    "learning_rate_schedule": "cosine",
    "warmup_epochs": 2,
    "l1": 0.001,
    "l2": 0.01,
    "clip_value": 0.2,
    "clip_norm": 0.3,
    "dropout": 0.2,
    "dropconnect": 0.1,
    "sample_weight": WEIGHTS_OF_SEVEN,
}
POISSON = {"loss": "poisson", "learning_rate": 0.02}
EACH = ["relu", "silu", "sigmoid", "gelu", "elu", "softplus", "leaky_relu", "tanh"]
SUMS = {"reduction": "mean", "learning_rate": 0.1, "batch_size": 200, "threads": 2}

SCIKIT_LEARNS = {"reduction": "mean", "l2": 0.1, "scale_penalties": True, "record_every": 1}

# A baseline, each option alone, everything together.
OPTION_CASES = [
    Case("baseline"),
    Case(
        "scikit-learn's adam", options={**SCIKIT_LEARNS, "optimizer": "adam", "epsilon_hat": True}
    ),
    Case("scaled penalties", options={**SCIKIT_LEARNS, "momentum": 0.9, "l1": 0.01}),
    Case(
        "scaled penalties of weighted rows",
        options={**SCIKIT_LEARNS, "sample_weight": WEIGHTS_OF_SEVEN, "batch_size": 3},
    ),
    Case("tanh", options={"activation": "tanh"}),
    Case("relu", options={"activation": "relu", "init": "he"}),
    Case("identity", options={"activation": "identity", "learning_rate": 0.1}),
    Case("identity output", options={"output_activation": "identity", "learning_rate": 0.02}),
    Case("softmax", options={"output_activation": "softmax"}),
    Case("sigmoid log_loss", options={"loss": "log_loss"}),
    Case("softmax log_loss", options=SOFTMAX),
    Case("leaky_relu", options={"activation": "leaky_relu", "init": "he"}),
    Case("elu", options={"activation": "elu", "learning_rate": 0.1}),
    Case("softplus", options={"activation": "softplus", "learning_rate": 0.1}),
    Case("silu", options={"activation": "silu", "bias": True, "learning_rate": 0.3}),
    Case("gelu", options={"activation": "gelu", "bias": True, "learning_rate": 0.3}),
    Case("tanh output", options={"output_activation": "tanh", "learning_rate": 0.1}),
    Case("softplus output", options={"output_activation": "softplus", "learning_rate": 0.1}),
    Case("exp output", options={"output_activation": "exp", "learning_rate": 0.02}),
    Case("absolute_error", options={"loss": "absolute_error", "learning_rate": 0.1}),
    Case("absolute_error softmax", options={**SOFTMAX, "loss": "absolute_error"}),
    Case(
        "huber",
        options={
            "loss": "huber",
            "huber_delta": 0.2,
            "output_activation": "identity",
            "learning_rate": 0.02,
        },
    ),
    Case("huber softmax", options={**SOFTMAX, "loss": "huber", "huber_delta": 0.3}),
    Case("poisson exp", options={**POISSON, "output_activation": "exp"}),
    Case("poisson softplus", options={**POISSON, "output_activation": "softplus"}),
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
    Case("adam", options={**MINI_BATCH, "optimizer": "adam", "learning_rate": 0.05}),
    Case("adamw", options={**MINI_BATCH, "optimizer": "adamw", "weight_decay": 0.1}),
    Case("rmsprop", options={**MINI_BATCH, "optimizer": "rmsprop", "learning_rate": 0.02}),
    Case("rmsprop with momentum", options={"optimizer": "rmsprop", "momentum": 0.5}),
    Case("adagrad", options={**MINI_BATCH, "optimizer": "adagrad", "learning_rate": 0.1}),
    Case("rprop", options={"optimizer": "rprop"}),
    Case("l1", options={"l1": 0.01}),
    Case("l2", options={"l2": 0.1, "bias": True}),
    Case("clip_value", options={"clip_value": 0.05, "bias": True}),
    Case("clip_norm", options={"clip_norm": 0.05, "batch_size": 3}),
    Case("invscaling", options={"learning_rate_schedule": "invscaling", "batch_size": 3}),
    Case("cosine", options={"learning_rate_schedule": "cosine", "warmup_epochs": 3}),
    Case("exponential", options={"learning_rate_schedule": "exponential"}),
    Case("adaptive", options={"learning_rate_schedule": "adaptive", "tol": 0.1}),
    Case("sample_weight", options={"sample_weight": WEIGHTS_OF_SEVEN, **MINI_BATCH}),
    Case("summed weights", options={"sample_weight": WEIGHTS_OF_SEVEN, "shuffle": False}),
    Case("validation", options={"validation": 0.3}),
    Case("aw_sgd", options={"optimizer": "aw_sgd", "batch_size": 3}),
    Case("aw_sgd, everything", options={**EVERYTHING, "optimizer": "aw_sgd", "l2": 0.01}),
    Case(
        "aw_sgd, weights",
        options={**MINI_BATCH, "optimizer": "aw_sgd", "sample_weight": WEIGHTS_OF_SEVEN},
    ),
    Case(
        "aw_sgd, dropout",
        options={**MINI_BATCH, "optimizer": "aw_sgd", "dropout": 0.4, "bias": True},
    ),
    Case("aw_sgd, dropconnect", options={**MINI_BATCH, "optimizer": "aw_sgd", "dropconnect": 0.3}),
    Case("dropout", options={"dropout": 0.4, **MINI_BATCH}),
    Case("dropout of silu", options={"dropout": 0.4, "activation": "silu"}),
    Case("dropconnect", options={"dropconnect": 0.3, "bias": True, **MINI_BATCH}),
    Case("batch_norm", options={"batch_norm": True, **MINI_BATCH}),
    Case("batch_norm of gelu", options={"batch_norm": True, "activation": "gelu"}),
    Case("all extras", options=ALL_EXTRAS),
    Case("all extras and batch_norm", options={**ALL_EXTRAS, "batch_norm": True}),
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
    Case(
        "an activation for each layer",
        (3, *range(4, 12), 2),
        9,
        {"activation": EACH, "bias": True, "learning_rate": 0.05},
    ),
    Case("sums of many rows", (5, 6, 7, 3), 301, {**SUMS, "activation": ["silu", "gelu"]}),
    Case("sums in parts", (4, 32, 16, 4), 2500, {**SUMS, "activation": "gelu", "batch_size": None}),
    # As many rows as a vector has lanes, or not quite: a path of their own.
    Case("few rows, everything", (5, 7, 3), 3, {**EVERYTHING, "batch_size": None}),
    Case("few rows, softmax", (4, 6, 5, 3), 4, {"output_activation": "softmax"}),
    Case("few rows, relu", (4, 9, 2), 2, {"activation": "relu", "init": "he", "bias": True}),
    Case("as many rows as lanes of float32", (3, 5, 2), 8, {"loss": "log_loss", "bias": True}),
    Case("few rows, leaky_relu", (4, 9, 2), 3, {"activation": "leaky_relu", "init": "he"}),
    Case("few rows, elu and softplus", (4, 6, 5, 2), 4, {"activation": ["elu", "softplus"]}),
    Case("few rows, exp", (3, 5, 2), 4, {"output_activation": "exp", "learning_rate": 0.02}),
    Case(
        "few rows, silu",
        (3, 5, 2),
        4,
        {"activation": "silu", **POISSON, "output_activation": "exp"},
    ),
    Case("most lanes of float32", (3, 5, 2), 6, {**SOFTMAX, "reduction": "mean"}),
    # Fewer rows, one hidden layer: the hidden units in the lanes.
    Case("one row", (3, 5, 2), 1, {"bias": True, "momentum": 0.9, "nesterov": True}),
    Case("one row, everything", (9, 17, 3), 1, {**EVERYTHING, "batch_size": None}),
    Case("two rows, softmax", (4, 33, 5), 2, {**SOFTMAX, "track_directions": True}),
    Case("three rows, tanh", (5, 16, 9), 3, {"activation": "tanh", "learning_rate": 0.05}),
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
FULL_BATCH_CASES = [case for case in ALL_CASES if case.options.get("optimizer") != "aw_sgd"]

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
ADAM = {"optimizer": "adam", "learning_rate": 0.01, "momentum": 0.0}
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
    Case("4-32-16-4 Adam", (4, 32, 16, 4), 10_000, {**REGRESSION, **ADAM}),
]
