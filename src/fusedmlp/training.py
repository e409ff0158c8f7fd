"""train: from data and options to a trained network."""

import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Unpack

import numpy as np
from numpy.typing import ArrayLike

from fusedmlp.data import Array, checked
from fusedmlp.initial import initial_params
from fusedmlp.options import Options, checked_options, documented, require_activation_for_each
from fusedmlp.plan import Plan, State, make_plan, make_state
from fusedmlp.progress import progress_bar, require_rich
from fusedmlp.requirements import sizes as checked_sizes
from fusedmlp.trained import Trained, as_matrices, implementation

# Python sees Ctrl-C between two slices of a run. They aim at half of the 100 ms that a person
# takes for "at once", since what a slice will take is a guess from the one before. A block of rows
# is the least: with layers of thousands of units it takes longer.
SLICE_SECONDS = 0.05
GROWTH = 16

# Threads start anew for each slice, in a tenth of this time. One alone arrives at the same bits.
ALONE_SECONDS = 0.001


@documented
def train(
    X: ArrayLike, y: ArrayLike, hidden: int | Sequence[int] = (4,), **options: Unpack[Options]
) -> Trained:
    """Train a feed-forward network; all epochs are one compiled run.

    The defaults are those of "A Neural Network in 11 lines of Python" (Trask, 2015): sigmoids,
    squared error, no bias, all rows in each step, gradients summed, a learning rate of 1.

    Parameters
    ----------
    X : array-like (rows, n_in)
        Real and finite numbers.
    y : array-like (rows,) or (rows, n_out)
        Targets. Classes are one-hot rows.
    hidden : int or sequence of int, default (4,)
        Units of each hidden layer; () for none.
    {options}

    Returns
    -------
    Trained

    Raises
    ------
    TypeError
        For an argument of a wrong type.
    ValueError
        For an argument out of range, for options that contradict each other, and for data that the
        network cannot take. All are raised before any work.

    Warns
    -----
    RuntimeWarning
        When the run diverges: a weight is no longer finite. The run stops there.

    Examples
    --------
    >>> import fusedmlp
    >>> X, y = [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], [0, 0, 1, 1]
    >>> run = fusedmlp.train(X, y, hidden=(), epochs=10_000, random_state=1)
    >>> run.predict([[1, 0, 0]]).round(4).item()
    0.9999
    """
    if options.get("progress"):
        require_rich()
    run = prepared(X, y, hidden, **options)
    state = make_state(run.plan, run.params, len(run.X))
    with progress_bar(run.plan, len(run.X), run.options["progress"]) as show:
        finite = _fit_in_slices(run, state, show)
    return _trained(run, state, finite)


class Prepared(NamedTuple):
    """A run before its first step."""

    options: dict[str, Any]
    sizes: tuple[int, ...]
    plan: Plan
    params: Array
    X: Array
    y: Array


def prepared(
    X: ArrayLike, y: ArrayLike, hidden: int | Sequence[int] = (4,), **options: Unpack[Options]
) -> Prepared:
    """Check all that `train` is given; draw the first weights and the seed of the rows' order."""
    chosen = {"hidden": checked_sizes("hidden", hidden), **checked_options(options)}
    require_activation_for_each(chosen["activation"], chosen["hidden"])
    rows, targets = checked(X, y, chosen)
    sizes = (rows.shape[1], *chosen["hidden"], targets.shape[1])
    random = _random_state(chosen["random_state"])
    params = initial_params(chosen, sizes, random)
    seed = int(random.randint(0, 2**63 - 1, dtype=np.int64))
    return Prepared(chosen, sizes, make_plan(chosen, sizes, len(rows), seed), params, rows, targets)


def _random_state(seed: Any) -> np.random.RandomState:
    """Return the generator that scikit-learn's check_random_state does."""
    if seed is None:
        return np.random.mtrand._rand
    return seed if isinstance(seed, np.random.RandomState) else np.random.RandomState(seed)


def _fit_in_slices(run: Prepared, state: State, show: Callable[[State], None]) -> bool:
    """Call fit in slices until the run is over; return whether all weights are finite."""
    fit = implementation(run.options["backend"]).fit
    end = run.plan.epochs * len(run.X)
    step = 1  # rows; the first slice shows what one costs, as soon as it does not compile any more
    plan, finite = run.plan._replace(threads=1), True
    while finite and state.position[0] < end:
        begun, begin = time.perf_counter(), int(state.position[0])
        finite = fit(plan, run.X, run.y, state, min(begin + step, end))
        seconds = max(time.perf_counter() - begun, 1e-9)
        done = int(state.position[0]) - begin
        step = max(1, min(done * GROWTH, int(done * SLICE_SECONDS / seconds)))
        if min(step, end - begin - done) * seconds / done > ALONE_SECONDS:
            plan = run.plan
        show(state)
    return finite


def _trained(run: Prepared, state: State, finite: bool) -> Trained:
    epochs = int(state.position[0]) // len(run.X)
    stopped = "all epochs run"
    if not finite:
        stopped = f"diverged: a weight was no longer finite after epoch {epochs - 1}"
        warnings.warn(
            f"{stopped}; a smaller learning_rate or reduction='mean' may help",
            RuntimeWarning,
            stacklevel=3,
        )
    every = run.plan.record_every
    records = -(-epochs // every)
    changes = state.direction_changes
    return Trained(
        history={
            "epoch": np.arange(records) * every,
            "error": state.errors[:records] / run.y.size,
            "loss": state.losses[:records] / len(run.y),
        },
        direction_changes=(
            as_matrices(changes, run.sizes, run.options["bias"]) if changes.size else None
        ),
        options=run.options,
        epochs=epochs,
        stopped=stopped,
        _sizes=run.sizes,
        _params=state.params,
    )
