"""The Plan: a training run as numbers.

A step has this order, in the reference and in the kernels: the gradient, masked by dropconnect; the
derivative of the penalties is added (weights only); clipping by value; clipping by norm; the
optimiser's update.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusedmlp.plan.blocking import (
    block_rows_for,
    numbers_per_row,
    partial_gradients_for,
    step_flops,
    workspace_size_for,
)
from fusedmlp.plan.codes import NEEDS_PREACTIVATION, Activation, Loss, Reduction
from fusedmlp.plan.extras import Extras, is_plain, make_extras
from fusedmlp.plan.parameters import layer_offsets
from fusedmlp.plan.threads import threads_for

# Options that have no effect on a prediction, at values that cost nothing.
PREDICTION_OPTIONS = {
    "batch_size": None,
    "batch_norm": False,
    "learning_rate_schedule": "constant",
    "warmup_epochs": 0,
    "threads": 1,
}


class Plan(NamedTuple):
    """Every number that a run needs; its floats have the run's dtype, so that none is promoted.

    All parameters live in one flat vector: for each layer its weights ``(n_in, n_out)`` in C order,
    then, with ``bias``, its ``n_out`` biases.
    """

    sizes: NDArray[np.int64]  # units of the input and of each layer
    weight_offsets: NDArray[np.int64]  # of each layer's weights in the flat vector
    bias_offsets: NDArray[np.int64]  # of each layer's biases
    activations: NDArray[np.int64]  # a code for each layer
    bias: int  # 1 or 0
    all_activations: int | None  # None: only common ones are needed and compiled
    save_for_backward: int  # 1: values for the derivatives are kept beside the outputs
    loss: int
    log_loss: int | None  # None: another loss, and log_loss is not compiled
    log_loss_cap: float  # no recorded log loss is larger: of a row or, of sigmoid, a unit
    huber_delta: np.floating[Any]
    reduction: int
    learning_rate: np.floating[Any]
    momentum: np.floating[Any]
    nesterov: int
    epochs: int
    batch_size: int  # at most the number of rows
    shuffle: int  # 1: each epoch visits the rows in an order of its own
    given_orders: int  # orders in the state, which the epochs take in turn; 0: drawn from the seed
    seed: int  # of the order of rows, masks and draws
    record_every: int
    records_to_wait: int  # `fit` ends after more records in a row without progress; 0: it does not
    progress_tol: float  # how much lower than the lowest one a record's loss is with progress
    loss_divisor: float  # of a record's loss, before it is compared
    track_directions: int
    threads: int  # at most this many share the work of a step
    block_rows: int  # rows that pass through the kernels' layers at once
    partial_gradients: int  # parts of a block's gradient; 1: it is not divided
    workspace_size: int  # numbers in the kernels' workspace, for a block of rows
    plain: int  # 1: no extras are needed
    extras: Extras


def make_plan(options: Mapping[str, Any], sizes: Sequence[int], rows: int, seed: int = 0) -> Plan:
    """Return the plan of a run, from checked options and the data's shape.

    Parameters
    ----------
    options : mapping
        Every option of `fusedmlp.train`, checked.
    sizes : sequence of int
        Units of the input and of each layer.
    rows : int
        Rows of the training data.
    seed : int, default 0
        Seed of the order of rows, masks and draws, 0 to 2**63 - 1.

    Returns
    -------
    Plan
    """
    real = np.dtype(options["dtype"]).type
    weight_offsets, bias_offsets, end = layer_offsets(sizes, options["bias"])
    activations = _activations(options, len(sizes) - 2)
    extras = make_extras(options, rows, scale_offset=end)
    dropout, dropconnect = extras.dropout > 0, extras.dropconnect > 0
    save_for_backward = dropout or any(a in NEEDS_PREACTIVATION for a in activations)
    batch_size = min(options["batch_size"] or rows, rows)
    row_size = numbers_per_row(sizes, save_for_backward + dropout + extras.batch_norm)
    partial_gradients = partial_gradients_for(sizes, batch_size, row_size)
    block_rows = block_rows_for(row_size, batch_size, partial_gradients, np.dtype(real).itemsize)
    threads = threads_for(options["threads"], step_flops(sizes, batch_size))
    if extras.batch_norm:  # the means are those of a whole batch
        block_rows, partial_gradients, threads = batch_size, 1, 1
    loss = Loss[options["loss"].upper()]
    sums = sizes[-1] if loss == Loss.LOG_LOSS else 0  # kept apart from the outputs
    return Plan(
        sizes=np.array(sizes, np.int64),
        weight_offsets=np.array(weight_offsets, np.int64),
        bias_offsets=np.array(bias_offsets, np.int64),
        activations=np.array(activations, np.int64),
        bias=int(options["bias"]),
        all_activations=None if all(a.traits.common for a in activations) else 1,
        save_for_backward=int(save_for_backward),
        loss=int(loss),
        log_loss=1 if loss == Loss.LOG_LOSS else None,
        log_loss_cap=np.inf,
        huber_delta=real(options["huber_delta"]),
        reduction=int(Reduction[options["reduction"].upper()]),
        learning_rate=real(options["learning_rate"]),
        momentum=real(options["momentum"]),
        nesterov=int(options["nesterov"]),
        epochs=options["epochs"],
        batch_size=batch_size,
        # In a batch of all rows, another order would change nothing but rounding.
        shuffle=int(options["shuffle"] and batch_size < rows),
        given_orders=0,
        seed=seed,
        record_every=record_interval(options),
        records_to_wait=0,
        progress_tol=0.0,
        loss_divisor=1.0,
        track_directions=int(options["track_directions"]),
        threads=threads,
        block_rows=block_rows,
        partial_gradients=partial_gradients,
        workspace_size=workspace_size_for(
            sizes, block_rows, partial_gradients, row_size + sums, dropconnect
        ),
        plain=int(is_plain(options)),
        extras=extras,
    )


def make_prediction_plan(options: Mapping[str, Any], sizes: Sequence[int], rows: int) -> Plan:
    """Return the plan of a prediction of `rows` rows, for one thread."""
    return make_plan({**options, **PREDICTION_OPTIONS}, sizes, rows)


def without_last_activation(plan: Plan) -> Plan:
    """Return the plan of a network whose outputs are the last layer's pre-activations."""
    activations = np.append(plan.activations[:-1], int(Activation.IDENTITY))
    return plan._replace(activations=activations)


def record_count(epochs: int, record_every: int) -> int:
    """Return the number of records of some epochs, the first of which is recorded."""
    return -(-epochs // record_every)


def record_interval(options: Mapping[str, Any]) -> int:
    """Return the epochs from one record to the next, from checked options."""
    return int(options["record_every"] or default_record_every(options["epochs"]))


def default_record_every(epochs: int) -> int:
    """Return the largest power of ten that gives at least five records.

    Examples
    --------
    >>> [default_record_every(epochs) for epochs in (60_000, 10_000, 200, 3)]
    [10000, 1000, 10, 1]
    """
    every = 1
    while every * 10 * 4 < epochs:
        every *= 10
    return every


def _activations(options: Mapping[str, Any], hidden_layers: int) -> list[Activation]:
    """Return each layer's activation."""
    given = options["activation"]
    names = [given] * hidden_layers if isinstance(given, str) else list(given)
    return [Activation[name.upper()] for name in [*names, options["output_activation"]]]
