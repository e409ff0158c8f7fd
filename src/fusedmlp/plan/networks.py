"""Many networks of one structure, trained together: their numbers and their state."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusedmlp.plan.codes import Loss, Optimizer
from fusedmlp.plan.learning_rate_schedules import learning_rates
from fusedmlp.plan.parameters import aligned_zeros
from fusedmlp.plan.plan import Plan, record_count

# Options that may differ from network to network, in the order of `Networks.numbers`.
OWN_NUMBERS = (
    "learning_rate", "momentum", "beta_1", "beta_2", "rho", "epsilon", "weight_decay", "eta_minus",
    "eta_plus", "least_step", "most_step", "l1", "l2", "clip_value", "clip_norm", "huber_delta",
)  # fmt: skip
OPTIMIZERS = (
    Optimizer.SGD, Optimizer.ADAM, Optimizer.ADAMW, Optimizer.RMSPROP, Optimizer.ADAGRAD,
    Optimizer.RPROP,
)  # fmt: skip
LOSSES = (Loss.SQUARED_ERROR, Loss.LOG_LOSS, Loss.ABSOLUTE_ERROR, Loss.HUBER)


class Networks(NamedTuple):
    """All that belongs to each of many networks: the first axis of each array counts networks."""

    numbers: NDArray[np.float64]  # (networks, OWN_NUMBERS)
    learning_rate_factors: NDArray[np.float64]  # (networks,), of the adaptive schedule
    schedule: NDArray[np.float64]  # (epochs or 1,): the factor of all learning rates in each epoch
    seeds: NDArray[np.int64]  # (networks,), of the orders of rows
    rows: NDArray[np.int64]  # (networks, rows): which of the data's rows it takes; (0, 0): all
    params: NDArray[np.floating[Any]]  # (networks, size)
    velocity: NDArray[np.floating[Any]]  # (networks, size)
    squares: NDArray[np.floating[Any]]  # (networks, size), or (networks, 0) where not needed
    errors: NDArray[np.float64]  # (networks, records): sums of |output - target|
    losses: NDArray[np.float64]  # (networks, records): sums of the rows' losses
    diverged: NDArray[np.int64]  # (networks,): epochs after which a weight was not finite, or 0


def suit_networks(plan: Plan) -> bool:
    """Whether `fit_networks` supports a plan: no masks, row weights, batch_norm, other losses."""
    extras = plan.extras
    rare = extras.dropout or extras.dropconnect or extras.batch_norm or extras.weighted
    simple = not (rare or plan.save_for_backward or plan.track_directions or plan.given_orders)
    return (
        simple
        and plan.log_loss_cap == np.inf
        and plan.records_to_wait == 0
        and plan.loss in LOSSES
        and extras.optimizer in OPTIMIZERS
        and not extras.scale_penalties
        and extras.steps_before == 0
    )


def own_numbers(options: Mapping[str, Any]) -> list[float]:
    """Return a network's own numbers, from its checked options, in the type of its parameters."""
    real = np.dtype(options["dtype"]).type
    values = [np.inf if options[name] is None else options[name] for name in OWN_NUMBERS]
    rounded = ("momentum", "l1", "l2", "clip_value", "huber_delta")
    return [
        float(real(value)) if name in rounded else float(value)
        for name, value in zip(OWN_NUMBERS, values, strict=True)
    ]


def schedule_of(options: Mapping[str, Any], rows: int) -> NDArray[np.float64]:
    """Return the factor of the learning rate in each epoch, or one number for all."""
    return learning_rates({**options, "learning_rate": 1.0}, rows)


def make_networks(
    plan: Plan,
    numbers: NDArray[np.float64],
    schedule: NDArray[np.float64],
    params: NDArray[np.floating[Any]],
    seeds: Sequence[int] | NDArray[np.int64],
    rows: NDArray[np.int64] | None = None,
) -> Networks:
    """Return networks before the first step; `params` (networks, size) is not copied."""
    count, size = params.shape
    records = record_count(plan.epochs, plan.record_every)
    squares = np.zeros((count, 0 if plan.extras.optimizer == Optimizer.SGD else size), params.dtype)
    if plan.extras.optimizer == Optimizer.RPROP:
        squares[:] = numbers[:, :1]
    return Networks(
        numbers=np.ascontiguousarray(numbers),
        learning_rate_factors=np.ones(count),
        schedule=schedule,
        seeds=np.asarray(seeds, np.int64),
        rows=np.empty((0, 0), np.int64) if rows is None else np.ascontiguousarray(rows),
        params=params,
        velocity=aligned_zeros(count * size, params.dtype).reshape(count, size),
        squares=squares,
        errors=np.zeros((count, records)),
        losses=np.zeros((count, records)),
        diverged=np.zeros(count, np.int64),
    )
