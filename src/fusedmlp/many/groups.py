"""Groups of networks of one structure, and batches of networks that are trained together."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusedmlp.many.folds import Fold
from fusedmlp.many.sweep import Arguments, Sweep
from fusedmlp.plan.blocking import step_flops
from fusedmlp.plan.networks import OWN_NUMBERS

# Additions and multiplications of a batch: a tenth of a second to half a second. Batches do not
# depend on the number of workers: a checkpoint is one file for each.
BATCH_FLOPS = 2_000_000_000
MANY_BATCHES = 2000  # beyond, they are longer: a cluster's scheduler sends 200 in a second
LEAST_BATCHES = 16  # of a group, so that several cores have enough of them
MOST_OF_BATCH = 4096  # networks: what a call holds at once, and loses when it is killed
LEAST_IN_LANES = 4
# Options beside `OWN_NUMBERS` that may differ within a group.
OF_EACH = ("random_state", "tol", "patience")
MULTIPLE = 16  # networks of a batch fill the lanes of any processor


class Task(NamedTuple):
    """The networks of a batch, which have one structure."""

    options: list[dict[str, Any]]  # of each combination in the batch
    sizes: tuple[int, ...]
    combinations: NDArray[np.int64]  # of each network: which of the options it has
    seeds: NDArray[np.int64]  # of each network
    folds: list[Fold]  # of each network; empty: it has all rows of its data set
    data_sets: NDArray[np.int64]  # of each network; empty: all have the same
    rows: int  # of a data set
    bootstrap: bool
    in_lanes: bool  # whether the group has enough networks for the lanes


class Group(NamedTuple):
    """Networks of one structure: their combinations differ in numbers of the update alone."""

    combinations: list[int]  # places in the sweep
    networks: int
    batch: int  # networks of a batch

    @property
    def batches(self) -> range:
        """The first network of each batch."""
        return range(0, self.networks, self.batch)


def groups_of(sweep: Sweep) -> list[Group]:
    """Return the groups of a sweep, in the order of their first combinations."""
    places: dict[Any, list[int]] = {}
    for place, arguments in enumerate(sweep.arguments):
        places.setdefault(_structure(arguments), []).append(place)
    each = sweep.shape[1] * sweep.shape[2]
    return [
        Group(own, len(own) * each, _batch_size(sweep.arguments[own[0]], len(own) * each))
        for own in places.values()
    ]


def _structure(arguments: Arguments) -> Any:
    """Return what the networks of a group have in common."""
    options = arguments.options
    common = [n for n in options if n not in OWN_NUMBERS and n not in OF_EACH]
    # Arrays, as `init` has, are the same objects in all combinations.
    plain = tuple((n, v if _is_plain(v) else id(v)) for n, v in ((n, options[n]) for n in common))
    return *plain, options["patience"] is None


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, str | int | float)


def _batch_size(arguments: Arguments, networks: int) -> int:
    """Return the networks of a batch."""
    rows = len(arguments.data.X)
    flops = step_flops(arguments.sizes, rows) * int(arguments.options["epochs"])
    by_work = max(1, BATCH_FLOPS // max(1, flops))
    size = max(min(by_work, -(-networks // LEAST_BATCHES)), networks // MANY_BATCHES)
    size = min(size, MOST_OF_BATCH)
    return -(-size // MULTIPLE) * MULTIPLE


def task_of(sweep: Sweep, group: Group, first: int) -> Task:
    """Return the batch of a group that begins with its network `first`."""
    places = np.arange(first, min(first + group.batch, group.networks))
    _, starts, folds = sweep.shape
    own, start, fold = np.unravel_index(places, (len(group.combinations), starts, folds))
    used, combinations = np.unique(own, return_inverse=True)
    chosen = [group.combinations[k] for k in used]
    data_sets = np.empty(0, np.int64)
    if sweep.data_sets:
        which = np.array(group.combinations)[own]
        data_sets = np.array(list(map(sweep.data_set_of, which.tolist(), start.tolist())))
    return Task(
        [sweep.arguments[k].options for k in chosen],
        sweep.arguments[chosen[0]].sizes,
        combinations,
        sweep.seeds[start],
        [sweep.folds[k] for k in fold] if sweep.folds else [],
        data_sets,
        sweep.rows,
        sweep.bootstrap,
        group.networks >= LEAST_IN_LANES,
    )
