"""Losses and where backpropagation begins, for clarity and not for speed."""

import numpy as np

from fusedmlp.codes import Activation, Loss
from fusedmlp.reference.activations import Array, error_weighted_derivative


def loss(kind: int, activation: int, outputs: Array, targets: Array) -> float:
    """Return the loss summed over all rows of outputs (rows, n_out).

    squared_error: half the sum of the squared errors, so that its derivative is the error.
    log_loss: minus the logarithm of the probability that the outputs gave to the targets. Each
    sigmoid is a question of its own; all of a softmax is one. The logarithm stops at the type's
    precision, as in scikit-learn.
    """
    out, target = outputs.astype(np.float64), targets.astype(np.float64)
    if kind == Loss.SQUARED_ERROR:
        return float(0.5 * ((out - target) ** 2).sum())
    nearest = np.finfo(outputs.dtype).eps
    p = out.clip(nearest, 1 - float(nearest))
    chosen = (target * np.log(p)).sum()
    not_chosen = ((1 - target) * np.log(1 - p)).sum() if activation == Activation.SIGMOID else 0.0
    return float(-(chosen + not_chosen))


def weighted_loss(
    kind: int, activation: int, outputs: Array, targets: Array, row_weights: Array
) -> float:
    """Return the sum of the rows' losses, each times its weight (rows,)."""
    rows = zip(outputs[:, None], targets[:, None], row_weights.tolist(), strict=True)
    losses = (weight * loss(kind, activation, out, target) for out, target, weight in rows)
    return float(sum(losses))


def absolute_error(outputs: Array, targets: Array) -> float:
    """Return the sum of ``|outputs - targets|``."""
    return float(np.abs(outputs.astype(np.float64) - targets).sum())


def output_delta(
    kind: int, activation: int, outputs: Array, targets: Array, scale: float, delta: Array
) -> None:
    """Set delta (rows, n_out) to scale times the derivative of the loss by the last layer's sums.

    For log_loss, the slope of sigmoid or softmax cancels against that of the logarithm, and what
    stays is the error alone (Bishop, Pattern Recognition and Machine Learning, 2006, section 5.3).
    """
    delta[:] = scale * (outputs - targets)
    if kind == Loss.SQUARED_ERROR:
        error_weighted_derivative(activation, outputs, delta.copy(), delta)
