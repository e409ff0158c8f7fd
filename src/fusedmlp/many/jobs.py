"""Batches of networks in the jobs of joblib: threads, processes, or the workers of a cluster."""

from collections.abc import Generator
from concurrent.futures import BrokenExecutor, CancelledError
from contextlib import closing
from typing import Any, NamedTuple

from fusedmlp.many.batch import Batch
from fusedmlp.many.groups import Group, Task, places_of, task_of
from fusedmlp.many.sweep import Sweep
from fusedmlp.many.train_batch import train_batch
from fusedmlp.training.calls_in_jobs import results_in_jobs
from fusedmlp.training.jobs import jobs_for
from fusedmlp.training.shared_stop import SharedStop

# What joblib raises where a worker was lost: joblib's own processes end all together, and Dask
# cancels the tasks whose data were on that worker alone.
LOST = (BrokenExecutor, CancelledError)
# Times that workers may be lost with no batch finished in between: the batch itself may end them.
MOST_LOSSES = 5


class Place(NamedTuple):
    """A batch: its group, and its number there."""

    group: int
    batch: int


Finished = tuple[Place, Batch | None]  # None: it was stopped


def trained_batches(
    sweep: Sweep, groups: list[Group], places: list[Place], threads: int | None
) -> Generator[tuple[Place, Batch]]:
    """Train batches, several at a time, and yield them as they are finished.

    A batch that was lost with its worker is trained again. When the generator is closed, no batch
    is trained any more in this process.
    """
    left, losses = dict.fromkeys(places), 0
    while left:
        try:
            with closing(_in_jobs(sweep, groups, list(left), threads)) as batches:
                for place, batch in batches:
                    if batch is not None:
                        del left[place]
                        losses = 0
                        yield place, batch
        except LOST:
            losses += 1
            if losses == MOST_LOSSES:
                raise


def _in_jobs(
    sweep: Sweep, groups: list[Group], places: list[Place], threads: int | None
) -> Generator[Finished]:
    """Return a generator that trains batches in jobs, and yields them as they are finished."""
    stop, jobs = SharedStop(), threads or jobs_for(_long_batches(groups, places))
    arguments = (
        (*_data(sweep, groups[place.group]), _task(sweep, groups, place), place, stop)
        for place in places
    )
    return results_in_jobs(_train_place, arguments, len(places), jobs, stop)


def _long_batches(groups: list[Group], places: list[Place]) -> int:
    """Return how many batches take about as long; beside those in lanes, one alone takes little."""
    in_lanes = sum(groups[place.group].batches[place.batch].in_lanes for place in places)
    return in_lanes or len(places)


def _data(sweep: Sweep, group: Group) -> tuple[Any, ...]:
    """Return the data of a group's networks: arrays by themselves, which joblib sends once."""
    arguments = sweep.arguments[group.combinations[0]]
    return arguments.data.X, arguments.data.y, arguments.validation


def _task(sweep: Sweep, groups: list[Group], place: Place) -> Task:
    group = groups[place.group]
    in_lanes = group.batches[place.batch].in_lanes
    return task_of(sweep, group, places_of(sweep, group, place.batch), in_lanes)


def _train_place(
    X: Any,
    y: Any,
    validation: Any,
    task: Task,
    place: Place,
    stop: SharedStop,
) -> Finished:
    """Train a batch; return where it belongs, and the batch."""
    return place, train_batch(X, y, validation, task, stop)
