"""Several networks from different first weights: the best of them, or their mean.

Each is what an estimator with its random_state and n_starts=1 is, fitted alone.
"""

import copy
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from fusedmlp.checks.arrays import Array
from fusedmlp.estimators.callbacks import has_callbacks
from fusedmlp.estimators.held_out import GivenRows
from fusedmlp.estimators.progress import require_bar
from fusedmlp.estimators.start_seeds import catch_up, random_state_to_use, start_seeds
from fusedmlp.estimators.starts_at_once import Start, train_starts
from fusedmlp.training.jobs import jobs_now

# What only the `fit` of several starts sets.
ATTRIBUTES = ("start_random_states_", "start_scores_", "best_start_", "estimators_")


def fit_starts(
    model: Any, own_class: Any, data: tuple[Any, ...], validation: GivenRows | None
) -> None:
    """Fit n_starts networks, and make the estimator the best of them, or their mean.

    Parameters
    ----------
    model : estimator
    own_class : type
        The class, `MLPClassifier` or `MLPRegressor`, whose `fit` each start is fitted by.
    data : tuple (X, y, sample_weight)
    validation : tuple (X_val, y_val, sample_weight_val), or None

    Raises
    ------
    ValueError
        For parameters that several starts contradict, and if no network's weights are finite.
    """
    require_no_contradiction(model)
    require_bar(model)
    seeds, jobs = start_seeds(model.random_state, model.n_starts), jobs_now()
    first = random_state_to_use(model.random_state)
    models = [model_of_start(model, seed, jobs > 1) for seed in [first, *seeds[1:]]]
    starts, interrupted = train_starts(
        models, own_class, jobs, data, validation, bool(model.verbose), model.progress
    )
    catch_up(first, starts[0].model.random_state)
    trained = trained_of(starts, interrupted)
    if interrupted:
        warnings.warn("Training interrupted by user.", stacklevel=4)
    starts[0].model.random_state = model.random_state
    for start in trained:  # which had others in training
        for name in ("threads", "verbose", "progress"):
            setattr(start.model, name, getattr(model, name))
    best = max(trained, key=lambda start: start.score)  # the first of equals
    become(model, best.model)
    model.start_random_states_ = seeds
    model.start_scores_ = np.array([start.score for start in starts])
    model.best_start_ = starts.index(best)
    if model.combine == "average":
        model.estimators_ = [start.model for start in trained]


def require_no_contradiction(model: Any) -> None:
    """Raise ValueError for what a fit of several new networks cannot mean."""
    said = f"with n_starts={model.n_starts}, which begins that many new networks"
    if model.warm_start:
        raise ValueError(
            f"warm_start must be False {said}: after such a fit, "
            "set_params(n_starts=1, warm_start=True) goes on with the best"
        )
    if has_callbacks(model):
        raise ValueError(
            f"set_callbacks cannot be used {said}: the parameter callback is called for each"
        )


def model_of_start(model: Any, random_state: Any, beside_others: bool) -> Any:
    """Return the unfitted estimator of one start; beside others, it has one thread.

    `sklearn.clone` would copy what callback and scoring refer to, and a subclass may have another
    constructor.
    """
    start = object.__new__(type(model))
    vars(start).update({k: v for k, v in vars(model).items() if not is_learnt(k)})
    start.random_state, start.n_starts = random_state, 1
    start.verbose = start.progress = False  # lines of several runs would be mixed
    if beside_others and model.threads is None:
        start.threads = 1
    return start


def is_learnt(attribute: str) -> bool:
    """Whether an attribute is of a fit, by scikit-learn's rule for names."""
    return attribute.startswith("_") or attribute.endswith("_")


def trained_of(starts: list[Start], interrupted: bool) -> list[Start]:
    """Return the starts that have become networks; if there is none, raise the first error."""
    trained = [start for start in starts if start.is_trained]
    if trained:
        return trained
    if interrupted:
        raise KeyboardInterrupt
    raise next(start.error for start in starts if start.error is not None)


def become(model: Any, other: Any) -> None:
    """Give an estimator copies of all that another has learnt."""
    forget_starts(model)
    learnt = {k: v for k, v in other.__getstate__().items() if is_learnt(k)}
    model._network = model._partial_fits = None
    model.__setstate__(copy.deepcopy(learnt))


def forget_starts(model: Any) -> None:
    """Remove what an earlier fit of several starts has set."""
    for name in ATTRIBUTES:
        vars(model).pop(name, None)


def goes_on(model: Any) -> bool:
    """Whether an estimator has `partial_fit`, which trains one network.

    Raises
    ------
    AttributeError
        For several starts.
    """
    if model.n_starts > 1:
        raise AttributeError(
            f"partial_fit trains one network, but n_starts is {model.n_starts}: after fit, "
            "set_params(n_starts=1) goes on with the best"
        )
    return bool(model._check_solver())


def members_of(model: Any) -> list[Any] | None:
    """Return the networks whose mean an estimator predicts, with its parameters of now; or None."""
    members: list[Any] | None = getattr(model, "estimators_", None)
    for member in members or ():
        for name in ("activation", "threads", "backend"):  # which a prediction depends on
            setattr(member, name, getattr(model, name))
    return members


def mean_of(outputs: Iterator[Array]) -> Array:
    """Return the mean of the outputs of several networks."""
    total, count = next(outputs).copy(), 1
    for more in outputs:
        total += more
        count += 1
    total /= count
    return total
