"""A run of many networks as numbers and addresses."""

from typing import Any, NamedTuple

import numpy as np

from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.vector import address, at
from fusedmlp.plan.codes import Optimizer
from fusedmlp.plan.networks import OWN_NUMBERS

MOMENTUM, L1, L2 = (OWN_NUMBERS.index(name) for name in ("momentum", "l1", "l2"))
CLIP_VALUE, CLIP_NORM = (OWN_NUMBERS.index(name) for name in ("clip_value", "clip_norm"))


class Data(NamedTuple):
    """The rows of the networks."""

    X: Any
    y: Any
    n_in: int
    n_out: int
    rows: int  # of a network
    chosen: Any  # (networks, rows)
    is_chosen: bool  # else the rows are all those of the data
    shuffle: int
    seeds: Any
    orders: Any  # (lanes, rows) of this epoch


class Steps(NamedTuple):
    """What the steps of all networks have in common, and their own numbers."""

    batch_size: int
    reduction: int
    nesterov: int
    record_every: int
    optimizer: int
    epsilon_hat: int
    schedule: Any  # (schedule_size,)
    schedule_size: int
    factors: Any  # (networks,)
    numbers: Any  # (networks, OWN_NUMBERS)
    penalties: bool  # whether any network has them
    clips: bool  # whether the gradient of any network is clipped
    momentum: bool  # whether any network has it


class Arrays(NamedTuple):
    """The state of all networks."""

    size: int  # of a network's params
    squares_size: int  # the same, or 0
    params: Any
    velocity: Any
    squares: Any
    records: int
    errors: Any
    losses: Any
    diverged: Any
    sums: Any  # (lanes,) of float64, for records
    places: Any  # (lanes,): the networks in the lanes
    rows: Any  # (rows, lanes): the rows of the data in a block


class Run(NamedTuple):
    """The numbers of a plan, its data, and the arrays of all networks; arrays are addresses."""

    network: Any
    work: Any
    loss: int
    log_loss: Any  # as in a plan
    last_activation: int
    data: Data
    steps: Steps
    arrays: Arrays


@inner
def run_of(plan, network, work, X, y, networks, orders, sums, places, rows):
    """Return the run of a plan, with no networks in the lanes yet."""
    return Run(
        network, work, plan.loss, plan.log_loss, plan.activations[-1],
        _data_of(plan, X, y, networks, orders),
        _steps_of(plan, networks),
        _arrays_of(networks, sums, places, rows),
    )  # fmt: skip


@inner
def _data_of(plan, X, y, networks, orders):
    is_chosen, rows = networks.rows.size > 0, X.shape[0]
    if is_chosen:
        rows = networks.rows.shape[1]
    return Data(
        address(X), address(y), X.shape[1], y.shape[1], rows, address(networks.rows), is_chosen,
        plan.shuffle, address(networks.seeds), address(orders),
    )  # fmt: skip


@inner
def _steps_of(plan, networks):
    own = networks.numbers
    optimizer, epsilon_hat = _optimizer_of(plan.extras)
    penalties = _any_differs(own, L1, 0.0) or _any_differs(own, L2, 0.0)
    clips = _any_differs(own, CLIP_VALUE, np.inf) or _any_differs(own, CLIP_NORM, np.inf)
    return Steps(
        plan.batch_size, plan.reduction, plan.nesterov, plan.record_every, optimizer, epsilon_hat,
        address(networks.schedule), networks.schedule.size, address(networks.learning_rate_factors),
        address(own), penalties, clips, _any_differs(own, MOMENTUM, 0.0),
    )  # fmt: skip


@inner
def _arrays_of(networks, sums, places, rows):
    return Arrays(
        networks.params.shape[1], networks.squares.shape[1], address(networks.params),
        address(networks.velocity), address(networks.squares), networks.errors.shape[1],
        address(networks.errors), address(networks.losses), address(networks.diverged),
        address(sums), address(places), address(rows),
    )  # fmt: skip


@inner
def _optimizer_of(extras):
    if extras is None:
        return np.int64(Optimizer.SGD), np.int64(0)
    return np.int64(extras.optimizer), np.int64(extras.epsilon_hat)


@inner
def _any_differs(own, column, value):
    """Whether any network's number is another."""
    differs = False
    for k in range(own.shape[0]):
        differs = differs or own[k, column] != value
    return differs


@inner
def place_of(run, lane):
    """Return the place of the network in a lane."""
    return at(run.arrays.places, lane)
