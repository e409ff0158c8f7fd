"""Training and measuring many networks of one structure: one after the other, each by `fit`."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusedmlp.plan.networks import OWN_NUMBERS, Networks
from fusedmlp.plan.plan import Plan
from fusedmlp.plan.signals import STOP
from fusedmlp.plan.state import State, make_state
from fusedmlp.reference.activations import Array
from fusedmlp.reference.fit import fit
from fusedmlp.reference.steps.forward_backward import forward_all
from fusedmlp.reference.steps.loss import loss_of
from fusedmlp.reference.steps.network import network_of

# The numbers that a plan has in the type of the parameters.
ROUNDED = ("momentum", "l1", "l2", "clip_value", "huber_delta")


def fit_networks(
    plan: Plan,
    X: Array,
    y: Array,
    networks: Networks,
    active: NDArray[np.int64],
    begin: int,
    end: int,
    signals: NDArray[np.int64] | None = None,
) -> int:
    """Train the active networks from epoch `begin` to `end`; return how many have got there.

    active: their places. What they have in common is the plan's, what is their own is in
    `networks`, which is changed in place. A network with a weight that is not finite stops at the
    end of that epoch, and is not trained again. If another thread sets signals[STOP], this ends
    soon: the active networks after those that it counts are as before, but for their records, and
    for those that have diverged meanwhile.
    """
    networks = _plain(networks)
    for done, k in enumerate(active.tolist()):
        if signals is not None and signals[STOP]:
            return done
        if networks.diverged[k]:
            continue
        own_plan, rows = _plan_of(plan, networks, k), _rows_of(networks, k, len(X))
        state = _state_of(own_plan, networks, k, len(rows), begin)
        if not fit(own_plan, X[rows], y[rows], state, end * len(rows)):
            networks.diverged[k] = state.position[0] // len(rows)
    return len(active)


@np.errstate(over="ignore", invalid="ignore")
def measure_networks(
    plan: Plan, X: Array, y: Array, networks: Networks, active: NDArray[np.int64]
) -> None:
    """Set the one record of each active network to its error and loss, summed over its rows."""
    networks = _plain(networks)
    for k in active.tolist():
        own_plan, rows = _plan_of(plan, networks, k), _rows_of(networks, k, len(X))
        network = network_of(own_plan, networks.params[k])
        outputs, _, sums = forward_all(own_plan, network, X[rows])
        errors = np.abs(outputs[-1].astype(np.float64) - y[rows])
        networks.errors[k] = errors.sum()
        networks.losses[k] = loss_of(own_plan, outputs[-1], sums, y[rows], None)


def _plain(networks: Networks) -> Networks:
    """Return networks whose arrays are plain ones: a row of a matrix would be a matrix."""
    plain = {name: np.asarray(array) for name, array in networks._asdict().items()}
    return networks._replace(**plain)


def _rows_of(networks: Networks, k: int, rows: int) -> NDArray[np.int64]:
    """Return the rows that a network takes."""
    return networks.rows[k] if networks.rows.size else np.arange(rows)


def _plan_of(plan: Plan, networks: Networks, k: int) -> Plan:
    """Return the plan of one network."""
    own: dict[str, Any] = dict(zip(OWN_NUMBERS, networks.numbers[k].tolist(), strict=True))
    real = networks.params.dtype.type
    own |= {name: real(own[name]) for name in ROUNDED}
    in_plan = {name: own.pop(name) for name in ("momentum", "huber_delta")}
    extras = plan.extras._replace(learning_rates=own["learning_rate"] * networks.schedule)
    in_plan["learning_rate"] = real(own.pop("learning_rate"))
    seed = int(networks.seeds[k])
    return plan._replace(seed=seed, extras=extras._replace(**own), **in_plan)


def _state_of(plan: Plan, networks: Networks, k: int, rows: int, begin: int) -> State:
    """Return the state of one network, whose arrays are parts of the networks' own."""
    state = make_state(plan, networks.params[k], rows)
    state.position[0] = begin * rows
    state.learning_rate_factor[0] = networks.learning_rate_factors[k]
    own = {n: getattr(networks, n)[k] for n in ("velocity", "squares", "errors", "losses")}
    return state._replace(**own)
