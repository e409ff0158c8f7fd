"""Losses and the delta of the last layer. Written for clarity, not for speed."""

import numpy as np

from fusedmlp.plan.codes import Activation, Loss
from fusedmlp.reference.activations import Array, error_weighted_derivative


def loss(
    kind: int, activation: int, outputs: Array, targets: Array, huber_delta: float = 1.0
) -> float:
    """Return the loss summed over all rows of outputs (rows, n_out).

    squared_error: half the sum of the squared errors, so that its derivative is the error.
    absolute_error: the sum of the errors' absolute values.
    huber: squared_error for errors of up to huber_delta, and its tangent for larger ones (Huber,
    Robust estimation of a location parameter, 1964).
    log_loss: minus the logarithm of the probability that the outputs give to the targets. Each
    sigmoid output is the probability of a class of its own; softmax outputs are the probabilities
    of classes that exclude each other. It is as exact as probabilities allow, and finite: a
    probability of 0 counts as the type's smallest positive number, one of 1 as half way between 1
    and the number below it. (scikit-learn clips by the machine epsilon at both ends.) Training
    does not use it, but `log_loss_of_sums`, which has no such ends.
    poisson: half the Poisson deviance; targets are counts, outputs their means. For a target of 0
    it is the output.
    """
    out, target = outputs.astype(np.float64), targets.astype(np.float64)
    error = np.abs(out - target)
    if kind == Loss.SQUARED_ERROR:
        return float(0.5 * (error**2).sum())
    if kind == Loss.ABSOLUTE_ERROR:
        return float(error.sum())
    if kind == Loss.HUBER:
        tangent = huber_delta * (error - 0.5 * huber_delta)
        return float(np.where(error <= huber_delta, 0.5 * error**2, tangent).sum())
    if kind == Loss.POISSON:
        positive = target > 0
        with np.errstate(divide="ignore"):  # an output of 0 makes the loss infinite
            log_ratios = target[positive] * np.log(target[positive] / out[positive])
        return float(log_ratios.sum() + (out - target).sum())
    limits = np.finfo(outputs.dtype)
    chosen = (target * np.log(out.clip(float(limits.smallest_subnormal)))).sum()
    if activation != Activation.SIGMOID:
        return float(-chosen)
    below_1 = np.log1p(-np.where(out < 1, out, 0))
    log_of_rest = np.where(out >= 1, np.log(float(limits.epsneg) / 2), below_1)
    return float(-(chosen + ((1 - target) * log_of_rest).sum()))


def weighted_loss(
    kind: int,
    activation: int,
    outputs: Array,
    targets: Array,
    row_weights: Array,
    huber_delta: float = 1.0,
) -> float:
    """Return the sum of the rows' losses, each times its weight (rows,)."""
    rows = zip(outputs[:, None], targets[:, None], row_weights.tolist(), strict=True)
    losses = (w * loss(kind, activation, out, target, huber_delta) for out, target, w in rows)
    return float(sum(losses))


def absolute_error(outputs: Array, targets: Array) -> float:
    """Return the sum of ``|outputs - targets|``."""
    return float(np.abs(outputs.astype(np.float64) - targets).sum())


def output_delta(
    kind: int,
    activation: int,
    outputs: Array,
    targets: Array,
    scale: float,
    delta: Array,
    huber_delta: float = 1.0,
) -> None:
    """Set delta (rows, n_out) to scale times the loss's derivative by the pre-activations.

    The pre-activations are those of the last layer. With log_loss, the derivative of sigmoid or
    softmax cancels against that of the logarithm, and the delta is the error, outputs - targets
    (Bishop, Pattern Recognition and Machine Learning, 2006, section 5.3). The same holds for
    poisson with exp.
    """
    error = outputs - targets
    if kind == Loss.LOG_LOSS or (kind == Loss.POISSON and activation == Activation.EXP):
        delta[:] = scale * error
        return
    if kind == Loss.ABSOLUTE_ERROR:
        error = np.sign(error)
    elif kind == Loss.HUBER:
        error = error.clip(-huber_delta, huber_delta)
    error_weighted_derivative(activation, outputs, scale * error, delta)
    if kind == Loss.POISSON:
        # The loss's derivative by the output is error / output. Where the output of softplus is
        # too small to divide by, softplus's derivative equals it, and the two cancel as well.
        tiny = outputs < 2.0**-60
        delta[:] = np.where(tiny, scale * error, delta / np.where(tiny, 1, outputs))
