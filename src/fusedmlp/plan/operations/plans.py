"""The check of a plan: whether its numbers fit together, so that no index leaves an array."""

from typing import Any, NamedTuple

import numpy as np

from fusedmlp.plan.blocking import TILE_ROWS, numbers_per_row, workspace_size_for
from fusedmlp.plan.codes import NEEDS_PREACTIVATION, Activation, Loss, Optimizer, Reduction
from fusedmlp.plan.extras import Extras
from fusedmlp.plan.operations.arguments import check_number, plain_array
from fusedmlp.plan.operations.requirements import Array, Code, Requirement, Whole
from fusedmlp.plan.parameters import layer_offsets
from fusedmlp.plan.plan import Plan

FLAG = Whole(most=1, flag=True)
MOST = 2**40  # of a count: sums and products of a few stay within 63 bits
PLAN: dict[str, Requirement] = {
    "bias": FLAG,
    "save_for_backward": FLAG,
    "loss": Code(Loss),
    "reduction": Code(Reduction),
    "nesterov": FLAG,
    "epochs": Whole(1, MOST),
    "batch_size": Whole(1, MOST),
    "shuffle": FLAG,
    "given_orders": Whole(most=2**20),
    "seed": Whole(),
    "record_every": Whole(1, MOST),
    "records_to_wait": Whole(most=MOST),
    "track_directions": FLAG,
    "threads": Whole(1, 2**16),
    "block_rows": Whole(1, MOST),
    "partial_gradients": Whole(1, 2**16),
    "workspace_size": Whole(1, 2**48),
    "plain": FLAG,
}
EXTRAS: dict[str, Requirement] = {
    "optimizer": Code(Optimizer),
    "epsilon_hat": FLAG,
    "scale_penalties": FLAG,
    "weighted": FLAG,
    "dropout": Whole(most=65_535),
    "dropconnect": Whole(most=65_535),
    "batch_norm": FLAG,
    "scale_offset": Whole(most=2**48),
    "steps_before": Whole(most=2**48),
}
INT64, LEARNING_RATES = Array("layers", kind="int64"), Array("rates", kind="float64")


class Counts(NamedTuple):
    """What follows from a plan."""

    n_in: int
    n_out: int
    parameters: int  # weights and biases
    scales: int  # of batch_norm; 0 without


def check_plan(plan: Plan) -> Counts:
    """Return the counts that follow from a plan; raise unless its fields fit together.

    Raises
    ------
    TypeError
        For anything else than a plan, or a field of another type or dtype.
    ValueError
        For a field out of range, or that does not follow from the others.
    """
    if not isinstance(plan, Plan):
        raise TypeError(f"plan must be a Plan, got {type(plan).__name__}")
    if not isinstance(plan.extras, Extras):
        raise TypeError(f"plan.extras must be Extras, got {type(plan.extras).__name__}")
    _check_fields("plan", plan, PLAN)
    _check_fields("plan.extras", plan.extras, EXTRAS)
    end = _check_layers(plan)
    _check_what_follows(plan, end)
    hidden = int(plan.sizes[1:-1].sum()) if plan.extras.batch_norm else 0
    return Counts(int(plan.sizes[0]), int(plan.sizes[-1]), end, hidden)


def _check_fields(what: str, fields: Any, requirements: dict[str, Requirement]) -> None:
    values = {f"{what}.{name}": getattr(fields, name) for name in requirements}
    for name, requirement in requirements.items():
        check_number(f"{what}.{name}", requirement, values)


def _check_layers(plan: Plan) -> int:
    """Return the number of weights and biases; raise unless sizes, offsets and codes fit."""
    for name in ("sizes", "weight_offsets", "bias_offsets", "activations"):
        array = plain_array(f"plan.{name}", INT64, getattr(plan, name))
        if array.ndim != 1:
            raise ValueError(f"plan.{name} must have one dimension, got shape {array.shape}")
    sizes = plan.sizes.tolist()
    if len(sizes) < 2 or not all(1 <= size <= 2**20 for size in sizes):
        raise ValueError(f"plan.sizes must be at least two numbers in 1..{2**20}, got {sizes}")
    weights, biases, end = layer_offsets(sizes, bool(plan.bias))
    for name, wanted in (("weight_offsets", weights), ("bias_offsets", biases)):
        got = getattr(plan, name).tolist()
        if got != wanted:
            raise ValueError(f"plan.{name} must be {wanted}, as the sizes give, got {got}")
    activations = plan.activations.tolist()
    if len(activations) != len(weights) or not set(activations) <= set(map(int, Activation)):
        raise ValueError(
            f"plan.activations must be {len(weights)} codes of Activation, got {activations}"
        )
    return end


def _check_what_follows(plan: Plan, end: int) -> None:
    """Raise ValueError unless the fields that follow from others are as `make_plan` makes them."""
    extras, codes = plan.extras, plan.activations.tolist()
    activations = [activation for activation in Activation if activation in codes]
    _require("plan.extras.scale_offset", end, extras.scale_offset)
    _require_log_loss(plan)
    if not all(activation.traits.common for activation in activations):
        _require("plan.all_activations", 1, plan.all_activations)
    needs = any(activation in NEEDS_PREACTIVATION for activation in activations)
    if extras.dropout or needs:
        _require("plan.save_for_backward", 1, plan.save_for_backward)
    if plan.plain:
        _require("plan.extras.optimizer", int(Optimizer.SGD), extras.optimizer)
        for name in ("dropout", "dropconnect", "batch_norm", "weighted"):
            _require(f"plan.extras.{name}", 0, getattr(extras, name))
    if extras.batch_norm:  # its means are those of a whole batch
        _require("plan.block_rows", plan.batch_size, plan.block_rows)
        _require("plan.partial_gradients", 1, plan.partial_gradients)
        _require("plan.threads", 1, plan.threads)
    tiles = plan.partial_gradients * TILE_ROWS
    if plan.partial_gradients > 1 and plan.block_rows % tiles:
        raise ValueError(
            f"plan.block_rows must be a multiple of {tiles} for {plan.partial_gradients} partial "
            f"gradients, got {plan.block_rows}"
        )
    rates = plain_array("plan.extras.learning_rates", LEARNING_RATES, extras.learning_rates)
    if rates.ndim != 1 or not rates.size:
        raise ValueError(
            f"plan.extras.learning_rates must be at least one number, got shape {rates.shape}"
        )
    sizes = plan.sizes.tolist()
    row_size = numbers_per_row(
        sizes, plan.save_for_backward + (extras.dropout > 0) + extras.batch_norm
    )
    sums = sizes[-1] if plan.loss == Loss.LOG_LOSS else 0
    least = workspace_size_for(
        sizes, plan.block_rows, plan.partial_gradients, row_size + sums, extras.dropconnect > 0
    )
    if plan.workspace_size < least:
        raise ValueError(
            f"plan.workspace_size must be at least {least} for blocks of {plan.block_rows} rows, "
            f"got {plan.workspace_size}"
        )


def _require_log_loss(plan: Plan) -> None:
    wanted = 1 if plan.loss == Loss.LOG_LOSS else None
    if plan.log_loss is not wanted and plan.log_loss != wanted:
        raise ValueError(
            f"plan.log_loss must be {wanted} with loss={plan.loss}, got {plan.log_loss}"
        )


def _require(name: str, wanted: int, got: Any) -> None:
    if got is None or isinstance(got, np.ndarray) or got != wanted:
        raise ValueError(f"{name} must be {wanted} in such a plan, got {got}")
