"""A run: slices of `fit`, or SciPy's optimisers, with control after each recorded epoch."""

from dataclasses import replace
from functools import cache
from typing import NamedTuple

from fusedmlp.checks.arrays import Array
from fusedmlp.plan.codes import SCIPY_OPTIMIZERS
from fusedmlp.plan.continuation import Continuation
from fusedmlp.plan.plan import Plan, record_count
from fusedmlp.plan.state import State, make_state
from fusedmlp.trained import Trained
from fusedmlp.training.continuing import continuation_of, take_up
from fusedmlp.training.control import Control
from fusedmlp.training.data import Dataset
from fusedmlp.training.evaluation import takes_sums, total_loss
from fusedmlp.training.progress import progress_bar
from fusedmlp.training.request import Request
from fusedmlp.training.scipy_optimizers import ALL_EPOCHS, Search
from fusedmlp.training.shared_stop import SharedStop
from fusedmlp.training.slices import Slices


class Outcome(NamedTuple):
    """The result of a run: state, records and why it ended."""

    state: State
    control: Control
    continuation: Continuation | None
    stopped: str
    advice: str | None  # what may help, if the run diverged
    interrupt: KeyboardInterrupt | None  # Ctrl-C, if it stopped the run


def run(plan: Plan, request: Request, stop: SharedStop | None = None) -> Outcome:
    """Train until all epochs are run, or control, divergence or Ctrl-C stops the run.

    stop: of networks that are trained at the same time; once it is asked, as after Ctrl-C.
    """
    data = request.data
    state = make_state(plan, request.params, len(data.X), data.row_weights)
    if request.running_stats is not None:
        state.running_stats[:] = request.running_stats
    control = _control(plan, request, state)
    plan = take_up(state, plan, request.before, request.resumed, control.early_stopping)
    first_epoch = int(state.position[0]) // len(data.X)
    control.first_record = record_count(first_epoch, plan.record_every)
    interrupt = None
    try:
        stopped, advice = _train(plan, request, state, control, stop)
    except KeyboardInterrupt as error:
        interrupt = error
        stopped, advice = f"interrupted in epoch {int(state.position[0]) // len(data.X)}", None
    early = control.early_stopping
    kept = continuation_of(plan, state, len(data.X), early, request.validation_rows)
    stopped += early.restore_best()
    return Outcome(state, control, kept, stopped, advice, interrupt)


def _train(
    plan: Plan, request: Request, state: State, control: Control, stop: SharedStop | None
) -> tuple[str, str | None]:
    """Train; return why it ended, and advice."""
    data = request.data
    with progress_bar(plan, len(data.X), request.progress) as bar:
        show = bar if stop is None else stop.check
        if plan.extras.optimizer in SCIPY_OPTIMIZERS:
            return Search(
                request.backend, plan, data, state, control, request.search_limits, show
            ).run()
        slices = Slices(
            request.backend, plan, data, state, show, request.options["threads"] is not None
        )
        return _fit(plan, len(data.X), state, slices, control)


def _fit(
    plan: Plan, rows: int, state: State, slices: Slices, control: Control
) -> tuple[str, str | None]:
    """Train, with control after recorded epochs if needed; return why it ended, and advice."""
    records = record_count(plan.epochs, plan.record_every) if control.needed else 0
    for record in range(control.first_record, records):
        epoch = record * plan.record_every
        if not slices.run_until((epoch + 1) * rows):
            return _diverged(state, rows)
        reason = control.after_record(record)
        if reason:
            return reason, None
    if not slices.run_until(plan.epochs * rows):
        return _diverged(state, rows)
    return ALL_EPOCHS, None


def _diverged(state: State, rows: int) -> tuple[str, str]:
    """Return in which epoch the run diverged, as its end, and advice."""
    epoch = int(state.position[0]) // rows - 1
    stopped = f"diverged: a weight was no longer finite after epoch {epoch}"
    return stopped, "a smaller learning_rate or reduction='mean' may help"


def _control(plan: Plan, request: Request, state: State) -> Control:
    """Return the run's control."""

    @cache
    def network() -> Trained:
        """Return a network that shares the parameters in training."""
        return Trained(
            history={},
            direction_changes=None,
            options=request.options,
            epochs=0,
            stopped="",
            _sizes=request.sizes,
            _params=state.params,
            _running_stats=state.running_stats,
        )

    def validation_loss(validation: Dataset) -> float:
        outputs = (network()._sums if takes_sums(plan) else network().predict)(validation.X)
        total = total_loss(request.backend, plan, outputs, validation)
        return total / validation.total_weight

    validation = request.validation
    return Control(
        request.stopping_rule,
        request.callback,
        plan,
        state,
        request.data,
        None if validation is None else lambda: validation_loss(validation),
        lambda: _layers(network()),
    )


def _layers(network: Trained) -> tuple[list[Array], list[Array]]:
    """Return read-only copies of the current weights and biases."""
    params = network._params.copy()
    params.flags.writeable = False
    now = replace(network, _params=params)
    return now.weights, now.biases
