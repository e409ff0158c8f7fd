"""Loss and gradient of all rows, for scikit-learn's own call of SciPy's L-BFGS-B."""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusedmlp.backends import implementation
from fusedmlp.estimators.settings import kernel_array, network_options, outputs_in_mean, plan_of
from fusedmlp.estimators.stop_of_model import stop_check
from fusedmlp.plan.blocking import step_flops
from fusedmlp.plan.parameters import aligned_zeros, layer_offsets
from fusedmlp.plan.signals import new_signals
from fusedmlp.training.interruptible import interruptible

Vector = NDArray[np.float64]


def require_no_masks(model: Any) -> None:
    """Raise ValueError for parameters that L-BFGS cannot use."""
    for name, off in (("dropout", 0), ("dropconnect", 0), ("batch_norm", False), ("l1", 0)):
        if getattr(model, name) != off:
            raise ValueError(
                f"{name} must be {off} with solver='lbfgs', which must see the same smooth loss "
                f"whenever it looks, got {getattr(model, name)!r}"
            )


class LossAndGradient:
    """The loss of an estimator on its data, and the gradient, as functions of the parameters.

    In float64, whatever the data's dtype, as in scikit-learn.

    Parameters
    ----------
    model : estimator
    X : ndarray (rows, n_in)
    y : ndarray (rows, n_out)
    sample_weight : ndarray (rows,), or None
    """

    def __init__(self, model: Any, X: Any, y: Any, sample_weight: Any) -> None:
        self._given = X, y, sample_weight
        self._X, self._y = kernel_array(X, np.float64), kernel_array(y, np.float64)
        self._weights = None if sample_weight is None else kernel_array(sample_weight, np.float64)
        self._outputs = outputs_in_mean(model)
        rows = float(len(self._X) if self._weights is None else self._weights.sum())
        sizes = [self._X.shape[1], *(layer.shape[1] for layer in model.coefs_)]
        options = network_options(model, np.float64)
        options |= {"optimizer": "lbfgs", "l2": model.alpha * self._outputs / rows}
        self._plan = plan_of(options, sizes, len(self._X), row_weights=self._weights)
        self._places = _places_of_packed(sizes)
        self._params = aligned_zeros(self._places.size, np.float64)
        self._gradient = aligned_zeros(self._places.size, np.float64)
        self._signals = new_signals()
        self._flops = 0 if model.backend == "reference" else step_flops(sizes, len(self._X))
        self._function = implementation(model.backend).gradient
        self._check = stop_check(model)

    def is_of(self, X: Any, y: Any, sample_weight: Any) -> bool:
        """Whether this is the function of these arrays."""
        return all(a is b for a, b in zip(self._given, (X, y, sample_weight), strict=True))

    def __call__(self, packed: Vector) -> tuple[float, Vector]:
        """Return the loss and its gradient; packed: all coefs_, then all intercepts_."""
        self._check(self)
        self._params[self._places] = packed
        call = self._plan, self._params, self._X, self._y, self._gradient, self._weights
        loss = interruptible(self._signals, self._flops, self._function, *call, self._signals)
        return float(loss) / self._outputs, self._gradient[self._places] / self._outputs


def _places_of_packed(sizes: list[int]) -> NDArray[np.int64]:
    """Return where each packed parameter is in the flat vector, which goes layer by layer."""
    weights, biases, _ = layer_offsets(sizes, bias=True)
    coefs = [
        np.arange(start, start + n_in * n_out)
        for start, (n_in, n_out) in zip(weights, pairwise(sizes), strict=True)
    ]
    intercepts = [np.arange(start, start + n) for start, n in zip(biases, sizes[1:], strict=True)]
    return np.concatenate([*coefs, *intercepts])
