"""Ensembles: networks whose outputs are averaged."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from fusedmlp.checks.arrays import Array
from fusedmlp.trained import Trained


class Ensemble:
    """Trained networks whose outputs are averaged (Hansen and Salamon, 1990).

    Parameters
    ----------
    networks : sequence of Trained
        At least one; all have as many inputs and outputs.

    Attributes
    ----------
    networks : list of Trained

    Raises
    ------
    ValueError
        For networks with other numbers of inputs or outputs.
    """

    def __init__(self, networks: Sequence[Trained]) -> None:
        self.networks = list(networks)
        ends = [(network._sizes[0], network._sizes[-1]) for network in self.networks]
        if len(set(ends)) > 1:
            raise ValueError(
                f"the networks of an ensemble must have as many inputs and outputs, got {ends[0]} "
                f"and {next(other for other in ends if other != ends[0])}"
            )

    def __len__(self) -> int:
        return len(self.networks)

    def predict(self, X: ArrayLike) -> Array:
        """Return the mean of the networks' outputs (rows, n_out), for X (rows, n_in).

        Raises
        ------
        TypeError, ValueError
            As `Trained.predict` does.
        """
        total = self.networks[0].predict(X).astype(np.float64)
        for network in self.networks[1:]:
            total += network.predict(X)
        mean: Array = (total / len(self.networks)).astype(self.networks[0]._params.dtype)
        return mean

    def spread(self, X: ArrayLike) -> Array:
        """Return the standard deviation of the networks' outputs (rows, n_out), of each row."""
        spread: Array = np.std([network.predict(X) for network in self.networks], axis=0)
        return spread

    def __repr__(self) -> str:
        return f"<Ensemble of {len(self)} networks>"
