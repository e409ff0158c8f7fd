"""Training and measuring many networks of one structure, a network in each lane, compiled."""

from typing import Any

import numpy as np

from fusedmlp.kernels.compilation.door import through_door
from fusedmlp.kernels.many.shape_choice import train_with_shape
from fusedmlp.kernels.many.training_loop import measure_groups
from fusedmlp.plan.codes import Optimizer
from fusedmlp.plan.networks import OWN_NUMBERS, Networks
from fusedmlp.plan.operations.networks import (
    check_fit_networks,
    check_measure_networks,
)
from fusedmlp.plan.plan import Plan
from fusedmlp.plan.signals import new_signals

PENALTIES = [OWN_NUMBERS.index(name) for name in ("l1", "l2")]
LIMITS = [OWN_NUMBERS.index(name) for name in ("clip_value", "clip_norm")]


def fit_networks(
    plan: Plan,
    X: Any,
    y: Any,
    networks: Networks,
    active: Any,
    begin: int,
    end: int,
    signals: Any = None,
) -> int:
    """Train the active networks from epoch `begin` to `end`; return how many have got there.

    active: their places. What they have in common is the plan's, what is their own is in
    `networks`, which is changed in place. A network with a weight that is not finite stops at the
    end of that epoch, and is not trained again. If another thread sets signals[STOP], this ends
    soon: the active networks after those that it counts are as before, but for their records, and
    for those that have diverged meanwhile.
    """
    check_fit_networks(plan, X, y, networks, active, begin, end, signals)
    if not _need_extras(plan, networks):
        plan = plan._replace(extras=None)  # type: ignore[arg-type]
    signals = new_signals() if signals is None else signals
    # Another type of integer would be compiled for again.
    run = plan, X, y, networks, active, int(begin), int(end), signals
    return int(through_door(train_with_shape, _nothing, *run))


def measure_networks(plan: Plan, X: Any, y: Any, networks: Networks, active: Any) -> None:
    """Set the one record of each active network to its error and loss, summed over its rows."""
    check_measure_networks(plan, X, y, networks, active)
    plan = plan._replace(extras=None, shuffle=0)  # type: ignore[arg-type]
    # Those that have diverged are measured, too.
    networks = networks._replace(diverged=np.zeros_like(networks.diverged))
    through_door(measure_groups, _nothing, plan, X, y, networks, active)


def _need_extras(plan: Plan, networks: Networks) -> bool:
    """Whether any network has another optimiser than SGD, or a penalty, or a clipped gradient."""
    own = networks.numbers
    differs = (own[:, PENALTIES] != 0.0).any() or (own[:, LIMITS] != np.inf).any()
    return bool(plan.extras.optimizer != Optimizer.SGD or differs)


def _nothing(*arguments: Any) -> None:
    """Check nothing: the arguments are checked."""
