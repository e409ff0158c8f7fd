"""The function `train`: from data and options to a trained network."""

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Unpack

from numpy.typing import ArrayLike

from fusedmlp.options.documentation import documented
from fusedmlp.options.kept import FixedOptions
from fusedmlp.options.table import Options
from fusedmlp.plan.parameters import as_matrices
from fusedmlp.plan.plan import Plan, make_plan, record_interval
from fusedmlp.trained import Trained
from fusedmlp.training.continuing import plan_options
from fusedmlp.training.doubts import warnings_of
from fusedmlp.training.forms import checked_in_any_form
from fusedmlp.training.request import Request
from fusedmlp.training.run import Outcome, run

# Lists of arrays or Dask arrays, or pairs (X_chunk, y_chunk), one after another.
DataInChunks = Sequence[ArrayLike] | Iterable[Any] | Callable[[], Iterable[Any]]


@documented()
def train(
    X: "ArrayLike | DataInChunks",
    y: "ArrayLike | Sequence[ArrayLike] | None" = None,
    hidden: int | Sequence[int] = (4,),
    **options: Unpack[Options],
) -> Trained:
    """Train a feed-forward network; all epochs run in compiled code.

    The defaults are those of "A Neural Network in 11 lines of Python" (Trask, 2015): sigmoids,
    squared error, no bias, all rows in each step, gradients summed, a learning rate of 1.

    Parameters
    ----------
    X : array-like (rows, n_in), or chunks of rows
        Inputs: real and finite numbers. Data larger than memory: a list of arrays, or a Dask array
        in chunks of rows, for steps of all rows; for mini-batches, an iterable of pairs (X_chunk,
        y_chunk), or a function of no arguments that returns one, which is asked for its chunks in
        each epoch (docs/large-data.md).
    y : array-like (rows,) or (rows, n_out), or chunks of rows
        Targets: real and finite numbers. Classes are one-hot rows. Chunks as those of X; None with
        an iterable of pairs.
    hidden : int or sequence of int, default (4,)
        Units of each hidden layer; () for none.
    **options
        Each is in ``help(fusedmlp.train)``, and in the stub beside this file.

    Returns
    -------
    Trained

    Raises
    ------
    TypeError
        For an argument of a wrong type, or an unknown option.
    ValueError
        For an argument out of range, for options that contradict each other, and for data that the
        network cannot take. All are raised before any training.
    ImportError
        For progress=True without the package rich.
    KeyboardInterrupt
        When Ctrl-C stops the run. Once training has begun, its attribute ``run`` is the Trained
        network with what was learnt so far.

    Warns
    -----
    UserWarning
        Before training, for targets that the outputs cannot come close to, and for inputs so large
        that nearly all units of the first layer begin saturated.
    RuntimeWarning
        When the run diverges: a weight or, for SciPy's optimisers, the loss is no longer finite.
        The run stops there.

    Examples
    --------
    >>> import fusedmlp
    >>> X, y = [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], [0, 0, 1, 1]
    >>> run = fusedmlp.train(X, y, hidden=(), epochs=10_000, random_state=1)
    >>> run.predict([[1, 0, 0]]).round(4).item()
    0.9999
    """
    request, train_on = checked_in_any_form(X, y, hidden, options)
    for text in warnings_of(request.data.samples, request.options, request.sizes, request.params):
        warnings.warn(text, UserWarning, stacklevel=2)
    plan = plan_of(request)
    outcome = run(plan, request, train_on)
    result = result_of(plan, request, outcome)
    if outcome.advice is not None:
        diverged = outcome.stopped.partition(";")[0]
        warnings.warn(f"{diverged}; {outcome.advice}", RuntimeWarning, stacklevel=2)
    if outcome.interrupt is not None:
        outcome.interrupt.run = result  # type: ignore[attr-defined]
        raise outcome.interrupt
    return result


def plan_of(request: Request[Any]) -> Plan:
    """Return the plan; that of a resumed run has the epochs before this one, too."""
    options: Mapping[str, Any] = request.options
    resumed = request.before if request.resumed else None
    options = plan_options(options, resumed, record_interval(options))
    return make_plan(options, request.sizes, request.data.totals.rows, request.seed)


def result_of(plan: Plan, request: Request[Any], outcome: Outcome) -> Trained:
    """Return the trained network."""
    state, rows = outcome.state, request.data.totals.rows
    epochs, before = int(state.position[0]) // rows, 0
    if request.resumed and request.before is not None:
        before = request.before.progress.epochs
    changes = state.direction_changes
    return Trained(
        history=outcome.control.history(epochs),
        direction_changes=(
            as_matrices(changes, request.sizes, bool(plan.bias)) if changes.size else None
        ),
        options=FixedOptions(request.options),
        epochs=epochs - before,
        stopped=outcome.stopped,
        _sizes=request.sizes,
        _params=state.params,
        _running_stats=state.running_stats,
        _continuation=outcome.continuation,
        feature_names=request.feature_names,
    )
