"""Training by 'sgd' and 'adam' as scikit-learn does: epochs, their records, and when to stop."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from fusedmlp.ctrl_c import ctrl_c_waits
from fusedmlp.estimators.callbacks import Callbacks, has_callbacks
from fusedmlp.estimators.epochs_at_once import epochs_at_once, next_epochs
from fusedmlp.estimators.held_out import HeldOut, Validation
from fusedmlp.estimators.network import Network
from fusedmlp.estimators.optimizer_memory import memory_for
from fusedmlp.estimators.progress import epochs_shown
from fusedmlp.estimators.row_orders import RowOrders
from fusedmlp.estimators.settings import (
    network_options,
    outputs_in_mean,
    plan_of,
    step_options,
    with_stopping_rule,
)
from fusedmlp.estimators.stop_of_model import stop_check, stops_others
from fusedmlp.helper_threads import with_helpers
from fusedmlp.plan.state import make_state
from fusedmlp.training.data import Dataset
from fusedmlp.training.early_stopping import ADAPTIVE_DIVISOR, LEAST_LEARNING_RATE
from fusedmlp.training.slices import Slices
from fusedmlp.training.snapshots import with_room


class EpochLoop:
    """A call of `fit` or `partial_fit`.

    Several epochs are one call of the kernel, which ends earlier where the training losses no
    longer fall. The scores of early_stopping are computed after a call.
    """

    def __init__(
        self,
        model: Any,
        network: Network,
        data: Dataset,
        held_out: HeldOut | None,
        batch_size: int,
        incremental: bool,
    ) -> None:
        self._model, self._network, self._rows = model, network, len(data.X)
        self._incremental, self._outputs = incremental, outputs_in_mean(model)
        self._memory = model._optimizer = memory_for(model, network.params, incremental)
        self._optimizer = self._memory.settings
        self._steps = -(-self._rows // batch_size)  # of an epoch
        weighted = data.row_weights is not None
        others = None if held_out is None else len(held_out.data.X)
        self._at_once = 1
        if not incremental:
            self._at_once = epochs_at_once(model, self._memory, self._rows, others)
        options = network_options(model, network.params.dtype)
        options |= step_options(model, self._optimizer, weighted)
        options |= {"batch_size": batch_size, "epochs": self._at_once}
        momentum = self._optimizer.momentum if self._optimizer.solver == "sgd" else None
        plan = plan_of(options, network.sizes, self._rows, momentum, data.row_weights)
        self._by_losses = not (incremental or model.early_stopping)
        plan = with_stopping_rule(plan, model, self._by_losses, self._rows * self._outputs)
        self._plan = plan._replace(given_orders=self._at_once if plan.shuffle else 0)
        self._orders = RowOrders(self._rows, model.backend)
        self._last_call = 0  # its epochs, if it did not end early and might have
        self._state = make_state(plan, network.params, self._rows, data.row_weights)._replace(
            velocity=self._memory.velocity,
            squares=self._memory.squares,
            row_order=np.zeros(self._at_once * self._rows if plan.shuffle else 0, np.int64),
            running_stats=network.running_stats,
        )
        if held_out is not None:
            self._state = with_room(self._state, self._at_once)
        self._slices = Slices(
            model.backend,
            self._plan,
            data,
            self._state,
            stop_check(model),
            model.threads is not None,
        )
        self._data = data
        self._callbacks: Callbacks | None = None
        self._validation = held_out and Validation(model, held_out, network, self._plan)
        self._best: tuple[Any, Any] | None = None
        if self._validation and model.early_stopping and model.t_ == 0:
            # As in scikit-learn, the first ones are the best until a score is a number.
            self._best = network.params.copy(), network.running_stats.copy()

    def again(self, data: Dataset) -> None:
        """Run for other rows, as many as before: the next call of `partial_fit`."""
        if self._draws:
            self._model._random_state = check_random_state(self._model.random_state)
            self._orders = RowOrders(self._rows, self._model.backend)
        self._take(data)
        self.run()
        self.release()

    def release(self) -> None:
        """Forget the data, which are the caller's."""
        nothing = np.empty((0, 0), self._network.params.dtype)
        self._take(Dataset(nothing, nothing, None))

    def _take(self, data: Dataset) -> None:
        self._data = data
        self._slices.take(data)

    @property
    def _draws(self) -> bool:
        """Whether orders are drawn.

        Where all rows are one batch, the order changes nothing but what a RandomState gives next.
        """
        seed = self._model.random_state
        of_use = self._plan.shuffle or not isinstance(seed, int | np.integer)
        return bool(self._model.shuffle and of_use)

    def run(self) -> None:
        """Train until the run is over, or Ctrl-C ends it."""
        model = self._model
        model.n_iter_ = 0
        if has_callbacks(model) and not self._incremental:
            data = self._data
            self._callbacks = Callbacks(model, data.X, data.y, data.row_weights)
        calls_back = self._callbacks or model.callback is not None or callable(model.scoring)
        try:
            with_helpers(not (self._incremental or calls_back), self._run_calls)
        except KeyboardInterrupt:
            if not stops_others(model):  # who are told once
                warnings.warn("Training interrupted by user.", stacklevel=6)
        if self._best is not None:
            self._network.params[:], self._network.running_stats[:] = self._best
        if self._callbacks is not None:
            self._callbacks.end_run()

    def _run_calls(self) -> None:
        """Call the kernel until the run is over."""
        model = self._model
        with epochs_shown(model, model.progress and not self._incremental) as show:
            while not self._call_kernel():
                show()
                if model.n_iter_ == model.max_iter:
                    warnings.warn(
                        f"Stochastic Optimizer: Maximum iterations ({model.max_iter}) "
                        "reached and the optimization hasn't converged yet.",
                        ConvergenceWarning,
                        stacklevel=8,  # the caller of fit
                    )
                    break
            show()

    def _call_kernel(self) -> bool:
        """Run the next epochs in one call of the kernel; return whether the run is over."""
        memory, state = self._memory, self._state
        epochs = next_epochs(self._model, self._at_once, self._last_call)
        self._prepare(epochs)
        if self._callbacks is not None:
            self._callbacks.begin_epoch()
        interrupt, finite = None, True
        try:
            finite = self._slices.run_until(epochs * self._rows)
            while not finite and state.position[0] < epochs * self._rows and self._validation:
                finite = self._slices.run_until(epochs * self._rows)
        except KeyboardInterrupt as error:  # the epochs that are over count
            interrupt = error
        done = int(state.position[0]) // self._rows
        self._last_call = epochs if self._by_losses and done == epochs else 0
        self._orders.use(done)
        memory.t += done * self._steps
        losses = state.losses[:done] / (self._rows * self._outputs)
        over = self._end_epochs(list(losses))  # of np.float64, as scikit-learn's
        if interrupt is not None:
            raise interrupt
        # With rows held out, the best weights so far are finite.
        return over or self._incremental or not (finite or self._validation)

    def _prepare(self, epochs: int) -> None:
        """Set learning rate, step number, orders of rows and seed of the next epochs."""
        memory, plan, state = self._memory, self._plan, self._state
        memory.use_rate(memory.learning_rate)
        rate = memory.learning_rate
        if self._optimizer.solver == "sgd":
            rate /= self._outputs
        extras = plan.extras._replace(learning_rates=np.array([rate]), steps_before=memory.t)
        plan = plan._replace(learning_rate=plan.learning_rate.dtype.type(rate), extras=extras)
        if self._model.dropout or self._model.dropconnect:
            plan = plan._replace(seed=self._seed_of_masks())
        self._slices.go_on(plan)
        state.position[0], state.losses[:], state.errors[:] = 0, 0, 0
        if self._by_losses:
            waited = min(self._model._no_improvement_count, plan.records_to_wait)
            state.progress[:] = self._model.best_loss_, waited
        if self._draws:
            orders = state.row_order if plan.shuffle else np.empty(epochs * self._rows, np.int64)
            orders = orders.reshape(-1, self._rows)[:epochs]
            self._orders.draw(self._model._random_state, orders)

    def _seed_of_masks(self) -> int:
        """Return the seed of the next epoch's masks, from that of the run and the steps made."""
        run: int = self._model._mask_seed
        words: NDArray[Any] = np.random.SeedSequence([run, self._memory.t]).generate_state(2)
        return (int(words[0]) << 31) ^ int(words[1])

    def _end_epochs(self, losses: list[np.float64]) -> bool:
        """Record the epochs of a call of the kernel; return whether the run is over."""
        model, memory = self._model, self._memory
        if not losses:
            return False
        model.n_iter_ += len(losses)
        model.loss_ = losses[-1]
        model.t_ += len(losses) * self._rows
        model.loss_curve_ += losses
        if model.verbose:
            print(f"Iteration {model.n_iter_}, loss = {model.loss_:.8f}")
        if self._validation is not None:
            self._validate_epochs(len(losses))
        if not model.early_stopping:
            self._compare(losses)
        if self._optimizer.has_schedule("invscaling"):
            memory.learning_rate = self._optimizer.inverse_scaling(model.t_)
        if model.callback is not None and model.callback(model):
            return True
        if self._callbacks is not None and self._callbacks.end_epoch():
            return True
        return model._no_improvement_count > model.n_iter_no_change and self._stops()

    def _compare(self, losses: list[np.float64]) -> None:
        """Count epochs without progress, and find the lowest loss."""
        model = self._model
        best, count, tol = model.best_loss_, model._no_improvement_count, model.tol
        for loss in losses:
            count = count + 1 if loss > best - tol else 0
            best = loss if loss < best else best  # NaN is not lower
        model.best_loss_, model._no_improvement_count = best, count

    def _validate_epochs(self, epochs: int) -> None:
        """Measure the held-out rows after each epoch of a call of the kernel."""
        params, snapshots = self._network.params, self._state.snapshots
        if not snapshots.size:
            self._validate()
            return
        now = params.copy()
        with ctrl_c_waits():  # for some 50 ms at the most
            try:
                for epoch in range(epochs):
                    params[:] = snapshots[epoch]
                    self._validate()
            finally:
                params[:] = now

    def _validate(self) -> None:
        """Measure the held-out rows; with early_stopping, keep the best parameters."""
        model, network = self._model, self._network
        assert self._validation is not None
        score, loss = self._validation.measure()
        model.validation_loss_curve_.append(loss)
        if not model.early_stopping:
            return
        model.validation_scores_.append(score)
        if model.verbose:
            print(f"Validation score: {score:f}")
        # A score that is NaN counts as progress, as in scikit-learn.
        no_better = score < model.best_validation_score_ + model.tol
        model._no_improvement_count = model._no_improvement_count + 1 if no_better else 0
        if score > model.best_validation_score_:
            model.best_validation_score_ = score
            self._best = network.params.copy(), network.running_stats.copy()

    def _stops(self) -> bool:
        """Stop, or with the learning rate 'adaptive', divide it and go on."""
        model, memory = self._model, self._memory
        what = "Validation score" if model.early_stopping else "Training loss"
        message = (
            f"{what} did not improve more than tol={model.tol:f} for "
            f"{model.n_iter_no_change} consecutive epochs."
        )
        adaptive = self._optimizer.has_schedule("adaptive")
        if not adaptive or memory.learning_rate <= LEAST_LEARNING_RATE:
            end = " Learning rate too small. Stopping." if adaptive else " Stopping."
            self._say(message + end)
            return True
        memory.learning_rate /= ADAPTIVE_DIVISOR
        self._say(f"{message} Setting learning rate to {memory.learning_rate:f}")
        model._no_improvement_count = 0
        return False

    def _say(self, text: str) -> None:
        if self._model.verbose:
            print(text)
