"""A batch of networks in the lanes of vectors, with control after each recorded epoch."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusedmlp.backends import implementation
from fusedmlp.checks.arrays import Array
from fusedmlp.many.batch import Batch
from fusedmlp.many.early_stopping import EarlyStoppingOfMany
from fusedmlp.many.network_rows import NetworkRows
from fusedmlp.plan.blocking import step_flops
from fusedmlp.plan.networks import (
    Networks,
    make_networks,
    own_numbers,
    schedule_of,
)
from fusedmlp.plan.plan import Plan, record_count
from fusedmlp.training.data import Dataset
from fusedmlp.training.early_stopping import StoppingRule
from fusedmlp.training.interruptible import interruptible
from fusedmlp.training.scipy_optimizers import ALL_EPOCHS
from fusedmlp.training.shared_stop import SharedStop


class Drawn(NamedTuple):
    """The networks of a batch, and what was drawn for them."""

    combinations: NDArray[np.int64]  # of each network: which of the options it has
    params: Array  # (networks, size), which training changes
    seeds: NDArray[np.int64]
    rows: list[NetworkRows]


def train_in_lanes(
    plan: Plan,
    options: list[dict[str, Any]],
    data: Dataset,
    validation: Dataset | None,
    drawn: Drawn,
    stop: SharedStop,
) -> Batch:
    """Train a batch of networks; options: of each combination in it.

    Raises
    ------
    KeyboardInterrupt
        If another thread asked to stop.
    """
    own, chosen = np.array([own_numbers(each) for each in options]), None
    if drawn.rows[0].training is not None:
        chosen = np.array([rows.training for rows in drawn.rows])
    rows = len(data.X) if chosen is None else chosen.shape[1]
    networks = make_networks(
        plan, own[drawn.combinations], schedule_of(options[0], rows), drawn.params, drawn.seeds,
        chosen,
    )  # fmt: skip
    outside = _measured_on(data, validation, drawn.rows)
    adaptive = options[0]["learning_rate_schedule"] == "adaptive"
    rules = [StoppingRule(each["patience"], each["tol"], adaptive) for each in options]
    rules = [rules[k] for k in drawn.combinations.tolist()]
    package = implementation(options[0]["backend"])
    return _Run(plan, package, rules, data, outside, networks, rows, stop).run()


class _Run:
    """The run of a batch."""

    def __init__(
        self,
        plan: Plan,
        package: Any,
        rules: list[StoppingRule],
        data: Dataset,
        outside: tuple[Dataset, NDArray[np.int64]] | None,
        networks: Networks,
        rows: int,
        stop: SharedStop,
    ) -> None:
        self.plan, self.data, self.networks, self.rows = plan, data, networks, rows
        self.outside, self.stop, self.package = outside, stop, package
        self.monitored = rules[0].active
        self.early = EarlyStoppingOfMany(rules, networks)
        count, records = networks.errors.shape
        self.active, self.epochs = np.arange(count), np.full(count, plan.epochs)
        self.validation_losses = np.full((count, records if outside else 0), np.nan)
        self.stopped = [ALL_EPOCHS] * count

    def run(self) -> Batch:
        begin, every = 0, self.plan.record_every
        if self.monitored or self.outside is not None:
            for record in range(record_count(self.plan.epochs, every)):
                end = record * every + 1
                self._train(begin, end)
                self._control(record, end)
                begin = end
        self._train(begin, self.plan.epochs)
        for k, note in enumerate(self.early.restore_best()):
            self.stopped[k] += note
        return self._result()

    def _train(self, begin: int, end: int) -> None:
        """Train the active networks; those that diverge are no longer active."""
        if begin == end or not self.active.size:
            return
        networks = self.networks
        flops = step_flops(self.plan.sizes.tolist(), self.rows) * (end - begin) * len(self.active)
        # A long call has a thread of its own if this is the main one, which then handles Ctrl-C.
        done = interruptible(
            self.stop.signals, flops, self.package.fit_networks, self.plan, self.data.X,
            self.data.y, networks, self.active, begin, end, self.stop.signals,
        )  # fmt: skip
        if done < len(self.active):
            raise KeyboardInterrupt
        for k in self.active[networks.diverged[self.active] > 0].tolist():
            self.epochs[k] = networks.diverged[k]
            self.stopped[k] = (
                f"diverged: a weight was no longer finite after epoch {self.epochs[k] - 1}"
            )
        self.active = self.active[networks.diverged[self.active] == 0]

    def _control(self, record: int, epoch: int) -> None:
        """Measure the active networks after a recorded epoch, and stop those that should."""
        name, losses = "loss", self.networks.losses[self.active, record] / self.rows
        if self.outside is not None:
            name, losses = "validation_loss", self._validation_losses()
            self.validation_losses[self.active, record] = losses
        if self.monitored:
            ended = self.early.after_record(name, self.active, losses, epoch - 1)
            for k, reason in ended.items():
                self.stopped[k], self.epochs[k] = reason, epoch
            self.active = self.active[~np.isin(self.active, list(ended))]

    def _validation_losses(self) -> NDArray[np.float64]:
        """Return the mean loss of each active network on its rows outside the training."""
        assert self.outside is not None
        data, rows = self.outside
        count = len(self.networks.params)
        measured = self.networks._replace(
            rows=rows, errors=np.zeros((count, 1)), losses=np.zeros((count, 1))
        )
        self.package.measure_networks(self.plan, data.X, data.y, measured, self.active)
        losses: NDArray[np.float64] = measured.losses[self.active, 0]
        return losses / (rows.shape[1] if rows.size else len(data.X))

    def _result(self) -> Batch:
        networks, outputs = self.networks, self.data.y.shape[1]
        recorded = -(-self.epochs // self.plan.record_every)[:, None]
        made = np.arange(networks.errors.shape[1]) < recorded
        errors = np.where(made, networks.errors / (self.rows * outputs), np.nan)
        losses = np.where(made, networks.losses / self.rows, np.nan)
        return Batch(
            params=networks.params,
            running_stats=np.empty((len(networks.params), 0), networks.params.dtype),
            errors=errors,
            losses=losses,
            validation_losses=self.validation_losses,
            epochs=self.epochs,
            stopped=self.stopped,
        )


def _measured_on(
    data: Dataset, validation: Dataset | None, rows: list[NetworkRows]
) -> tuple[Dataset, NDArray[np.int64]] | None:
    """Return the data of the validation losses, and each network's rows of it; none: all."""
    if rows[0].held_out is not None:
        return data, np.array([each.held_out for each in rows])
    return None if validation is None else (validation, np.empty((0, 0), np.int64))
