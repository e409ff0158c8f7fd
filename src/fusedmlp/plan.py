"""The Plan: a training run as numbers, which is all that the reference and the kernels see.

The order inside a step, for both: gradient, then the optimiser's rule, then the update.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fusedmlp.codes import RARE, SLOPES_OF_SUMS, Activation, Loss, Optimizer, Reduction
from fusedmlp.extras import Extras, is_plain, make_extras
from fusedmlp.threads import FLOPS_A_THREAD, threads_for

# Rows that pass through the kernels' layers together: as many as stay in a core's own cache with
# all that becomes of them, but enough that a layer's weights are not read too often.
BLOCK_BYTES = 1 << 18
LEAST_BLOCK = 128

# Parts of a block, which threads share; they begin where a tile of rows does.
PARTS = 8
TILE_ROWS = 6


class Plan(NamedTuple):
    """Every number that a run needs. Floats have the run's dtype, so that nothing is promoted.

    All parameters live in one flat vector: for each layer its weights ``(n_in, n_out)`` in C order,
    then, with ``bias``, its ``n_out`` biases.
    """

    sizes: NDArray[np.int64]  # units of the input and of each layer
    weight_offsets: NDArray[np.int64]  # where a layer's weights begin in the flat vector
    bias_offsets: NDArray[np.int64]  # where its biases begin
    activations: NDArray[np.int64]  # a code for each layer
    bias: int  # 1 or 0
    rare: int | None  # 1: some activation is RARE; the type tells, and no others are compiled
    keeps_sums: int  # 1: a hidden layer's slopes need its sums, so that training keeps them
    loss: int
    huber_delta: np.floating[Any]
    reduction: int
    learning_rate: np.floating[Any]
    momentum: np.floating[Any]
    nesterov: int
    epochs: int
    batch_size: int  # at most the number of rows
    shuffle: int  # 1: each epoch visits the rows in an order of its own
    seed: int  # of the order of rows
    record_every: int
    track_directions: int
    threads: int  # at most so many take a step together
    block: int  # rows that pass through the kernels' layers together
    parts: int  # of a block, each with a gradient of its own; 1 is none
    work_size: int  # numbers that the kernels keep while a block of rows passes through
    plain: int  # 1: none of the extras is asked for
    extras: Extras


class State(NamedTuple):
    """What a run carries from step to step, so that it can stop anywhere and go on."""

    params: NDArray[np.floating[Any]]
    gradient: NDArray[np.floating[Any]]  # of the batch so far
    velocity: NDArray[np.floating[Any]]
    squares: NDArray[np.floating[Any]]  # what an optimiser remembers besides the velocity
    factor: NDArray[np.float64]  # [0]: what the learning rate is multiplied by
    running: NDArray[np.floating[Any]]  # hidden units' means, then variances, with batch_norm
    position: NDArray[np.int64]  # [0]: rows visited, counted through all epochs
    order: NDArray[np.int64]  # this epoch's order of the rows
    uphill: NDArray[np.int8]  # sign of each weight's last update: 1 up, 0 not, -1 no update yet
    direction_changes: NDArray[np.int64]
    errors: NDArray[np.float64]  # for each record: sum of |output - target|
    losses: NDArray[np.float64]  # for each record: sum of the rows' losses
    row_weights: NDArray[np.floating[Any]]  # (rows,), or empty where all count the same
    mean_weight: NDArray[np.float64]  # [0]: mean of the rows' weights
    scores: NDArray[np.float64]  # (2 * rows,), from here on for AW-SGD alone: a tree of sums
    usual: NDArray[np.float64]  # (2,), what makes the mean square of a weighted gradient
    draw_weights: NDArray[np.floating[Any]]  # (rows,), what each draw of this epoch counts
    draw_squares: NDArray[np.float64]  # (rows,), of their weighted gradients, until learnt from
    work: NDArray[np.floating[Any]]  # the kernels' room for a block of rows


def layer_offsets(sizes: Sequence[int], bias: bool) -> tuple[list[int], list[int], int]:
    """Where each layer's weights and biases begin in the flat vector, and its length.

    Examples
    --------
    >>> layer_offsets((3, 4, 1), bias=True)
    ([0, 16], [12, 20], 21)
    """
    weights, biases, end = [], [], 0
    for n_in, n_out in pairwise(sizes):
        weights.append(end)
        biases.append(end + n_in * n_out)
        end += n_in * n_out + n_out * bias
    return weights, biases, end


def make_plan(options: dict[str, Any], sizes: Sequence[int], rows: int, seed: int = 0) -> Plan:
    """Turn checked options and the data's shape into numbers.

    Parameters
    ----------
    options : dict
        Every option of `fusedmlp.train`, checked.
    sizes : sequence of int
        Units of the input and of each layer.
    rows : int
        Rows of the training data.
    seed : int
        Seed of the order of rows, 0 to 2**63 - 1.
    """
    real = np.dtype(options["dtype"]).type
    weights, biases, scales = layer_offsets(sizes, options["bias"])
    activations = _activations(options, len(sizes) - 2)
    extras = make_extras(options, rows, scales)
    drops, connects = extras.dropout > 0, extras.dropconnect > 0
    keeps_sums = drops or any(activation in SLOPES_OF_SUMS for activation in activations)
    batch_size = min(options["batch_size"] or rows, rows)
    row_size = _row_size(sizes, keeps_sums + drops + extras.batch_norm)
    parts = _parts(sizes, batch_size, row_size)
    block = _block(row_size, batch_size, parts, np.dtype(real).itemsize)
    threads = threads_for(options["threads"], _step_flops(sizes, batch_size))
    if extras.batch_norm:  # its means are of a whole batch
        block, parts, threads = batch_size, 1, 1
    return Plan(
        sizes=np.array(sizes, np.int64),
        weight_offsets=np.array(weights, np.int64),
        bias_offsets=np.array(biases, np.int64),
        activations=np.array(activations, np.int64),
        bias=int(options["bias"]),
        rare=1 if any(activation in RARE for activation in activations) else None,
        keeps_sums=int(keeps_sums),
        loss=int(Loss[options["loss"].upper()]),
        huber_delta=real(options["huber_delta"]),
        reduction=int(Reduction[options["reduction"].upper()]),
        learning_rate=real(options["learning_rate"]),
        momentum=real(options["momentum"]),
        nesterov=int(options["nesterov"]),
        epochs=options["epochs"],
        batch_size=batch_size,
        # One batch of all rows has no order: a sum's rounding would be all that changed.
        shuffle=int(options["shuffle"] and batch_size < rows),
        seed=seed,
        record_every=options["record_every"] or default_record_every(options["epochs"]),
        track_directions=int(options["track_directions"]),
        threads=threads,
        block=block,
        parts=parts,
        work_size=_work_size(sizes, block, parts, row_size, connects),
        plain=int(is_plain(options)),
        extras=extras,
    )


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


def aligned_zeros(size: int, dtype: DTypeLike) -> NDArray[Any]:
    """Return zeros that begin where a line of the cache does.

    NumPy's arrays begin at any multiple of 16 bytes; a vector that lies across two lines costs two
    loads.
    """
    line, itemsize = 64, np.dtype(dtype).itemsize
    memory = np.zeros(size * itemsize + line, np.uint8)
    start = -memory.ctypes.data % line
    return memory[start : start + size * itemsize].view(dtype)


def make_state(
    plan: Plan,
    params: NDArray[np.floating[Any]],
    rows: int,
    row_weights: NDArray[np.floating[Any]] | None = None,
) -> State:
    """Return the state before the first step; `params` itself will be trained."""
    tracked = params.size if plan.track_directions else 0
    records = -(-plan.epochs // plan.record_every)
    drawn = rows if plan.extras.optimizer == Optimizer.AW_SGD else 0
    return State(
        params=params,
        gradient=aligned_zeros(params.size, params.dtype),
        velocity=aligned_zeros(params.size, params.dtype),
        squares=_first_squares(plan, params.size),
        factor=np.ones(1),
        running=_first_running(plan, params.dtype),
        position=np.zeros(1, np.int64),
        order=np.arange(rows if plan.shuffle else 0),
        uphill=np.full(tracked, -1, np.int8),
        direction_changes=np.zeros(tracked, np.int64),
        errors=np.zeros(records),
        losses=np.zeros(records),
        row_weights=np.empty(0, params.dtype) if row_weights is None else row_weights,
        mean_weight=np.ones(1) * (1.0 if row_weights is None else row_weights.mean(dtype=float)),
        scores=_first_scores(drawn),
        usual=np.zeros(2),
        draw_weights=aligned_zeros(drawn, params.dtype),
        draw_squares=aligned_zeros(drawn, np.float64),
        work=aligned_zeros(plan.work_size, params.dtype),
    )


def _first_scores(rows: int) -> NDArray[np.float64]:
    """Return AW-SGD's tree in which all rows are the same: node k is the sum of 2k and 2k + 1."""
    scores = np.ones(2 * rows)
    scores[:1] = 0
    end = rows
    while end > 1:  # nodes from the half on stand on such as are done
        begin = (end + 1) // 2
        scores[begin:end] = scores[2 * begin : 2 * end : 2] + scores[2 * begin + 1 : 2 * end : 2]
        end = begin
    return scores


