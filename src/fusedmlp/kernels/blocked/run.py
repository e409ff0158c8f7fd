"""A run as the blocked kernel sees it: numbers and addresses alone."""

from typing import Any, NamedTuple

from fusedmlp.kernels.blocked.network import network_of
from fusedmlp.kernels.blocked.optimizer_state import optimizer_state_of
from fusedmlp.kernels.blocked.workspace import workspace_layout
from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.losses import Objective, Records, precision_of
from fusedmlp.kernels.vector import address


class Run(NamedTuple):
    """A plan, its data and a state."""

    network: Any
    workspace: Any
    objective: Any
    records: Any
    inputs: Any  # (rows, n_in)
    targets: Any  # (rows, n_out)
    row_order: Any  # (rows,), this epoch's
    optimizer_state: Any  # what the extras carry from step to step, or None
    n_in: int
    n_out: int
    shuffle: int
    seed: int
    size: int
    params: Any
    used_params: Any  # those that rows pass through: masked with dropconnect
    gradient: Any
    velocity: Any
    last_direction: Any
    direction_changes: Any
    track_directions: int
    momentum: Any
    nesterov: int


class Block(NamedTuple):
    """The rows that pass through the layers together."""

    epoch: int
    first: int  # they are visited from the first-th on in their epoch
    rows: int
    add: Any  # 0 for the first block of a batch: its gradient is set, not added to
    scale: Any  # of a row's delta


@inner
def run_of(plan, X, y, state):
    """Take the addresses of all that a run reads and writes."""
    network = network_of(plan, plan.save_for_backward, plan.block_rows)
    workspace = workspace_layout(network, state.params.size, address(state.workspace))
    return Run(
        network,
        workspace,
        objective_of(plan, precision_of(X)),
        Records(address(state.errors), address(state.losses)),
        address(X),
        address(y),
        address(state.row_order),
        optimizer_state_of(plan.extras, state, X.shape[0]),
        plan.sizes[0],
        plan.sizes[-1],
        plan.shuffle,
        plan.seed,
        state.params.size,
        address(state.params),
        workspace.masked_params if network.dropconnect else address(state.params),
        address(state.gradient),
        address(state.velocity),
        address(state.last_direction),
        address(state.direction_changes),
        plan.track_directions,
        plan.momentum,
        plan.nesterov,
    )


@inner
def objective_of(plan, precision):
    """Return what a plan minimises."""
    return Objective(
        plan.loss, plan.activations[-1], plan.huber_delta, precision, plan.all_activations
    )
