"""The outputs of an estimator's network for rows as scikit-learn has checked them."""

from typing import Any

import numpy as np
from scipy import sparse
from sklearn import get_config

from fusedmlp.checks.arrays import Array
from fusedmlp.estimators.settings import kernel_array
from fusedmlp.trained import Trained

# Rows of a sparse matrix that are made dense at once, in numbers.
DENSE_NUMBERS = 10_000_000


def dense(X: Any) -> Any:
    """Return a matrix as an array: kernels take no sparse ones."""
    return X.toarray() if sparse.issparse(X) else X


def outputs_of(network: Trained, X: Any) -> Array:
    """Return the outputs for rows, which must be finite unless scikit-learn assumes it."""
    if sparse.issparse(X):
        step = max(1, DENSE_NUMBERS // X.shape[1])
        parts = [X[first : first + step] for first in range(0, X.shape[0], step)]
        return np.concatenate([outputs_of(network, dense(part)) for part in parts])
    rows = kernel_array(X, network._params.dtype)
    if not get_config()["assume_finite"]:
        predicted: Array = network.predict(rows)
        return predicted
    outputs = np.empty((len(rows), network._sizes[-1]), rows.dtype)
    network._write_outputs(rows, outputs)
    return outputs
