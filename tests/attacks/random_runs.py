"""Random runs: data, a network and options, all from a number."""

from typing import Any, NamedTuple

import numpy as np

from fusedmlp.plan.codes import SCIPY_OPTIMIZERS, Activation, Loss, Optimizer, names_of

HIDDEN = [a.name.lower() for a in Activation if a.traits.hidden is not None]
OUTPUTS = [a.name.lower() for a in Activation if a.traits.output is not None]
COMMON = [a.name.lower() for a in Activation if a.traits.common and a.traits.hidden is not None]
OUTPUTS_OF = {"log_loss": ["sigmoid", "softmax"], "poisson": ["exp", "softplus"]}
SCIPY = names_of(SCIPY_OPTIMIZERS)
OF_SGD = ["sgd", "aw_sgd"]


class RandomRun(NamedTuple):
    """The arguments of `fusedmlp.train`."""

    X: np.ndarray
    y: np.ndarray
    hidden: tuple[int, ...]
    options: dict[str, Any]


class Draw:
    """Draws from a random number generator."""

    def __init__(self, number: int) -> None:
        self.random = np.random.default_rng(number)

    def chance(self, probability: float) -> bool:
        return bool(self.random.random() < probability)

    def one_of(self, choices: Any) -> Any:
        return choices[int(self.random.integers(len(choices)))]

    def size(self, most: int) -> int:
        """Return 1 to most, small ones more often."""
        return int(np.exp(self.random.uniform(0, np.log(most + 1))))


def random_run(number: int) -> RandomRun:
    """Return the run of this number."""
    draw = Draw(number)
    plain = draw.chance(0.35)
    optimizer = "sgd" if plain else draw.one_of(names_of(Optimizer))
    rows, n_in, hidden, n_out = _shape(draw, small=optimizer in SCIPY)
    options: dict[str, Any] = {
        "dtype": draw.one_of(["float64", "float32"]),
        "loss": draw.one_of(names_of(Loss)),
        "bias": draw.chance(0.5),
        "init": draw.one_of(["uniform", "glorot", "he"]),
        "optimizer": optimizer,
        "epochs": draw.size(5 if rows <= 100 else 2),
        "random_state": number,
        "threads": draw.one_of([1, 1, 1, 1, 2, 3]),
    }
    outputs = OUTPUTS_OF.get(options["loss"], OUTPUTS)
    options["output_activation"] = draw.one_of(outputs if n_out > 1 else [*outputs, "identity"])
    if n_out == 1 and options["output_activation"] == "softmax":
        n_out = 2
    usual = HIDDEN if draw.chance(0.6) else COMMON
    each = [draw.one_of(usual) for _ in hidden]
    options["activation"] = each if draw.chance(0.5) else draw.one_of(usual)
    options |= _steps(draw, optimizer, rows)
    if not plain:
        options |= _extras(draw, optimizer, rows, options)
    X, y = _data(draw, rows, n_in, n_out, options)
    if draw.chance(0.15):
        options["validation"] = draw.one_of([0.3, _data(draw, 5, n_in, n_out, options)])
    if draw.chance(0.1):
        options["patience"] = draw.one_of([1, 2])
    unused = {"huber_delta"} if options["loss"] != "huber" else set()
    unused |= set() if hidden else {"dropout", "batch_norm"}
    options = {name: value for name, value in options.items() if name not in unused}
    return RandomRun(X, y, hidden, options)


def _shape(draw: Draw, small: bool) -> tuple[int, int, tuple[int, ...], int]:
    """Return rows, n_in, hidden and n_out, one of four kinds of shape; small: of few weights."""
    kind, layers = draw.random.random(), int(draw.random.integers(4))
    if small:  # BFGS keeps a matrix of as many rows as there are weights
        units = [draw.size(12) for _ in range(layers)]
        return draw.size(40), draw.size(12), tuple(units), draw.size(6)
    if kind < 0.02:  # many rows, few weights: the gradient is divided
        units = [int(draw.random.integers(4, 16)) for _ in range(5)]
        return int(draw.random.integers(1500, 4000)), units[0], tuple(units[1:3]), units[3]
    if kind < 0.05:  # several blocks in a batch
        units = [int(draw.random.integers(50, 71)) for _ in range(5)]
        return int(draw.random.integers(129, 400)), units[0], tuple(units[1:4]), units[4]
    if kind < 0.4:  # few rows, small layers: the lanes
        units = [draw.size(12) for _ in range(layers)]
        return int(draw.random.integers(1, 18)), draw.size(12), tuple(units), draw.size(6)
    units = [draw.size(70) for _ in range(layers)]
    return draw.size(40), draw.size(70), tuple(units), draw.size(70)


