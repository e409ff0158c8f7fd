"""Learning-rate schedules: the learning rate of each epoch, computed before the run."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def learning_rates(options: Mapping[str, Any], rows: int) -> NDArray[np.float64]:
    """Return the learning rate of each epoch, or one number if it is the same for all.

    During the warm-up it grows linearly. After it, invscaling divides it by
    ``(rows seen + 1) ** power_t``, as scikit-learn does; cosine (Loshchilov and Hutter, SGDR, 2017)
    and exponential decay to ``learning_rate_final`` times the full rate. For adaptive, see
    `EarlyStopping`.

    Parameters
    ----------
    options : mapping
        Every option of `fusedmlp.train`, checked.
    rows : int
        Rows of the training data.

    Returns
    -------
    ndarray (epochs,) or (1,)

    Examples
    --------
    >>> options = {"learning_rate": 1.0, "learning_rate_schedule": "cosine", "epochs": 5}
    >>> options |= {"warmup_epochs": 1, "learning_rate_final": 0.5, "power_t": 0.5}
    >>> learning_rates(options, rows=10).round(3).tolist()
    [1.0, 1.0, 0.927, 0.75, 0.573]
    """
    schedule, warmup, epochs = (
        options[name] for name in ("learning_rate_schedule", "warmup_epochs", "epochs")
    )
    rate, final = options["learning_rate"], options["learning_rate_final"]
    if schedule in ("constant", "adaptive") and warmup == 0:
        return np.array([rate])
    climb = (np.arange(min(warmup, epochs)) + 1) / max(warmup, 1)
    past = np.arange(max(epochs - warmup, 0))  # epochs since the warm-up
    share = past / max(past.size, 1)
    factors: NDArray[np.float64] = {
        "constant": np.ones(past.size),
        "adaptive": np.ones(past.size),
        "invscaling": (past * float(rows) + 1) ** -options["power_t"],
        "cosine": final + (1 - final) * (1 + np.cos(np.pi * share)) / 2,
        "exponential": final**share,
    }[schedule]
    rates: NDArray[np.float64] = rate * np.concatenate([climb, factors])
    return rates
