"""The check of all arguments of `train`, before any work."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fusedmlp.checks.arrays import Array, natural_dtype
from fusedmlp.checks.frames import Names, column_names, require_names
from fusedmlp.checks.requirements import sizes as checked_sizes
from fusedmlp.options.contradictions import refuse_for_rows, refuse_without_meaning
from fusedmlp.options.table import DEFAULTS, checked_options, require_activation_for_each
from fusedmlp.plan.continuation import Continuation
from fusedmlp.trained import Trained
from fusedmlp.training.continuing import goes_on, resumes
from fusedmlp.training.control import Callback
from fusedmlp.training.data import Dataset, TrainingData, checked_datasets, split
from fusedmlp.training.display import require_rich
from fusedmlp.training.early_stopping import StoppingRule
from fusedmlp.training.initial_weights import initial_params
from fusedmlp.training.scipy_optimizers import SearchLimits

Data = TypeVar("Data", bound=TrainingData)


class Request(NamedTuple, Generic[Data]):
    """The checked arguments of a run, and what was drawn for it."""

    options: Mapping[str, Any]
    sizes: tuple[int, ...]  # units of the input and of each layer
    data: Data  # the training data
    validation: Dataset | None
    params: Array  # the flat vector of the initial parameters, which training changes
    running_stats: Array | None  # batch normalisation's, of warm_start
    before: Continuation | None  # what the optimiser goes on from
    resumed: bool  # the epochs, too: as if that run had never stopped
    validation_rows: NDArray[np.int64] | None  # that were split off
    seed: int  # of the order of rows, masks and draws
    backend: str
    stopping_rule: StoppingRule
    search_limits: SearchLimits
    callback: Callback | None
    progress: bool
    feature_names: Names | None  # of the columns of X, if that is a data frame


def checked(
    X: ArrayLike, y: ArrayLike, hidden: int | Sequence[int], given: Mapping[str, Any]
) -> Request[Dataset]:
    """Check all arguments of `train`; draw the initial weights, the seed and validation rows."""
    options = settings(X, hidden, given)
    data, validation = checked_datasets(X, y, options)
    names = column_names(X)
    if not isinstance(validation, int):
        refuse_for_rows(options, len(data.X))
        return request_for(options, data, validation, random_numbers(options), names=names)
    rows, count = len(data.X), validation
    refuse_for_rows(options, rows - count)
    random = random_numbers(options)
    request = request_for(options, data, None, random, rows - count, names)
    held_out = _validation_rows(request.before if request.resumed else None, count, rows, random)
    training, others = split(data, held_out)
    return request._replace(data=training, validation=others, validation_rows=held_out)


def settings(X: Any, hidden: int | Sequence[int], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the value of every option, checked, and of `hidden`; X: whose type may be the run's.

    Raises
    ------
    TypeError, ValueError, ImportError
        As `fusedmlp.train` does for options, but for those that hold data.
    """
    if given.get("progress"):
        require_rich()
    if given.get("dtype") is None:
        given = {**given, "dtype": natural_dtype(X)}
    options = {"hidden": checked_sizes("hidden", hidden), **checked_options(given)}
    require_activation_for_each(options["activation"], options["hidden"])
    refuse_without_meaning(options, DEFAULTS)
    return options


def request_for(
    options: Mapping[str, Any],
    data: Data,
    validation: Dataset | None,
    random: np.random.RandomState,
    rows: int | None = None,
    names: Names | None = None,
) -> Request[Data]:
    """Draw the initial weights and the seed of a run on checked data.

    rows: those to train on; None: all. names: of the columns of X.
    """
    totals = data.totals
    sizes = (totals.n_in, *options["hidden"], totals.n_out)
    before = options["warm_start"]
    names_before = before.feature_names if isinstance(before, Trained) else None
    require_names(names, names_before)
    params = initial_params(options, sizes, random)
    if options["optimizer"] == "annealing":
        require_within(options["search_radius"], params)
    seed = draw_seed(random)
    resumed = resumes(before, options, totals.rows if rows is None else rows)
    return Request(
        options=options,
        sizes=sizes,
        data=data,
        validation=validation,
        params=params,
        running_stats=None if before is None else before._running_stats,
        before=goes_on(before, options),
        resumed=resumed is not None,
        validation_rows=None,
        seed=seed if resumed is None else resumed.progress.seed,
        backend=options["backend"],
        stopping_rule=StoppingRule(
            options["patience"], options["tol"], options["learning_rate_schedule"] == "adaptive"
        ),
        search_limits=SearchLimits(options["evaluations"], options["search_radius"]),
        callback=options["callback"],
        progress=options["progress"],
        feature_names=names or names_before,
    )


def draw_seed(random: np.random.RandomState) -> int:
    """Draw the seed of a run's order of rows, masks and draws."""
    return int(random.randint(0, 2**63 - 1, dtype=np.int64))


def held_out_rows(count: int, rows: int, random: np.random.RandomState) -> NDArray[np.int64]:
    """Draw the rows to hold out, in ascending order."""
    return np.sort(random.permutation(rows)[:count])


def _validation_rows(
    resumed: Continuation | None, count: int, rows: int, random: np.random.RandomState
) -> NDArray[np.int64]:
    """Return the rows to hold out: drawn at random, or those of the run that is resumed."""
    drawn = held_out_rows(count, rows, random)
    kept = None if resumed is None else resumed.arrays.get("validation_rows")
    return kept if kept is not None and kept.size == count and kept[-1] < rows else drawn


def require_within(search_radius: float, params: Array) -> None:
    """Raise ValueError if annealing could not begin from these parameters."""
    largest = np.abs(params.astype(np.float64)).max()
    if largest > search_radius:
        raise ValueError(
            "search_radius must be at least the size of the largest first weight, "
            f"{largest}, got {search_radius!r}"
        )


GENERATOR_WORDS = 8  # numbers of 32 bits drawn from a Generator


class _OwnRandomState(threading.local):
    """A RandomState of each thread, to be seeded again: to make one takes 0.1 ms."""

    def __init__(self) -> None:
        self.random = np.random.RandomState(0)


_OWN = _OwnRandomState()


def random_numbers(options: Mapping[str, Any]) -> np.random.RandomState:
    """Return what a run draws from, by its options."""
    return random_state(options["random_state"])


def random_state(seed: Any) -> np.random.RandomState:
    """Return a RandomState, as scikit-learn's check_random_state does; it is not to be kept.

    Of a Generator, it is seeded with numbers that are drawn from it: equal states give equal bits,
    and a second call other ones.
    """
    if seed is None:
        return np.random.mtrand._rand
    if isinstance(seed, np.random.RandomState):
        return seed
    if isinstance(seed, np.random.Generator):
        seed = seed.integers(2**32, size=GENERATOR_WORDS, dtype=np.uint32)
    _OWN.random.seed(seed)
    return _OWN.random