def _first_squares(plan: Plan, size: int) -> NDArray[np.floating[Any]]:
    """Return what an optimiser begins with: Rprop's steps are all the learning rate."""
    if plan.extras.optimizer in (Optimizer.SGD, Optimizer.AW_SGD):
        size = 0
    squares = aligned_zeros(size, plan.learning_rate.dtype)
    if plan.extras.optimizer == Optimizer.RPROP:
        squares[:] = plan.learning_rate
    return squares


def _first_running(plan: Plan, dtype: DTypeLike) -> NDArray[np.floating[Any]]:
    """Return the running means and variances of the hidden units: 0 and 1."""
    hidden = int(plan.sizes[1:-1].sum()) if plan.extras.batch_norm else 0
    return np.concatenate([np.zeros(hidden, dtype), np.ones(hidden, dtype)])


def _activations(options: dict[str, Any], hidden: int) -> list[Activation]:
    """Return a code for each layer."""
    given = options["activation"]
    names = [given] * hidden if isinstance(given, str) else list(given)
    return [Activation[name.upper()] for name in [*names, options["output_activation"]]]


def _row_size(sizes: Sequence[int], more: int) -> int:
    """Count what a row becomes: itself, its targets, each layer's outputs, deltas, and more."""
    return sizes[0] + sizes[-1] + (2 + more) * sum(sizes[1:])


