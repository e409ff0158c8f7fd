"""A batch of networks one after the other, each in a run of its own."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusedmlp.many.batch import Batch
from fusedmlp.many.groups import Task
from fusedmlp.many.network_rows import NetworkRows
from fusedmlp.plan.plan import Plan, record_count, record_interval
from fusedmlp.plan.state import State
from fusedmlp.trained import Trained
from fusedmlp.training.control import Control
from fusedmlp.training.data import Dataset
from fusedmlp.training.request import Request, random_state, request_for
from fusedmlp.training.run import Trainer, run, train_in_memory
from fusedmlp.training.shared_stop import SharedStop
from fusedmlp.training.trainer import plan_of, result_of


def train_one_by_one(
    task: Task,
    data: Dataset,
    validation: Dataset | None,
    rows: list[NetworkRows],
    stop: SharedStop,
) -> Batch:
    """Train a batch of networks.

    Raises
    ------
    KeyboardInterrupt
        When Ctrl-C comes, or another thread asked to stop.
    """
    networks = []
    for k, own in enumerate(task.combinations.tolist()):
        options = {**task.options[own], "random_state": int(task.seeds[k]), "threads": 1}
        networks.append(_train(options, data, validation, rows[k], stop))
        stop.check()
    return _batch_of(networks, task.options[0])


def _train(
    options: dict[str, Any],
    data: Dataset,
    validation: Dataset | None,
    rows: NetworkRows,
    stop: SharedStop,
) -> Trained:
    """Train one network."""
    own = data if rows.training is None else _rows(data, rows.training)
    held_out = validation if rows.held_out is None else _rows(data, rows.held_out)
    request = request_for(options, own, held_out, random_state(options["random_state"]))
    plan = plan_of(request)
    outcome = run(plan, request, _stoppable(stop))
    if outcome.interrupt is not None:
        raise outcome.interrupt
    return result_of(plan, request, outcome)


def _stoppable(stop: SharedStop) -> Trainer:
    """Return what trains until another thread asks to stop."""

    def train(
        plan: Plan, request: Request[Dataset], state: State, control: Control, _: Any
    ) -> tuple[str, str | None]:
        return train_in_memory(plan, request, state, control, stop.check)

    return train


def _rows(data: Dataset, rows: NDArray[np.int64]) -> Dataset:
    return Dataset(data.X[rows], data.y[rows], None)


def _batch_of(networks: list[Trained], options: dict[str, Any]) -> Batch:
    """Return what is kept of trained networks."""
    records = record_count(options["epochs"], record_interval(options))
    return Batch(
        params=np.array([network._params for network in networks]),
        running_stats=np.array([network._running_stats for network in networks]),
        errors=_records(networks, "error", records),
        losses=_records(networks, "loss", records),
        validation_losses=_records(networks, "validation_loss", records),
        epochs=np.array([network.epochs for network in networks]),
        stopped=[network.stopped for network in networks],
    )


def _records(networks: list[Trained], name: str, records: int) -> NDArray[np.float64]:
    """Return the networks' records of a name (networks, records), or (networks, 0)."""
    if name not in networks[0].history:
        return np.empty((len(networks), 0))
    result = np.full((len(networks), records), np.nan)
    for row, network in zip(result, networks, strict=True):
        row[: len(network.history[name])] = network.history[name]
    return result
