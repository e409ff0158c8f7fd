"""A run: slices of `fit`, or SciPy's optimisers, with control after each recorded epoch."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

from fusedmlp.checks.arrays import Array
from fusedmlp.helper_threads import with_helpers
from fusedmlp.options.kept import FixedOptions
from fusedmlp.plan.codes import SCIPY_OPTIMIZERS
from fusedmlp.plan.continuation import Continuation
from fusedmlp.plan.parameters import aligned_zeros
from fusedmlp.plan.plan import Plan, record_count
from fusedmlp.plan.state import State, make_state
from fusedmlp.trained import Trained
from fusedmlp.training.continuing import continuation_of, take_up
from fusedmlp.training.control import Control
from fusedmlp.training.data import Dataset
from fusedmlp.training.divergence import advice_for
from fusedmlp.training.evaluation import outputs_and_loss
from fusedmlp.training.objective import ObjectiveInMemory
from fusedmlp.training.progress import progress_bar
from fusedmlp.training.request import Request
from fusedmlp.training.scipy_optimizers import ALL_EPOCHS, Search
from fusedmlp.training.slices import Slices
from fusedmlp.training.snapshots import with_snapshots


class Outcome(NamedTuple):
    """The result of a run: state, records and why it ended."""

    state: State
    control: Control
    continuation: Continuation | None
    stopped: str
    advice: str | None  # what may help, if the run diverged
    interrupt: KeyboardInterrupt | None  # Ctrl-C, if it stopped the run


# What runs the epochs of a request, shows the state after each part, and returns why it ended, and
# advice.
Show = Callable[[State], None]
Trainer = Callable[[Plan, Request[Any], State, Control, Show], tuple[str, str | None]]


def train_in_memory(
    plan: Plan, request: Request[Dataset], state: State, control: Control, show: Show
) -> tuple[str, str | None]:
    """Train on rows in memory; return why it ended, and advice."""
    data, backend = request.data, request.backend
    if plan.extras.optimizer in SCIPY_OPTIMIZERS:
        objective = ObjectiveInMemory(backend, plan, data, state.signals)
        limits = request.search_limits
        return Search(objective, plan, len(data.X), state, control, limits, show).run()
    if control.needed:
        most, held_out = control.most_at_once, request.validation
        state = control.state = with_snapshots(plan, state, len(data.X), most, held_out)
    slices = Slices(backend, plan, data, state, show, request.options["threads"] is not None)
    keep = request.callback is None
    return with_helpers(keep, _fit, plan, request, state, slices, control)


def run(plan: Plan, request: Request[Any], train: Trainer = train_in_memory) -> Outcome:
    """Train until all epochs are run, or control, divergence or Ctrl-C stops the run."""
    rows = request.data.totals.rows
    state = make_state(plan, request.params, rows, request.data.row_weights)
    if request.running_stats is not None:
        state.running_stats[:] = request.running_stats
    control = _control(plan, request, state)
    plan = take_up(state, plan, request.before, request.resumed, control.early_stopping)
    control.first_record = record_count(int(state.position[0]) // rows, plan.record_every)
    interrupt = None
    try:
        with progress_bar(control, rows, request.progress) as show:
            stopped, advice = train(plan, request, state, control, show)
    except KeyboardInterrupt as error:
        interrupt = error
        stopped, advice = f"interrupted in epoch {int(state.position[0]) // rows}", None
    early = control.early_stopping
    kept = continuation_of(plan, state, request.data, early, request.validation_rows)
    stopped += early.restore_best()
    return Outcome(state, control, kept, stopped, advice, interrupt)


def _fit(
    plan: Plan, request: Request[Dataset], state: State, slices: Slices, control: Control
) -> tuple[str, str | None]:
    """Train, with control after recorded epochs if needed; return why it ended, and advice."""
    rows, every = len(request.data.X), plan.record_every
    records = record_count(plan.epochs, every) if control.needed else 0
    while control.next_record < records:
        end = min(control.next_record + control.records_at_once(), records)
        try:
            finite = slices.run_until(((end - 1) * every + 1) * rows)
            last = int(state.position[0]) // rows - 1
            reason = control.after_records(end if finite else record_count(last, every))
        except KeyboardInterrupt:
            if state.snapshots.size:
                control.after_records(record_count(int(state.position[0]) // rows, every))
            raise
        if not finite:
            return diverged(request, state, rows)
        if reason:
            return reason, None
    if not slices.run_until(plan.epochs * rows):
        return diverged(request, state, rows)
    return ALL_EPOCHS, None


def diverged(request: Request[Any], state: State, rows: int) -> tuple[str, str]:
    """Return in which epoch the run diverged, as its end, and advice.

    rows: the unit of the state's position in an epoch.
    """
    epoch = int(state.position[0]) // rows - 1
    stopped = f"diverged: a weight was no longer finite after epoch {epoch}"
    return stopped, advice_for(request.options)


def _control(plan: Plan, request: Request[Any], state: State) -> Control:
    """Return the run's control."""

    @cache
    def network() -> Trained:
        """Return a network that shares the parameters in training."""
        return Trained(
            history={},
            direction_changes=None,
            options=FixedOptions(request.options),
            epochs=0,
            stopped="",
            _sizes=request.sizes,
            _params=state.params,
            _running_stats=state.running_stats,
        )

    @cache
    def earlier() -> Trained:
        """Return a network with room for earlier parameters."""
        return replace(network(), _params=aligned_zeros(state.params.size, state.params.dtype))

    def validation_loss(params: Array) -> float:
        assert validation is not None
        measured = network()
        if params is not state.params:
            measured = earlier()
            measured._params[:] = params
        _, loss = outputs_and_loss(measured, plan, validation)
        return loss / validation.total_weight

    validation = request.validation
    return Control(
        request.stopping_rule,
        request.callback,
        plan,
        state,
        request.data.totals,
        None if validation is None else validation_loss,
        lambda: _layers(network()),
    )


def _layers(network: Trained) -> tuple[list[Array], list[Array]]:
    """Return read-only copies of the current weights and biases."""
    params = network._params.copy()
    params.flags.writeable = False
    now = replace(network, _params=params)
    return now.weights, now.biases
