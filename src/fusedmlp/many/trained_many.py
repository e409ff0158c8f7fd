"""The class `TrainedMany`: the networks that `train_many` trained."""

from collections.abc import Callable, Iterator, Mapping
from operator import index
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fusedmlp.checks.arrays import Array, checked_inputs
from fusedmlp.checks.fixed_memory import fixed_view
from fusedmlp.checks.requirements import whole_number
from fusedmlp.many.ensemble import Ensemble
from fusedmlp.many.first_weights import FirstWeights
from fusedmlp.many.groups import Group, task_of
from fusedmlp.many.network_rows import rows_of
from fusedmlp.many.options_of_many import OptionsOfMany
from fusedmlp.many.results import DIVERGED, NOT_TRAINED, Results
from fusedmlp.many.sweep import Sweep
from fusedmlp.notebook import curves, page
from fusedmlp.options.kept import FixedOptions
from fusedmlp.plan.parameters import aligned_zeros
from fusedmlp.plan.plan import record_interval
from fusedmlp.trained import Trained
from fusedmlp.training.request import draw_seed, random_state


class TrainedMany:
    """Many trained networks, made by `fusedmlp.train_many`.

    ``len(runs)`` is their number, ``runs[i]`` a `Trained`, ``runs[i:j]`` a list of these. Network
    ``(c * starts + s) * folds + f`` has combination c of the grid, start s and fold f.

    Attributes
    ----------
    shape : tuple of int
        Combinations of the grid, starts, and folds (1 without): the arrays below may be reshaped
        to it.
    options : mapping
        For each option of `fusedmlp.train`, and ``hidden``, an array with the value of each network
        (networks,); ``options["random_state"]`` has each network's own seed.
    error, loss : ndarray (networks,)
        The last entries of each network's history.
    validation_loss : ndarray (networks,)
        The mean loss of the rows that a network did not see (``validation``, ``folds``): the last
        entry of its history, or with ``patience`` the lowest, whose weights are kept. NaN without.
    epochs : ndarray of int (networks,)
        Epochs that were run.
    stopped : list of str
        Why each ended; ``"not trained"`` where Ctrl-C ended the call before.

    Examples
    --------
    >>> import fusedmlp
    >>> X, y = [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], [0, 1, 1, 0]
    >>> rates = [0.1, 1.0, 10.0]
    >>> runs = fusedmlp.train_many(
    ...     X, y, hidden=4, starts=10, grid={"learning_rate": rates}, epochs=2000, random_state=1
    ... )
    >>> len(runs), runs.shape
    (30, (3, 10, 1))
    >>> float(runs.options["learning_rate"][runs.loss.argmin()])
    10.0
    >>> runs.best().predict(X).round().ravel().tolist()
    [0.0, 1.0, 1.0, 0.0]
    """

    def __init__(self, sweep: Sweep, groups: list[Group], results: list[Results]) -> None:
        self._sweep, self._groups, self._results = sweep, groups, results
        self._each = sweep.shape[1] * sweep.shape[2]  # networks of a combination
        self._parts = _parts(groups, self._each)
        self.shape = sweep.shape
        self.options: Mapping[str, NDArray[Any]] = OptionsOfMany(sweep)
        self.error, self.loss = self._last("errors"), self._last("losses")
        lowest = self._of_each(lambda results, networks, _: results.lowest(networks))
        keeps_best = np.array([a.options["patience"] is not None for a in sweep.arguments])
        self.validation_loss = np.where(
            np.repeat(keeps_best, self._each), lowest, self._last("validation_losses")
        )
        self.epochs = self._of_each(lambda results, networks, _: results.epochs(networks))
        self.stopped = [
            text
            for c in range(self.shape[0])
            for text in results[self._parts[c][0]].stopped(self._parts[c][1])
        ]

    def __len__(self) -> int:
        return self._sweep.networks

    def __iter__(self) -> Iterator[Trained]:
        return (self[k] for k in range(len(self)))

    @overload
    def __getitem__(self, network: int) -> Trained: ...

    @overload
    def __getitem__(self, network: slice) -> list[Trained]: ...

    def __getitem__(self, network: int | slice) -> Trained | list[Trained]:
        """Return a network, whose weights are a copy; of a slice, a list of networks.

        Raises
        ------
        IndexError
            If there is no such network.
        ValueError
            If Ctrl-C came before it was trained.
        """
        if isinstance(network, slice):
            return [self[k] for k in range(len(self))[network]]
        place = self._checked(network)
        combination, group, k = self._place_of(place)
        results, arguments = self._results[group], self._sweep.arguments[combination]
        if not results.arrived[k]:
            raise ValueError(f"network {place} was not trained: the call was interrupted")
        start = place // self.shape[2] % self.shape[1]
        options = {**arguments.options, "random_state": int(self._sweep.seeds[start])}
        return Trained(
            history=results.history(k, record_interval(options)),
            direction_changes=None,
            options=FixedOptions(options),
            epochs=int(results.arrays["epochs"][k]),
            stopped=results.stopped(slice(k, k + 1))[0],
            _sizes=arguments.sizes,
            _params=_own_copy(results.arrays["params"][k]),
            _running_stats=fixed_view(results.arrays["running_stats"][k].copy()),
            feature_names=self._sweep.feature_names,
        )

    def rows(self, network: int) -> NDArray[np.int64]:
        """Return the rows of X that a network was trained on (rows,); of all data sets stacked."""
        return self._rows(network)[0]

    def held_out(self, network: int) -> NDArray[np.int64]:
        """Return the rows of X that a network's validation loss is measured on; none: empty."""
        return self._rows(network)[1]

    def _rows(self, network: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the rows of a network, drawn again."""
        combination, number, k = self._place_of(self._checked(network))
        task = task_of(self._sweep, self._groups[number], np.array([k]), in_lanes=False)
        arguments = self._sweep.arguments[combination]
        random = random_state(int(task.seeds[0]))
        FirstWeights(arguments.options, arguments.sizes).draw(random)
        draw_seed(random)
        share = arguments.validation if isinstance(arguments.validation, int) else 0
        training, held_out = rows_of(task, 0, share, random)
        return (
            np.arange(self._sweep.rows) if training is None else training,
            np.empty(0, np.int64) if held_out is None else held_out,
        )

    @property
    def ranking(self) -> NDArray[np.int64]:
        """The networks from the best to the worst.

        By validation loss where there is one, else by loss; those that diverged or were not trained
        come last.
        """
        losses = self._ranked_by()
        return np.argsort(np.where(np.isfinite(losses), losses, np.inf), kind="stable")

    def _ranked_by(self) -> NDArray[np.float64]:
        """Return the loss that each network is ranked by; NaN where it diverged."""
        losses = self.validation_loss if self._is_validated else self.loss
        return np.where([text.startswith(DIVERGED) for text in self.stopped], np.nan, losses)

    @property
    def _is_validated(self) -> bool:
        return bool(np.isfinite(self.validation_loss).any())

    @property
    def _best_one(self) -> str:
        """Which network is the best, and the loss that it is so by."""
        best, kind = int(self.ranking[0]), "validation loss" if self._is_validated else "loss"
        return f"{best}, with {kind} {self._ranked_by()[best]:.6g}"

    def best(self) -> Trained:
        """Return the network with the lowest validation loss or, without one, the lowest loss."""
        return self[int(self.ranking[0])]

    def ensemble(self, k: int | None = None) -> Ensemble:
        """Return an ensemble, which averages the outputs of the best k networks.

        None: of all whose loss is finite.

        Raises
        ------
        TypeError, ValueError
            For a k that is no number of networks whose loss is finite.
        """
        usable = int(np.isfinite(self._ranked_by()).sum())
        if not usable:
            raise ValueError("an ensemble must have networks whose loss is finite, got none")
        count = usable if k is None else whole_number(least=1, most=usable)("k", k)
        return Ensemble([self[int(network)] for network in self.ranking[:count]])

    def predict(self, X: ArrayLike) -> Array:
        """Return the outputs of all networks.

        Parameters
        ----------
        X : array-like (rows, n_in)

        Returns
        -------
        ndarray (networks, rows, n_out)

        Raises
        ------
        TypeError, ValueError
            As `Trained.predict` does.
        """
        first = self[0].predict(X)
        rows = checked_inputs(X, first.dtype.name)  # converted once
        outputs = np.empty((len(self), *first.shape), first.dtype)
        for k, network in enumerate(self):
            outputs[k] = network.predict(rows)
        return outputs

    def __repr__(self) -> str:
        trained = sum(text != NOT_TRAINED for text in self.stopped)
        combinations, starts, folds = self.shape
        return (
            f"<TrainedMany: {trained:,} of {len(self):,} networks ({combinations} combinations, "
            f"{starts} starts, {folds} folds), the best is {self._best_one}>"
        )

    def _repr_html_(self) -> str:
        combinations, starts, folds = self.shape
        losses = self._ranked_by()[self.ranking]
        rows = {
            "networks": f"{len(self):,}",
            "combinations": f"{combinations:,}",
            "starts": f"{starts:,}",
            "folds": f"{folds:,}",
            "finite losses": f"{np.isfinite(losses).sum():,}",
            "best": f"network {self._best_one}",
        }
        picture = curves("the losses of all networks", {"loss, from the best to the worst": losses})
        return page("Trained networks", rows, picture)

    def _checked(self, network: int) -> int:
        """Return a network's number, counted from 0."""
        try:
            return range(len(self))[index(network)]
        except IndexError:
            raise IndexError(f"network must be below {len(self):,}, got {network}") from None

    def _place_of(self, network: int) -> tuple[int, int, int]:
        """Return a network's combination, its group, and its place there."""
        combination, rest = divmod(network, self._each)
        group, networks = self._parts[combination]
        return combination, group, networks.start + rest

    def _of_each(self, numbers: Callable[[Results, slice, int], NDArray[Any]]) -> NDArray[Any]:
        """Return numbers of all networks, from numbers(results, networks, combination) of some."""
        parts = enumerate(self._parts)
        return np.concatenate([numbers(self._results[g], part, c) for c, (g, part) in parts])

    def _last(self, name: str) -> NDArray[np.float64]:
        """Return the last record of each network."""
        every = [record_interval(arguments.options) for arguments in self._sweep.arguments]
        return self._of_each(lambda results, networks, c: results.last(name, networks, every[c]))


def _parts(groups: list[Group], each: int) -> list[tuple[int, slice]]:
    """Return the group of each combination, and where its networks are there."""
    parts = {
        combination: (number, slice(k * each, (k + 1) * each))
        for number, group in enumerate(groups)
        for k, combination in enumerate(group.combinations)
    }
    return [parts[combination] for combination in range(len(parts))]


def _own_copy(params: Array) -> Array:
    """Return a copy of a network's parameters, whose memory nobody else can resize."""
    copy = aligned_zeros(params.size, params.dtype)
    copy[:] = params
    return fixed_view(copy)
