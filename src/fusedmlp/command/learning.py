"""Training on a table, with its progress shown, and what Ctrl-C leaves of it."""

import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from fusedmlp.command.errors import INTERRUPTED
from fusedmlp.command.progress import Show
from fusedmlp.command.say import fail
from fusedmlp.tables.defaults import default_networks, with_defaults

if TYPE_CHECKING:
    import pandas as pd

    from fusedmlp.tables import TableModel

SECONDS_BETWEEN = 0.1  # of what is shown
LEAST_SHOWN = 100  # epochs of a network


class Learnt(NamedTuple):
    """A model, and how long it took."""

    model: "TableModel"
    seconds: float
    seconds_to_start: float  # of these, until the first epoch was over


def learn(
    frame: "pd.DataFrame", target: str, asked: Mapping[str, Any], save: Path | None, show: Show
) -> Learnt:
    """Return a model of a table, which is written to the file `save`, if one is given.

    Where Ctrl-C ends training, the networks so far are a model, and are written too.

    Parameters
    ----------
    frame : DataFrame
    target : str
    asked : dict
        Arguments of `fusedmlp.tables.fit`.
    save : Path or None
    show : function
        It shows progress.

    Raises
    ------
    TableError, ValueError
        As `fusedmlp.tables.fit` does.
    """
    from fusedmlp import tables

    rows = int(len(frame) * (1 - asked["test_size"]))
    epochs = asked.get("epochs", with_defaults({}, rows)["epochs"])
    watch = Watch(show, epochs, asked["networks"] or default_networks(rows))
    if asked.get("patience", epochs) is None and asked.get("learning_rate_schedule") != "adaptive":
        asked = {"record_every": max(1, epochs // LEAST_SHOWN), **asked}  # else it is 1 already
    begun = time.perf_counter()
    try:
        model = tables.fit(frame, target, callback=watch, **asked)
    except KeyboardInterrupt as stopped:
        so_far: TableModel | None = getattr(stopped, "model", None)
        if so_far is None or save is None:
            raise
        so_far.save(save)
        epochs = sum(run.epochs for run in so_far.networks)
        fail(f"interrupted; what was learnt in {epochs:,} epochs is kept in {save}", INTERRUPTED)
    seconds = time.perf_counter() - begun
    if save is not None:
        show(f"Writing {save}")
        model.save(save)
    return Learnt(model, seconds, watch.seconds_to_start)


class Watch:
    """A callback of training that shows network, epoch and loss.

    Parameters
    ----------
    show : function
        It shows progress.
    epochs : int
        The most of each network.
    networks : int
    """

    def __init__(self, show: Show, epochs: int, networks: int) -> None:
        self._show, self._epochs, self._networks = show, epochs, networks
        self._network, self._epoch, self._shown = 0, -1, -math.inf
        self._begun, self.seconds_to_start = time.perf_counter(), 0.0
        show("Preparing columns, then kernels (compiled once)")

    def __call__(self, record: Any) -> None:
        """Show a record of an epoch that is over."""
        now = time.perf_counter()
        if self._epoch < 0:
            self.seconds_to_start = now - self._begun
        elif record.epoch <= self._epoch:
            self._network += 1
        self._epoch = record.epoch
        if now - self._shown < SECONDS_BETWEEN:
            return
        self._shown = now
        loss = record.loss if record.validation_loss is None else record.validation_loss
        which = f"network {self._network + 1} of {self._networks}, " if self._networks > 1 else ""
        detail = f"{which}epoch {record.epoch + 1:,} of at most {self._epochs:,}, loss {loss:.4g}"
        share = (self._network + (record.epoch + 1) / self._epochs) / self._networks
        self._show("Training", min(share, 1.0), detail)
