"""The options of training that a table gets where the user gives none.

`python -m benchmarks.tables` measures them.
"""

from collections.abc import Mapping
from typing import Any

from fusedmlp.options.contradictions import FOR_OPTIMIZERS, SCIPY

HIDDEN = (64, 32)
FULL_BATCH = (*SCIPY, "rprop")
MANY_ROWS = 50_000  # training rows
NETWORKS = 5
MOST_NETWORKS = 1000  # of a model, also in a file

DEFAULTS: dict[str, Any] = {
    "activation": "relu",
    "bias": True,
    "init": "glorot",
    "reduction": "mean",
    "optimizer": "adamw",
    "learning_rate": 0.002,
    "weight_decay": 0.1,
    "dtype": "float32",
    "batch_size": 32,
    "epochs": 500,
    "validation": 0.2,
    "patience": 20,
}
# Of many rows, one network and fewer epochs measure as well, and take seconds.
FOR_MANY_ROWS = {"batch_size": 256, "epochs": 200, "validation": 0.1, "patience": 10}


def default_networks(rows: int) -> int:
    """Return how many networks are trained on so many rows, unless the user says.

    >>> default_networks(500), default_networks(100_000)
    (5, 1)
    """
    return NETWORKS if rows <= MANY_ROWS else 1


def with_defaults(given: Mapping[str, Any], rows: int) -> dict[str, Any]:
    """Return the options of a run on so many rows: those given, and the defaults of tables.

    A default that another optimiser cannot use is left out.

    >>> with_defaults({"optimizer": "lbfgs"}, 500)["epochs"]
    500
    >>> "batch_size" in with_defaults({"optimizer": "lbfgs"}, 500)
    False
    """
    defaults = DEFAULTS | (FOR_MANY_ROWS if rows > MANY_ROWS else {})
    optimizer = given.get("optimizer", defaults["optimizer"])
    if optimizer != DEFAULTS["optimizer"]:
        del defaults["learning_rate"]
    if optimizer not in FOR_OPTIMIZERS["weight_decay"]:
        del defaults["weight_decay"]
    if optimizer in ("sgd", "aw_sgd"):
        defaults |= {"learning_rate": 0.01, "momentum": 0.9}
    if optimizer in FULL_BATCH:
        del defaults["batch_size"]
    if given.get("validation", 0) is None:
        del defaults["patience"]
    if given.get("patience", 0) is None:
        del defaults["validation"]
    return defaults | dict(given)
