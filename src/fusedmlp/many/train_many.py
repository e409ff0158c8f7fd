"""The function `train_many`."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from os import PathLike
from typing import Any, Unpack

from numpy.typing import ArrayLike

from fusedmlp.many.checkpoint import Checkpoint, NoCheckpoint
from fusedmlp.many.doubts import warnings_of_many
from fusedmlp.many.first_weights import require_within_radius
from fusedmlp.many.grid import REFUSED
from fusedmlp.many.groups import Group, groups_of, places_of
from fusedmlp.many.jobs import Place, trained_batches
from fusedmlp.many.progress import progress_bar
from fusedmlp.many.results import DIVERGED, Results
from fusedmlp.many.sweep import Sweep, checked_sweep
from fusedmlp.many.trained_many import TrainedMany
from fusedmlp.options.documentation import documented
from fusedmlp.options.table import Options
from fusedmlp.training.display import require_rich
from fusedmlp.training.divergence import advice_for
from fusedmlp.training.request import random_state


@documented(without=REFUSED)
def train_many(
    X: ArrayLike,
    y: ArrayLike,
    hidden: int | Sequence[int] = (4,),
    *,
    starts: int | None = None,
    grid: Mapping[str, Iterable[Any]] | None = None,
    bootstrap: bool = False,
    folds: Any = None,
    checkpoint: str | PathLike[str] | None = None,
    **options: Unpack[Options],
) -> TrainedMany:
    """Train many networks: every combination of a grid, from every start, in every fold.

    Each is the network that `train` gives with its options, its rows and its seed. Small networks
    of one structure are trained in the lanes of the processor's vectors, 4 to 16 at a time; the
    order of their sums is another one, so that they equal those of `train` to rounding (1e-12 in
    100 epochs of float64, where training itself does not multiply it). Those for which a register
    of their own would not be faster are trained one by one. The bits are the same for any number
    of cores or workers.

    Batches of networks leave through `joblib.Parallel`: to threads, or where
    ``joblib.parallel_config`` says, such as ``"dask"``. Those of a worker that is lost are trained
    again.

    Parameters
    ----------
    X : array-like (rows, n_in), or ndarray (data sets, rows, n_in)
        Inputs; of all networks, or one data set for each start, or for each network.
    y : array-like (rows,) or (rows, n_out), or with data sets (data sets, rows[, n_out])
        Targets.
    hidden : int or sequence of int, default (4,)
        Units of each hidden layer; () for none.
    starts : int, default 1, or one for each data set
        How many first weights each combination is trained from.
    grid : mapping from options to lists of values, optional
        Every combination of these is trained; also ``hidden``. ``random_state`` in it gives the
        seeds of the starts.
    bootstrap : bool, default False
        Whether each network is trained on as many rows, drawn with replacement from its seed.
    folds : int, splitter of scikit-learn, or pairs of row numbers, optional
        Cross-validation: each network is also trained once for each fold, and its validation loss
        is that of the rows held out. An int shuffles the rows, by the first seed.
    checkpoint : path, optional
        A folder that keeps the batches that are finished. A later call with the same arguments goes
        on from there, without a ``random_state`` with the same seeds.
    random_state : default None. As that of `train`; an int is the first start's own seed, from
        which the others follow.
    threads : default None. How many networks are trained at a time; None: joblib's number of jobs
        or, if nothing is configured, what the cores can share.
    progress : default False. Whether to show a progress bar of the networks.
    **options
        Those of `train`, but for ``callback``, ``warm_start``, ``sample_weight`` and
        ``track_directions``: each is in ``help(fusedmlp.train_many)``, and in the stub beside this
        file.

    Returns
    -------
    TrainedMany

    Raises
    ------
    TypeError, ValueError
        As `train` does; for a grid that is none, with unknown options or without values, for more
        than 100,000,000 networks, and for a checkpoint of another call or of something else. All
        are raised before any training.
    KeyboardInterrupt
        When Ctrl-C comes: its attribute ``run`` is the TrainedMany with the networks that were
        finished.

    Warns
    -----
    UserWarning
        As `train` does, before any training; each once, of the first start.
    RuntimeWarning
        Once, if networks diverged.

    Examples
    --------
    >>> import fusedmlp
    >>> X, y = [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], [0, 1, 1, 0]
    >>> runs = fusedmlp.train_many(X, y, hidden=4, starts=100, epochs=2000, random_state=1)
    >>> len(runs), runs.loss.shape
    (100, (100,))
    >>> bool(runs.best().history["loss"][-1] == runs.loss.min())
    True
    """
    if options.get("progress"):
        require_rich()
    kept = NoCheckpoint() if checkpoint is None else Checkpoint(checkpoint)
    in_grid = isinstance(grid, Mapping) and "random_state" in grid
    draws_seed = options.get("random_state") is None and not in_grid
    begun = False
    while not begun:  # again, if another call has kept its seed in the folder meanwhile
        if draws_seed:
            options["random_state"] = kept.seed(random_state(None).randint(2**31 - 1))
        sweep = checked_sweep(X, y, hidden, starts, grid, bootstrap, folds, options)
        groups = groups_of(sweep)
        texts = warnings_of_many(sweep, groups)  # which checks `init`
        require_within_radius(sweep)
        begun = kept.begin(sweep, groups)
    for text in texts:
        warnings.warn(text, UserWarning, stacklevel=2)
    results = [Results(group.networks) for group in groups]
    interrupt = None
    try:
        _train(sweep, groups, results, kept, options)
    except KeyboardInterrupt as error:
        interrupt = error
    runs = TrainedMany(sweep.without_data(), groups, results)
    if interrupt is not None:
        interrupt.run = runs  # type: ignore[attr-defined]
        raise interrupt
    _warn_of_diverged(runs)
    return runs


def _train(
    sweep: Sweep,
    groups: list[Group],
    results: list[Results],
    checkpoint: Checkpoint | NoCheckpoint,
    options: Mapping[str, Any],
) -> None:
    """Train all batches that the checkpoint does not have."""
    places, done = [], 0
    for number, group in enumerate(groups):
        for k in range(len(group.batches)):
            batch = checkpoint.read(number, k)
            if batch is None:
                places.append(Place(number, k))
            else:
                results[number].put(places_of(sweep, group, k), batch)
                done += len(batch.stopped)
    with (
        progress_bar(sweep.networks, done, bool(options.get("progress"))) as show,
        # Closed, whatever fails here: no batch is trained on while that is raised.
        closing(trained_batches(sweep, groups, places, options.get("threads"))) as batches,
    ):
        for place, batch in batches:
            networks = places_of(sweep, groups[place.group], place.batch)
            results[place.group].put(networks, batch)
            checkpoint.write(place.group, place.batch, batch)
            show(batch)


def _warn_of_diverged(runs: TrainedMany) -> None:
    diverged = [k for k, text in enumerate(runs.stopped) if text.startswith(DIVERGED)]
    if diverged:
        text = (
            f"{len(diverged):,} of {len(runs):,} networks diverged: a weight was no longer finite"
        )
        advice = advice_for(runs[diverged[0]].options)
        warnings.warn(f"{text}; {advice}", RuntimeWarning, stacklevel=3)
