"""fusedmlp: `train_many` on both cores and with one thread, and `train` one by one."""

import fusedmlp
from benchmarks.many.cases import Many
from benchmarks.peers.ours import version
from benchmarks.peers.rows import Array

__all__ = ["Run", "version"]


class Run:
    """The training of many networks.

    Parameters
    ----------
    many : Many
    how : str
        "both cores", "one thread" or "one by one".
    """

    def __init__(self, many: Many, how: str) -> None:
        self.X, self.y = many.row.data()
        self.options, self.networks = many.row.options, many.networks
        self.one_by_one = how == "one by one"
        if self.one_by_one:
            self.seeds = many.seeds[: many.few]
        else:
            self.options |= {"starts": many.networks, "threads": 1 if how == "one thread" else None}

    def train(self, epochs: int, shuffle: bool = True) -> None:
        """Train from the first weights, by the public call with all its checks."""
        options = {**self.options, "epochs": epochs, "shuffle": shuffle}
        if not self.one_by_one:
            self.runs = fusedmlp.train_many(self.X, self.y, **options)
            return
        del options["random_state"]
        self.runs = [
            fusedmlp.train(self.X, self.y, random_state=seed, **options) for seed in self.seeds
        ]

    def outputs(self) -> Array:
        """Return what the networks make of the data (networks, rows, n_out)."""
        import numpy as np

        return np.array([run.predict(self.X) for run in self.runs])