def _steps(draw: Draw, optimizer: str, rows: int) -> dict[str, Any]:
    """Return options of plain steps, as far as the optimiser takes them."""
    options: dict[str, Any] = {"reduction": draw.one_of(["sum", "mean"])}
    if optimizer not in SCIPY:
        options["learning_rate"] = draw.one_of([0.001, 0.01, 0.1, 1.0])
        options["track_directions"] = draw.chance(0.3)
        if optimizer != "rprop" and (optimizer == "aw_sgd" or draw.chance(0.6)):
            size = draw.size(rows + 3) if rows <= 100 else draw.one_of([100, rows // 2, rows - 1])
            options["batch_size"] = max(size, rows // 60)
    if draw.chance(0.3):
        options["record_every"] = draw.size(3)
    if draw.chance(0.2) and optimizer != "aw_sgd":
        options["shuffle"] = False
    if optimizer in (*OF_SGD, "rmsprop") and draw.chance(0.4):
        options["momentum"] = draw.one_of([0.5, 0.9])
        options["nesterov"] = draw.chance(0.5) and optimizer in OF_SGD
    if draw.chance(0.2):
        options["huber_delta"] = draw.one_of([0.1, 0.5])
    return options


def _extras(draw: Draw, optimizer: str, rows: int, steps: dict[str, Any]) -> dict[str, Any]:
    """Return options beyond plain steps, as far as the optimiser takes them."""
    options: dict[str, Any] = {}
    if draw.chance(0.2) and (optimizer not in SCIPY or optimizer == "annealing"):
        options["l1"] = draw.one_of([0.001, 0.1])
    if draw.chance(0.2):
        options["l2"] = draw.one_of([0.001, 0.1])
    if steps["reduction"] == "mean" and optimizer not in SCIPY:
        options["scale_penalties"] = draw.chance(0.2)
    if optimizer in ("adam", "adamw"):
        options["epsilon_hat"] = draw.chance(0.3)
    if draw.chance(0.3):
        weights = draw.random.uniform(size=rows).round(2)
        options["sample_weight"] = weights + (weights.sum() == 0)
    if optimizer in SCIPY:
        return options
    for name, values in (
        ("clip_value", [0.01, 0.1]),
        ("clip_norm", [0.1, 1.0]),
        ("dropout", [0.1, 0.5, 0.999]),
        ("dropconnect", [0.1, 0.5, 0.999]),
        ("batch_norm", [True]),
    ):
        if draw.chance(0.2):
            options[name] = draw.one_of(values)
    if optimizer != "rprop" and draw.chance(0.4):
        schedules = ["constant", "invscaling", "adaptive", "cosine", "exponential"]
        options["learning_rate_schedule"] = draw.one_of(schedules)
        options["warmup_epochs"] = draw.one_of([0, 1, 3])
    return options


def _data(
    draw: Draw, rows: int, n_in: int, n_out: int, options: dict[str, Any]
) -> tuple[np.ndarray, np.ndarray]:
    """Return X (rows, n_in) and targets (rows, n_out) that the loss can take."""
    X, y = draw.random.normal(size=(rows, n_in)), draw.random.random((rows, n_out))
    if draw.chance(0.1):
        X[:, draw.random.integers(n_in)] = 0
    if options["loss"] == "poisson":
        y = np.floor(4 * y)
    elif options["loss"] == "log_loss":
        if draw.chance(0.5):
            y = (y == y.max(axis=1, keepdims=True)).astype(float)
        elif options["output_activation"] == "softmax":
            y /= y.sum(axis=1, keepdims=True)
    return X, y
