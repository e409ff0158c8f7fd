"""`partial_fit` on plain arrays, without the checks that would take longer than the step.

What scikit-learn's checks would let pass unchanged is found here in a few microseconds. Anything
else goes through them, and gets their messages.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusedmlp.checks.arrays import Array
from fusedmlp.estimators.epochs import EpochLoop
from fusedmlp.estimators.network import Network, network_of
from fusedmlp.estimators.settings import kernel_array
from fusedmlp.training.data import Dataset

# What an epoch depends on besides the data and what the model has learnt.
PARAMETERS = (
    "hidden_layer_sizes", "activation", "solver", "alpha", "batch_size", "learning_rate",
    "learning_rate_init", "power_t", "shuffle", "tol", "verbose", "momentum", "nesterovs_momentum",
    "early_stopping", "beta_1", "beta_2", "epsilon", "loss", "huber_delta", "dropout",
    "dropconnect", "batch_norm", "l1", "clip_norm", "threads", "backend", "callback", "warm_start",
    "out_activation_",
)  # fmt: skip


@dataclass
class PartialFits:
    """The last call of `partial_fit`, which the next may repeat with other rows."""

    loop: EpochLoop
    network: Network
    shape: tuple[int, ...]  # of X
    settings: tuple[Any, ...]


def settings_of(model: Any) -> tuple[Any, ...]:
    """Return the values of the parameters that an epoch depends on."""
    return tuple(getattr(model, name, None) for name in PARAMETERS)


def quick_step(model: Any, X: Any, y: Any) -> bool:
    """Make one epoch of `partial_fit` if nothing is left to check; return whether it was made."""
    last: PartialFits | None = getattr(model, "_partial_fits", None)
    if last is None or type(X) is not np.ndarray or type(y) is not np.ndarray:
        return False
    dtype = last.network.params.dtype
    if X.shape != last.shape or X.dtype != dtype or hasattr(model, "feature_names_in_"):
        return False
    if getattr(model, "class_weight", None) is not None or settings_of(model) != last.settings:
        return False
    if model.batch_size != "auto" and model.batch_size > len(X):  # scikit-learn warns of it
        return False
    targets = _targets(model, y, dtype)
    if targets is None or len(targets) != len(X) or not np.isfinite(X).all():
        return False
    if network_of(model) is not last.network:
        return False
    last.loop.again(Dataset(kernel_array(X, dtype), targets, None))
    last.network.require_finite()
    return True


def _targets(model: Any, y: NDArray[Any], dtype: Any) -> Array | None:
    """Return the targets (rows, outputs) of labels or numbers; None: they are to be checked."""
    if not hasattr(model, "classes_"):
        if y.dtype.kind not in "fiu" or y.size != len(y) * model.n_outputs_:
            return None
        if y.ndim != 1 + (model.n_outputs_ > 1):  # of a column, scikit-learn warns
            return None
        return kernel_array(y, dtype).reshape(len(y), -1) if np.isfinite(y).all() else None
    classes = model.classes_
    if y.ndim != 1 or y.dtype != classes.dtype:
        return None
    places = np.searchsorted(classes, y)
    places[places == len(classes)] = 0
    if (classes[places] != y).any():
        return None
    if model.warm_start and len(np.unique(places)) < len(classes):  # which it refuses
        return None
    if model.n_outputs_ == 1:
        return kernel_array(places[:, None], dtype)
    targets: Array = np.zeros((len(y), len(classes)), dtype)
    targets[np.arange(len(y)), places] = 1
    return targets
