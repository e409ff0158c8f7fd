"""A sweep: the checked arguments of `train_many`, before any network is trained."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusedmlp.checks.arrays import checked_inputs, natural_dtype
from fusedmlp.checks.frames import Names, column_names
from fusedmlp.checks.requirements import flag
from fusedmlp.checks.requirements import seed as checked_seed
from fusedmlp.checks.requirements import sizes as checked_sizes
from fusedmlp.checks.shown import shown
from fusedmlp.many.folds import Fold, checked_folds
from fusedmlp.many.grid import (
    REFUSED,
    checked_grid,
    checked_starts,
    combinations_of,
    require_few_enough,
)
from fusedmlp.many.seeds import seeds_of
from fusedmlp.options.contradictions import refuse_for_rows, refuse_without_meaning
from fusedmlp.options.kept import NOT_KEPT
from fusedmlp.options.table import DEFAULTS, checked_options, require_activation_for_each
from fusedmlp.training.data import Dataset, checked_datasets


class Arguments(NamedTuple):
    """The checked arguments of a combination of the grid."""

    common: dict[str, Any]  # the options of the first combination
    own: dict[str, Any]  # those that differ from these: all would take 3 kB
    sizes: tuple[int, ...]  # units of the input and of each layer
    data: Dataset
    validation: Dataset | int | None  # or how many rows each network holds out

    @property
    def options(self) -> dict[str, Any]:
        """The value of every option."""
        return {**self.common, **self.own}


class Sweep(NamedTuple):
    """The networks of a call: every combination, from every start, in every fold.

    Network ``(c * starts + s) * folds + f`` has combination c, start s and fold f.
    """

    arguments: list[Arguments]  # of each combination
    seeds: NDArray[np.int64]  # of each start
    folds: list[Fold]  # empty: no cross-validation
    data_sets: int  # whose rows follow each other in the data; 0: all networks have the same
    rows: int  # of a data set
    bootstrap: bool
    feature_names: Names | None  # of the columns of X, if that is a data frame

    @property
    def shape(self) -> tuple[int, int, int]:
        """Combinations, starts and folds."""
        return len(self.arguments), len(self.seeds), max(1, len(self.folds))

    @property
    def networks(self) -> int:
        """How many there are."""
        return int(np.prod(self.shape))

    def without_data(self) -> "Sweep":
        """Return the sweep without the rows of X and y."""
        nothing = Dataset(np.empty((0, 0)), np.empty((0, 0)), None)  # a slice would keep the rows
        arguments = [
            a._replace(
                data=nothing, validation=a.validation if isinstance(a.validation, int) else None
            )
            for a in self.arguments
        ]
        return self._replace(arguments=arguments)

    def data_set_of(self, combination: int, start: int) -> int:
        """Return which data set a network has."""
        if self.data_sets == len(self.seeds):
            return start
        return combination * len(self.seeds) + start


def checked_sweep(
    X: Any,
    y: Any,
    hidden: int | Sequence[int],
    starts: int | None,
    grid: Any,
    bootstrap: bool,
    folds: Any,
    options: Mapping[str, Any],
) -> Sweep:
    """Check all arguments of `train_many`; draw the seeds."""
    values, data_sets = checked_grid(grid), _data_sets(X, y)
    given_hidden = {} if isinstance(hidden, tuple) and hidden == (4,) else {"hidden": hidden}
    _refuse(values, starts, data_sets, folds, {**options, **given_hidden})
    X, y = _stacked(X, y, data_sets)
    given_seeds = values.pop("random_state", None)
    count = checked_starts(starts, data_sets) if given_seeds is None else len(given_seeds)
    # Before the seeds are drawn; again when a splitter has told its folds.
    known = isinstance(folds, int) and not isinstance(folds, bool)
    require_few_enough(values, count, max(1, folds) if known else 1)
    seeds = _seeds(given_seeds, count, options)
    rows = _rows(X) // (data_sets or 1)
    fold_rows = checked_folds(folds, X, y, int(seeds[0]), options)
    combinations = require_few_enough(values, len(seeds), max(1, len(fold_rows)))
    if data_sets not in (None, len(seeds), len(seeds) * combinations):
        raise ValueError(
            f"X must have a data set for each of the {len(seeds)} starts, or of the "
            f"{len(seeds) * combinations} networks, got {data_sets}"
        )
    given = {n: v for n, v in options.items() if n not in ("progress", "random_state")}
    given["dtype"] = given.get("dtype") or natural_dtype(X)
    counts = {len(fold.training) for fold in fold_rows} or {rows}
    cache: dict[Any, Any] = {}
    kept = {"validation": NOT_KEPT} if fold_rows else {}  # `train` is given the rows held out
    arguments = [
        _arguments(X, y, {"hidden": hidden, **given, **own}, counts, kept, cache)
        for own in combinations_of(values)
    ]
    bootstrap = flag("bootstrap", bootstrap)
    return Sweep(arguments, seeds, fold_rows, data_sets or 0, rows, bootstrap, column_names(X))


def _refuse(
    values: Mapping[str, Any],
    starts: Any,
    data_sets: int | None,
    folds: Any,
    options: Mapping[str, Any],
) -> None:
    """Raise ValueError for what cannot be given together."""
    for name in REFUSED:
        value = options.get(name)
        if value is not None and value is not False:
            raise ValueError(f"{name} must be left out: train takes it, train_many does not")
    for name in values:
        is_none = name == "random_state" and options.get(name) is None
        if name in options and not is_none:
            raise ValueError(f"{name} must be in the grid or be an option, got both")
    if "random_state" in values and starts not in (None, len(values["random_state"])):
        raise ValueError(
            f"starts must be left out where the grid has the {len(values['random_state'])} seeds, "
            f"got {starts}"
        )
    if folds is not None and data_sets is not None:
        raise ValueError("folds must come with one data set for all networks, got one for each")


def _data_sets(X: Any, y: Any) -> int | None:
    """Return how many data sets X (data sets, rows, n_in) has; None: it is one."""
    if getattr(X, "ndim", 0) != 3:
        return None
    if np.ndim(y) not in (2, 3) or np.shape(y)[:2] != X.shape[:2]:
        raise ValueError(
            f"y must have the targets of each data set, (data sets, rows) or (data sets, rows, "
            f"n_out) with {X.shape[:2]} as in X, got shape {np.shape(y)}"
        )
    return len(X)


def _rows(X: Any) -> int:
    try:
        return len(X)
    except TypeError:
        checked_inputs(X, natural_dtype(X))  # it says what is wrong
        raise


def _stacked(X: Any, y: Any, data_sets: int | None) -> tuple[Any, Any]:
    """Return the rows of all data sets as those of one."""
    if data_sets is None:
        return X, y
    y = np.asanyarray(y)  # masked targets stay so, and are refused
    return X.reshape(-1, X.shape[2]), y.reshape(-1, 1 if y.ndim == 2 else y.shape[2])


def _seeds(given: list[Any] | None, starts: int, options: Mapping[str, Any]) -> NDArray[np.int64]:
    """Return the seed of each start: those given in the grid, or of `random_state`."""
    if given is None:
        return seeds_of(checked_seed("random_state", options.get("random_state")), starts)
    for value in given:
        if value is None or isinstance(value, np.random.RandomState | np.random.Generator):
            raise TypeError(f"grid['random_state'] must be whole numbers, got {shown(value)}")
    return np.array([checked_seed("grid['random_state']", value) for value in given], np.int64)


def _arguments(
    X: Any,
    y: Any,
    given: dict[str, Any],
    counts: set[int],
    kept: dict[str, Any],
    cache: dict[Any, Any],
) -> Arguments:
    """Return the checked arguments of a combination.

    counts: of the rows of a network, before a share of them is held out. kept: options that are
    kept with another value. cache: of what combinations have in common.
    """
    hidden = checked_sizes("hidden", given.pop("hidden"))
    options: dict[str, Any] = {"hidden": hidden, **checked_options(given)}
    require_activation_for_each(options["activation"], hidden)
    refuse_without_meaning(options, DEFAULTS)
    key = options["dtype"], options["loss"], options["output_activation"]
    if key not in cache:
        cache[key] = checked_datasets(X, y, options)
    data, validation = cache[key]
    if isinstance(validation, int):  # a share of the rows of one data set
        rows = min(counts)  # there are no folds
        validation = round(float(options["validation"]) * rows)
        if not 0 < validation < rows:
            raise ValueError(
                f"validation must leave rows on both sides, got {options['validation']!r} of "
                f"{rows} rows"
            )
    if isinstance(validation, Dataset):
        options["validation"] = NOT_KEPT  # else each batch would be sent with it
    for rows in sorted(counts):
        refuse_for_rows(options, rows - (validation if isinstance(validation, int) else 0))
    sizes = data.X.shape[1], *hidden, data.y.shape[1]
    options.update(kept)
    common = cache.setdefault("options", options)
    own = {name: value for name, value in options.items() if not _same(value, common[name])}
    return Arguments(common, own, cache.setdefault(sizes, sizes), data, validation)


def _same(value: Any, other: Any) -> bool:
    """Whether two values of an option are the same; arrays must be the same object."""
    plain = type(value) is type(other) and isinstance(value, str | int | float)
    return value is other or bool(plain and value == other)
