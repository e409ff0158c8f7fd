"""The networks of a model, trained one after the other."""

import warnings
from collections.abc import Sequence
from typing import Any

from fusedmlp.tables.errors import TableError
from fusedmlp.tables.progress import Callback, progress_bar
from fusedmlp.tables.target import Values
from fusedmlp.trained import Trained
from fusedmlp.training import train
from fusedmlp.training.divergence import advice_for


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, with the networks so far: the last one has learnt for a part of its epochs."""

    def __init__(self, stopped: KeyboardInterrupt, networks: list[Trained]) -> None:
        super().__init__()
        self.model: Any = None  # of these networks, where there are some
        run: Trained | None = getattr(stopped, "run", None)  # none before the first step
        self.networks = (*networks, *([run] if run is not None and run.epochs else []))


def train_networks(
    X: Values,
    y: Values,
    hidden: int | Sequence[int],
    weights: Values | None,
    seeds: list[int],
    options: dict[str, Any],
) -> tuple[Trained, ...]:
    """Return the networks, each from its own seed.

    Parameters
    ----------
    X : ndarray (rows, n_in)
    y : ndarray (rows,) or (rows, n_out)
    hidden : int or sequence of int
    weights : ndarray (rows,), or None
        Of the rows.
    seeds : list of int
    options : dict
        Of `fusedmlp.train`.

    Raises
    ------
    TableError
        If one diverged.
    Interrupted
        By Ctrl-C.
    """
    options = dict(options)
    if weights is not None:
        options["sample_weight"] = weights
    wanted, own = options.pop("progress", False), options.pop("callback", None)
    networks: list[Trained] = []
    with progress_bar(len(seeds), options["epochs"], wanted) as callback_of:
        for number, seed in enumerate(seeds):
            if wanted:
                options["callback"] = _both(callback_of(number), own)
            elif own is not None:
                options["callback"] = own
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)  # divergence is an error here
                try:
                    run = train(X, y, hidden, random_state=seed, **options)
                except KeyboardInterrupt as stopped:
                    raise Interrupted(stopped, networks) from None
            if run.stopped.startswith("diverged"):
                raise TableError(f"training {run.stopped}; {advice_for(run.options)}")
            networks.append(run)
    return tuple(networks)


def _both(show: Callback, own: Callback | None) -> Callback:
    """Return a callback that shows a record, and then does what the user's own does."""

    def both(record: Any) -> Any:
        show(record)
        return None if own is None else own(record)

    return both
