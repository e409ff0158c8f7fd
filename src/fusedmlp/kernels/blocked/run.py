"""A training run as numbers and addresses, for the blocked kernel."""

from typing import Any, NamedTuple

from fusedmlp.kernels.blocked.network import network_of
from fusedmlp.kernels.blocked.optimizer_state import optimizer_state_of
from fusedmlp.kernels.blocked.workspace import workspace_layout
from fusedmlp.kernels.compilation.jit import inner
from fusedmlp.kernels.losses import Objective, Records
from fusedmlp.kernels.vector import address, shifted


class Run(NamedTuple):
    """The numbers and addresses of a plan, its data and its state."""

    network: Any
    workspace: Any
    objective: Any
    records: Any
    inputs: Any  # (rows, n_in)
    targets: Any  # (rows, n_out)
    row_order: Any  # (rows,) of this epoch, or (given_orders, rows)
    optimizer_state: Any  # None without extras
    n_in: int
    n_out: int
    shuffle: int
    given_orders: int
    seed: int
    size: int  # of params
    params: Any
    used_params: Any  # those of the forward and backward pass: masked with dropconnect
    gradient: Any
    velocity: Any
    last_direction: Any
    direction_changes: Any
    track_directions: int
    momentum: Any
    nesterov: int


class Part(NamedTuple):
    """What one thread of a team does of a step: begin..end of the parameters are its own."""

    team: Any
    begin: int
    end: int


class Block(NamedTuple):
    """A block of rows, which pass through the layers together."""

    epoch: int
    first: int  # position of the first row in the epoch's order
    rows: int
    add: Any  # 0 for the first block of a batch, which sets the gradient instead of adding to it
    scale: Any  # of a row's delta
    loss_scale: float  # of the recorded loss
    order: Any  # address of this epoch's order of rows
    record: int  # its number, or NO_RECORD


NO_RECORD = -1


@inner
def run_of(plan, X, y, state):
    """Return the addresses of all arrays that a run reads and writes."""
    signals = address(state.signals)
    network = network_of(plan, plan.save_for_backward, plan.block_rows, signals)
    workspace = workspace_layout(network, state.params.size, address(state.workspace))
    return Run(
        network,
        workspace,
        objective_of(plan),
        Records(address(state.errors), address(state.losses)),
        address(X),
        address(y),
        address(state.row_order),
        optimizer_state_of(plan.extras, state, X.shape[0]),
        plan.sizes[0],
        plan.sizes[-1],
        plan.shuffle,
        plan.given_orders,
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
def partial_records_of(run):
    """Return the records of a batch's parts, where there are several."""
    parts = run.workspace.partial_records
    return Records(parts, shifted(parts, run.network.partial_gradients))


@inner
def objective_of(plan):
    """Return the objective of a plan."""
    return Objective(
        plan.loss,
        plan.log_loss,
        plan.log_loss_cap,
        plan.activations[-1],
        plan.huber_delta,
        plan.all_activations,
    )
