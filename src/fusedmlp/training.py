"""train: from data and options to a trained network."""

import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Unpack, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fusedmlp.contradictions import SOLVERS, refuse_for_rows
from fusedmlp.control import Control
from fusedmlp.data import Array
from fusedmlp.initial import initial_params
from fusedmlp.options import Options, checked_options, documented, require_activation_for_each
from fusedmlp.plan import Plan, State, make_plan, make_state
from fusedmlp.progress import progress_bar, require_rich
from fusedmlp.requirements import sizes as checked_sizes
from fusedmlp.solvers import solve
from fusedmlp.trained import Trained, as_matrices, implementation
from fusedmlp.validation import Rows, checked_data, set_aside, total_loss

# Python sees Ctrl-C between two slices of a run. They aim at half of the 100 ms that a person
# takes for "at once", since what a slice will take is a guess from the one before. A block of rows
# is the least: with layers of thousands of units it takes longer.
SLICE_SECONDS = 0.05
GROWTH = 16

# Threads start anew for each slice, in a tenth of this time. One alone arrives at the same bits.
ALONE_SECONDS = 0.001

DIVERGED = "diverged: a weight was no longer finite"


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
    state = make_state(run.plan, run.params, len(run.X), run.rows.weights)
    if run.options["warm_start"] is not None:
        state.running[:] = run.options["warm_start"]._running
    control = _control(run, state)
    with progress_bar(run.plan, len(run.X), run.options["progress"]) as show:
        if run.options["optimizer"] in SOLVERS:
            stopped = solve(run, state, control, show)
        else:
            stopped = _fit_watched(_Slices(run, state, show), control)
    return _trained(run, state, control, stopped)


class Prepared(NamedTuple):
    """A run before its first step."""

    options: dict[str, Any]
    sizes: tuple[int, ...]
    plan: Plan
    params: Array
    rows: Rows
    validation: Rows | None

    @property
    def X(self) -> Array:  # noqa: N802
        """Rows to learn from (rows, n_in)."""
        return self.rows.X

    @property
    def y(self) -> Array:
        """Their targets (rows, n_out)."""
        return self.rows.y


def prepared(
    X: ArrayLike, y: ArrayLike, hidden: int | Sequence[int] = (4,), **options: Unpack[Options]
) -> Prepared:
    """Check all that `train` is given; draw the first weights and the seed of the rows' order."""
    chosen = {"hidden": checked_sizes("hidden", hidden), **checked_options(options)}
    require_activation_for_each(chosen["activation"], chosen["hidden"])
    rows, validation = checked_data(X, y, chosen)
    aside = validation if isinstance(validation, int) else 0
    refuse_for_rows(chosen, len(rows.X) - aside)
    sizes = (rows.X.shape[1], *chosen["hidden"], rows.y.shape[1])
    random = _random_state(chosen["random_state"])
    params = initial_params(chosen, sizes, random)
    seed = int(random.randint(0, 2**63 - 1, dtype=np.int64))
    if isinstance(validation, int):
        rows, validation = set_aside(rows, validation, random)
    plan = make_plan(chosen, sizes, len(rows.X), seed)
    return Prepared(chosen, sizes, plan, params, rows, validation)


def _random_state(seed: Any) -> np.random.RandomState:
    """Return the generator that scikit-learn's check_random_state does."""
    if seed is None:
        return np.random.mtrand._rand
    return seed if isinstance(seed, np.random.RandomState) else np.random.RandomState(seed)


def _control(run: Prepared, state: State) -> Control:
    """Return what watches the run."""

    def parts() -> tuple[list[Array], list[Array]]:
        now = _network(run, state, {}, "")
        return now.weights, now.biases

    def validation_loss() -> float:
        aside = cast(Rows, run.validation)
        outputs = _network(run, state, {}, "").predict(aside.X)
        return total_loss(run.options["backend"], run.plan, outputs, aside) / aside.total

    watch = validation_loss if run.validation else None
    return Control(run.options, run.plan, state, run.rows.total, run.y.shape[1], watch, parts)


class _Slices:
    """Calls of fit, each about as long as Python may wait, up to any row."""

    def __init__(self, run: Prepared, state: State, show: Callable[[State], None]) -> None:
        self.run, self.state, self.show = run, state, show
        self.fit = implementation(run.options["backend"]).fit
        # Rows; the first slice shows what one costs, as soon as it does not compile any more.
        self.step = 1
        self.plan = run.plan._replace(threads=1)

    def until(self, stop: int) -> bool:
        """Train until so many rows have been visited; return whether all weights are finite."""
        run, state, finite = self.run, self.state, True
        while finite and state.position[0] < stop:
            begun, begin = time.perf_counter(), int(state.position[0])
            finite = self.fit(self.plan, run.X, run.y, state, min(begin + self.step, stop))
            seconds = max(time.perf_counter() - begun, 1e-9)
            done = int(state.position[0]) - begin
            self.step = max(1, min(done * GROWTH, int(done * SLICE_SECONDS / seconds)))
            if min(self.step, stop - begin - done) * seconds / done > ALONE_SECONDS:
                self.plan = run.plan
            self.show(state)
        return finite


def _fit_watched(slices: _Slices, control: Control) -> str:
    """Train, with a look at each recorded epoch if one is wanted; return why the run ended."""
    plan, rows = slices.run.plan, len(slices.run.X)
    records = -(-plan.epochs // plan.record_every) if control.needed else 0
    for record in range(records):
        epoch = record * plan.record_every
        if not slices.until((epoch + 1) * rows):
            return DIVERGED
        reason = control.after(record)
        if reason:
            return reason
    return "all epochs run" if slices.until(plan.epochs * rows) else DIVERGED


def _trained(run: Prepared, state: State, control: Control, stopped: str) -> Trained:
    epochs = int(state.position[0]) // len(run.X)
    if stopped == DIVERGED:
        stopped = f"{DIVERGED} after epoch {epochs - 1}"
        warnings.warn(
            f"{stopped}; a smaller learning_rate or reduction='mean' may help",
            RuntimeWarning,
            stacklevel=3,
        )
    stopped += control.bring_back_the_best()
    every = run.plan.record_every
    records = -(-epochs // every)
    history = {
        "epoch": np.arange(records) * every,
        "error": state.errors[:records] / (run.rows.total * run.y.shape[1]),
        "loss": state.losses[:records] / run.rows.total,
    }
    if run.validation:
        unmeasured = [np.nan] * (records - len(control.validation_losses))
        history["validation_loss"] = np.array(control.validation_losses + unmeasured)
    return _network(run, state, history, stopped)


def _network(
    run: Prepared, state: State, history: dict[str, NDArray[Any]], stopped: str
) -> Trained:
    changes = state.direction_changes
    return Trained(
        history=history,
        direction_changes=(
            as_matrices(changes, run.sizes, run.options["bias"]) if changes.size else None
        ),
        options=run.options,
        epochs=int(state.position[0]) // len(run.X),
        stopped=stopped,
        _sizes=run.sizes,
        _params=state.params,
        _running=state.running,
    )
