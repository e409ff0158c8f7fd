"""Groups of networks of one structure, and batches of networks that are trained together."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusedmlp.many.folds import Fold
from fusedmlp.many.lanes_or_alone import (
    CORES,
    FLOPS_OF_A_RUN,
    LEAST_BATCH,
    networks_in_lanes,
)
from fusedmlp.many.sweep import Arguments, Sweep
from fusedmlp.plan.blocking import step_flops
from fusedmlp.plan.networks import OWN_NUMBERS

# Additions and multiplications of a batch: a tenth of a second to half a second. Batches do not
# depend on the number of workers: a checkpoint is one file for each.
BATCH_FLOPS = 2_000_000_000
LEAST_FLOPS = 40_000_000  # of a batch of networks one by one: milliseconds, as a file or a message
MANY_BATCHES = 2000  # of a sweep; beyond, they are longer: a cluster sends 200 in a second
LEAST_BATCHES = 16  # of a group's networks in folds of one size, so that several cores have enough
MOST_OF_BATCH = 4096  # networks: what a call holds at once, and loses when it is killed
# Options beside `OWN_NUMBERS` that may differ within a group.
OF_EACH = ("random_state", "tol", "patience")


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
    in_lanes: bool


class Members(NamedTuple):
    """The networks of a batch: of a group's networks in these folds, those from first on."""

    folds: list[int]  # which have as many rows each; [0] without folds
    first: int
    end: int  # the first that is not among them
    in_lanes: bool


class Group(NamedTuple):
    """Networks of one structure: their combinations differ in numbers of the update alone."""

    combinations: list[int]  # places in the sweep
    networks: int
    batches: list[Members]


def groups_of(sweep: Sweep) -> list[Group]:
    """Return the groups of a sweep, in the order of their first combinations."""
    places: dict[Any, list[int]] = {}
    for place, arguments in enumerate(sweep.arguments):
        places.setdefault(_structure(arguments), []).append(place)
    folds = _folds_of_equal_size(sweep)
    cores = CORES if len(places) * len(folds) == 1 else 1
    return [_group(sweep, own, folds, cores) for own in places.values()]


def _group(
    sweep: Sweep, combinations: list[int], folds: list[tuple[int, list[int]]], cores: int
) -> Group:
    """Return a group, divided into batches: first those in lanes, which take longer."""
    batches = [
        batch
        for rows, equal in folds
        for batch in _batches(sweep, combinations, equal, rows, cores)
    ]
    batches.sort(key=lambda batch: not batch.in_lanes)
    return Group(combinations, len(combinations) * sweep.shape[1] * sweep.shape[2], batches)


def _folds_of_equal_size(sweep: Sweep) -> list[tuple[int, list[int]]]:
    """Return how many rows there are to train on, and the folds that have so many."""
    if not sweep.folds:
        return [(sweep.rows, [0])]
    folds: dict[tuple[int, int], list[int]] = {}
    for k, fold in enumerate(sweep.folds):
        folds.setdefault((fold.training.size, fold.held_out.size), []).append(k)
    return [(rows, own) for (rows, _), own in folds.items()]


def _batches(
    sweep: Sweep, combinations: list[int], folds: list[int], rows: int, cores: int
) -> list[Members]:
    """Return the batches of a group's networks in these folds, which have so many rows."""
    arguments = sweep.arguments[combinations[0]]
    options, sizes = arguments.options, arguments.sizes
    networks = len(combinations) * sweep.shape[1] * len(folds)
    in_lanes = networks_in_lanes(networks, options, sizes, rows, cores)
    flops = max(1, step_flops(sizes, rows) * int(options["epochs"]))
    least = max(1, sweep.networks // MANY_BATCHES)
    size = _batch_size(in_lanes, flops, least)
    alone = _batch_size(
        networks - in_lanes, flops, max(least, LEAST_FLOPS // (flops + FLOPS_OF_A_RUN))
    )
    full = -(-size // LEAST_BATCH) * LEAST_BATCH
    return [
        *(Members(folds, *pair, True) for pair in _divided(0, in_lanes, full)),
        *(Members(folds, *pair, False) for pair in _divided(in_lanes, networks, alone)),
    ]


def _divided(first: int, end: int, size: int) -> list[tuple[int, int]]:
    """Return where parts of so many numbers begin and end."""
    return [(k, min(k + size, end)) for k in range(first, end, size)]


def _batch_size(networks: int, flops: int, least: int) -> int:
    """Return the networks of a batch, at least so many; flops: of one network."""
    size = min(BATCH_FLOPS // flops, networks // LEAST_BATCHES)
    return min(max(size, least), MOST_OF_BATCH)


def places_of(sweep: Sweep, group: Group, batch: int) -> NDArray[np.int64]:
    """Return the places in a group of a batch's networks."""
    folds = sweep.shape[2]
    members = group.batches[batch]
    number, fold = np.divmod(np.arange(members.first, members.end), len(members.folds))
    places: NDArray[np.int64] = number * folds + np.array(members.folds)[fold]
    return places


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


def task_of(sweep: Sweep, group: Group, places: NDArray[np.int64], in_lanes: bool) -> Task:
    """Return what there is to train for networks of a group."""
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
        in_lanes,
    )
