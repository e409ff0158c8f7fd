"""The log loss from the sums of the last layer. Written for clarity, not for speed."""

import numpy as np

from fusedmlp.plan.codes import Activation
from fusedmlp.reference.activations import Array


@np.errstate(invalid="ignore")
def log_loss_of_sums(
    activation: int,
    sums: Array,
    targets: Array,
    row_weights: Array | None = None,
    cap: float = np.inf,
) -> float:
    """Return the log loss summed over all rows, each times its weight (rows,), if there are any.

    sums (rows, n_out) are the pre-activations of the last layer, whose activation is sigmoid or
    softmax. The loss is exact to rounding for every finite sum. The probabilities would not do: a
    sigmoid is 1 from a sum of 37 on, in float32 from 17 on.

    A larger loss of a row (softmax) or of a unit (sigmoid) counts as `cap`. scikit-learn, which
    computes the loss from the probabilities, has such a cap: it cuts them at eps, the distance from
    1 to the next number, so that no loss of a right class is above -log(eps).

    sigmoid(z) is the probability of a class, 1 - sigmoid(z) that of its absence. Minus their
    logarithms are softplus(z) - z and softplus(z), so that the loss is ``softplus(z) - target * z``
    (Bishop, Pattern Recognition and Machine Learning, 2006, section 4.3), where ``softplus(z) =
    max(z, 0) + log1p(exp(-abs(z)))`` does not overflow.

    Minus the logarithm of a softmax output is ``log(sum(exp(z))) - z``. With m, the largest sum of
    the row, it is ``(m - z) + log1p(rest)``: rest is the sum of exp(z - m) without the 1 of the
    largest (Blanchard, Higham and Higham, Accurately computing the log-sum-exp and softmax
    functions, 2021).
    """
    z, target = sums.astype(np.float64), targets.astype(np.float64)
    if activation == Activation.SIGMOID:
        row_losses = np.minimum(_sigmoid_losses(z, target), cap).sum(axis=1)
    else:
        row_losses = np.minimum(_softmax_losses(z, target).sum(axis=1), cap)
    return float(row_losses.sum() if row_weights is None else row_losses @ row_weights)


def _sigmoid_losses(z: Array, target: Array) -> Array:
    # max(z, 0) - target * z is abs(z) times the part of the target on the other side of 0.
    wrong = np.where(z > 0, 1 - target, target)
    return _product(wrong, np.abs(z)) + np.log1p(np.exp(-np.abs(z)))


def _softmax_losses(z: Array, target: Array) -> Array:
    largest = z.argmax(axis=1, keepdims=True)
    below = np.take_along_axis(z, largest, axis=1) - z
    exponentials = np.exp(-below)
    np.put_along_axis(exponentials, largest, 0, axis=1)
    return _product(target, below + np.log1p(exponentials.sum(axis=1, keepdims=True)))


def _product(share: Array, loss: Array) -> Array:
    """Return share * loss, which is 0 where the share is 0, even if the loss is infinite."""
    product: Array = np.where(share == 0, 0, share * loss)
    return product