def _parts(sizes: Sequence[int], batch_size: int, row_size: int) -> int:
    """Divide a block where its rows become many more numbers than there are weights.

    For 4-32-16-4 and 10,000 rows, two threads then take 615 instead of 722 us a step; one takes
    the same. For 64-100-10 and 200 rows they gain 5%, and one thread loses 8.
    """
    weights = sum(n_in * n_out for n_in, n_out in pairwise(sizes))
    enough = _step_flops(sizes, batch_size) >= 2 * FLOPS_A_THREAD
    return PARTS if enough and batch_size * row_size >= 100 * weights else 1


def _block(row_size: int, batch_size: int, parts: int, itemsize: int) -> int:
    """Divide a batch into as few blocks as the cache allows, all of about the same size.

    Parts have a core's cache each.
    """
    most = parts * max(LEAST_BLOCK, BLOCK_BYTES // (row_size * itemsize))
    blocks = -(-batch_size // most)
    block = -(-batch_size // blocks)
    return block if parts == 1 else -(-block // (parts * TILE_ROWS)) * parts * TILE_ROWS


def _work_size(sizes: Sequence[int], block: int, parts: int, row_size: int, connects: bool) -> int:
    """Room for a block, and for all parameters (their weights transposed, used, masked).

    For parts also their gradients; else each layer's inputs transposed, in rows that end with up to
    two vectors of nothing.
    """
    params = sum(n_in * n_out + n_out for n_in, n_out in pairwise(sizes))
    rest = params * parts if parts > 1 else sum(sizes[:-1]) * (block + 2 * 16)
    params += 3 * sum(sizes[1:])  # scales, means and variances
    return block * row_size + (3 if connects else 1) * params + rest


def _step_flops(sizes: Sequence[int], rows: int) -> int:
    """Additions and multiplications of a step: forward, the gradient, and the deltas below."""
    products = [n_in * n_out for n_in, n_out in pairwise(sizes)]
    return 2 * rows * (3 * sum(products) - products[0])
