"""Data that a network can be trained on, but hardly learn from, and what to change."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from fusedmlp.checks.arrays import Array
from fusedmlp.plan.codes import Activation
from fusedmlp.training.data import Dataset

# Pre-activations beyond which a unit is saturated: its derivative, and with it the gradient of its
# weights, is less than 5e-5 of the largest.
SATURATED = {"sigmoid": 10.0, "tanh": 5.0, "softmax": 10.0}
MOST_SATURATED = 0.9  # share of all units, over the rows looked at, which no longer is by chance
ROWS_LOOKED_AT, UNITS_LOOKED_AT = 64, 64

# A target scaled to 0..1 may be rounded to as much beyond.
ROUNDING = 1e-6

FEW = 64  # numbers of which a list is searched sooner than an array
TRAITS = {activation.name.lower(): activation.traits for activation in Activation}


def warnings_of(
    samples: Sequence[Dataset], options: Mapping[str, Any], sizes: Sequence[int], params: Array
) -> Iterator[str]:
    """Yield what a user should be warned of before training.

    Parameters
    ----------
    samples : sequence of Dataset
        Rows of the training data; none where looking at them would take long.
    options : mapping
        Checked.
    sizes : sequence of int
        Units of the input and of each layer.
    params : ndarray
        The flat vector of the initial parameters.
    """
    text = unreachable_targets([sample.y for sample in samples], options["output_activation"])
    if text:
        yield text
    if any(starts_saturated(sample.X, options, sizes, params) for sample in samples[:1]):
        yield saturated_text(options)


def unreachable_targets(targets: Sequence[Array], activation: str) -> str | None:
    """Return the warning of targets that the outputs cannot come close to, or None."""
    traits = TRAITS[activation]
    if traits.least == -math.inf or not targets:
        return None
    ends = [_ends(y) for y in targets]
    low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    if low >= traits.least - ROUNDING and high <= traits.most + ROUNDING:
        return None
    outputs = f"in {traits.least:g}..{traits.most:g}"
    if traits.most == math.inf:
        outputs = f"above {traits.least:g}"
    classes = ""
    if low >= 0 and all(y.shape[1] == 1 and (y == np.rint(y)).all() for y in targets):
        classes = "; for classes, give one-hot rows or take fusedmlp.MLPClassifier"
    return (
        f"y has targets in {low:.4g}..{high:.4g}, but the outputs of output_activation="
        f"{activation!r} are {outputs}: for numbers, take output_activation='identity' or "
        f"fusedmlp.MLPRegressor{classes}"
    )


def starts_saturated(
    X: Array, options: Mapping[str, Any], sizes: Sequence[int], params: Array
) -> bool:
    """Return whether nearly all units of the first layer are saturated before training."""
    activation = _first_activation(options)
    if activation not in SATURATED or options["batch_norm"] or options["warm_start"] is not None:
        return False
    n_in, n_out = sizes[:2]
    rows = X[:: len(X) // ROWS_LOOKED_AT + 1]
    # Weights that are drawn are not much larger than 1.
    if isinstance(options["init"], str):
        low, high = _ends(rows)
        if max(-low, high) * n_in <= SATURATED[activation]:
            return False
    weights = params[: n_in * n_out].reshape(n_in, n_out)[:, :UNITS_LOOKED_AT]
    with np.errstate(over="ignore", invalid="ignore"):
        sums = np.abs(rows @ weights)  # infinite or NaN where it overflows
    unsaturated = np.count_nonzero(sums <= SATURATED[activation])
    return bool(unsaturated < (1 - MOST_SATURATED) * sums.size)


def saturated_text(options: Mapping[str, Any]) -> str:
    """Return the warning of inputs with which all units begin saturated."""
    smaller = ", and take init='glorot'" if options["init"] == "uniform" else ""
    return (
        f"X gives sums so large that nearly all {_first_activation(options)} units of the first "
        "layer begin saturated, where training hardly changes them: scale its columns, such as "
        f"with sklearn.preprocessing.StandardScaler{smaller}"
    )


def _ends(array: Array) -> tuple[float, float]:
    """Return the lowest and the highest number; of few, without NumPy, which takes 4 us."""
    if array.size <= FEW:
        numbers = array.ravel().tolist()
        return min(numbers), max(numbers)
    return float(array.min()), float(array.max())


def _first_activation(options: Mapping[str, Any]) -> str:
    """Return the activation of the first layer; empty where saturated units learn all the same."""
    if options["hidden"]:
        activation = options["activation"]
        return activation if isinstance(activation, str) else str(activation[0])
    # With the loss log_loss, the gradient of an output does not vanish with its derivative.
    return "" if options["loss"] == "log_loss" else str(options["output_activation"])
