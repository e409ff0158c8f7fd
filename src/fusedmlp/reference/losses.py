"""Losses and where backpropagation begins, for clarity and not for speed."""

import numpy as np

from fusedmlp.plan.codes import Activation, Loss
from fusedmlp.reference.activations import Array, error_weighted_derivative


def loss(
    kind: int, activation: int, outputs: Array, targets: Array, huber_delta: float = 1.0
) -> float:
    """Return the loss summed over all rows of outputs (rows, n_out).

    squared_error: half the sum of the squared errors, so that its derivative is the error.
    absolute_error: the sum of the errors' sizes.
    huber: the first for errors of up to huber_delta, and then on along the tangent (Huber, Robust
    estimation of a location parameter, 1964).
    log_loss: minus the logarithm of the probability that the outputs gave to the targets. Each
    sigmoid is a question of its own; all of a softmax is one. The logarithm stops at the type's
    precision, as in scikit-learn.
    poisson: half the deviance of targets that are counts, from outputs that are their means; for
    a target of 0 it is the output.
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
        some = target > 0
        with np.errstate(divide="ignore"):  # an output of 0 makes the loss infinite
            surprise = target[some] * np.log(target[some] / out[some])
        return float(surprise.sum() + (out - target).sum())
    nearest = np.finfo(outputs.dtype).eps
    p = out.clip(nearest, 1 - float(nearest))
    chosen = (target * np.log(p)).sum()
    not_chosen = ((1 - target) * np.log(1 - p)).sum() if activation == Activation.SIGMOID else 0.0
    return float(-(chosen + not_chosen))


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
    """Set delta (rows, n_out) to scale times the derivative of the loss by the last layer's sums.

    For log_loss, the slope of sigmoid or softmax cancels against that of the logarithm, and what
    stays is the error alone (Bishop, Pattern Recognition and Machine Learning, 2006, section 5.3).
    So it does for poisson and exp.
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
        # The loss's derivative by the output is error / output. Softplus's slope tends to the
        # output: where that is too small to divide by, the two cancel as well.
        tiny = outputs < 2.0**-60
        delta[:] = np.where(tiny, scale * error, delta / np.where(tiny, 1, outputs))
