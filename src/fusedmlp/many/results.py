"""The networks of a group, as their batches arrive."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusedmlp.checks.fixed_memory import fixed_view
from fusedmlp.many.batch import Batch
from fusedmlp.plan.parameters import aligned_zeros
from fusedmlp.plan.plan import record_count

HISTORY = {"error": "errors", "loss": "losses", "validation_loss": "validation_losses"}
NOT_TRAINED, DIVERGED = "not trained", "diverged"  # how `stopped` begins


class Results:
    """Arrays for all networks of a group; memory is taken once, when the first batch arrives.

    Parameters
    ----------
    networks : int
    """

    def __init__(self, networks: int) -> None:
        self.networks = networks
        self.arrays: dict[str, NDArray[Any]] = {}
        self.arrived = np.zeros(networks, np.bool_)  # else all the rest is without meaning
        self._stopped = [NOT_TRAINED] * networks
        self._texts: dict[str, str] = {}  # each once: thousands of networks end alike

    def put(self, places: NDArray[np.int64], batch: Batch) -> None:
        """Keep a batch, whose networks have these places."""
        for name in Batch._fields:
            if name == "stopped":
                continue
            values = getattr(batch, name)
            if name not in self.arrays:
                self.arrays[name] = self._new(name, values)
            self.arrays[name][places] = values
        for place, text in zip(places.tolist(), batch.stopped, strict=True):
            self._stopped[place] = self._texts.setdefault(text, text)
        self.arrived[places] = True  # in one call, which Ctrl-C cannot divide

    def _new(self, name: str, values: NDArray[Any]) -> NDArray[Any]:
        shape = (self.networks, *values.shape[1:])
        if name == "params":  # views of it are handed out
            size = values.shape[1]
            return fixed_view(aligned_zeros(self.networks * size, values.dtype)).reshape(shape)
        fill = np.nan if values.dtype.kind == "f" else 0
        return np.full(shape, fill, values.dtype)

    def last(self, name: str, networks: slice, every: int) -> NDArray[np.float64]:
        """Return the last record of each of some networks; NaN for those that have not arrived."""
        if name not in self.arrays or not self.arrays[name].shape[1]:
            return np.full(networks.stop - networks.start, np.nan)
        epochs = self.epochs(networks)
        column = np.maximum(-(-epochs // every) - 1, 0)[:, None]
        records = self.arrays[name][networks]
        return np.where(
            self.arrived[networks], np.take_along_axis(records, column, axis=1)[:, 0], np.nan
        )

    def lowest(self, networks: slice) -> NDArray[np.float64]:
        """Return the lowest validation loss of each of some networks, as `last` does."""
        name = "validation_losses"
        if name not in self.arrays or not self.arrays[name].shape[1]:
            return np.full(networks.stop - networks.start, np.nan)
        lowest = np.fmin.reduce(self.arrays[name][networks], axis=1)
        return np.where(self.arrived[networks], lowest, np.nan)

    def epochs(self, networks: slice) -> NDArray[np.int64]:
        """Return the epochs of some networks; 0 for those that have not arrived."""
        if "epochs" not in self.arrays:
            return np.zeros(networks.stop - networks.start, np.int64)
        return np.where(self.arrived[networks], self.arrays["epochs"][networks], 0)

    def stopped(self, networks: slice) -> list[str]:
        """Return why the run of each of some networks ended, or that it has not arrived."""
        ends = zip(self.arrived[networks].tolist(), self._stopped[networks], strict=True)
        return [text if arrived else NOT_TRAINED for arrived, text in ends]

    def history(self, network: int, every: int) -> dict[str, NDArray[Any]]:
        """Return the history of a network."""
        records = slice(0, record_count(int(self.arrays["epochs"][network]), every))
        history: dict[str, NDArray[Any]] = {"epoch": np.arange(records.stop) * every}
        for name, key in HISTORY.items():
            if self.arrays[key].shape[1]:
                history[name] = self.arrays[key][network, records].copy()
        return history
