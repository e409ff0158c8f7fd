"""The check of `fit_networks` and `measure_networks`."""

from typing import Any

import numpy as np

from fusedmlp.plan.codes import Optimizer
from fusedmlp.plan.networks import OWN_NUMBERS, Networks, suit_networks
from fusedmlp.plan.operations.arguments import (
    check_not_shared,
    check_number,
    check_together,
    plain_array,
)
from fusedmlp.plan.operations.plans import check_plan
from fusedmlp.plan.operations.requirements import Array, Whole
from fusedmlp.plan.operations.runs import SIGNALS
from fusedmlp.plan.plan import Plan, record_count


def check_fit_networks(
    plan: Plan,
    X: Any,
    y: Any,
    networks: Networks,
    active: Any,
    begin: Any,
    end: Any,
    signals: Any = None,
) -> None:
    """Raise unless `fit_networks` takes these arguments.

    Raises
    ------
    TypeError
        For anything else than a plan, networks and arrays, or another dtype.
    ValueError
        For a plan that the networks of a group cannot have, a shape that does not fit, an array
        that is not C-ordered, aligned or writable, or a place that is none.
    """
    _check_networks(plan, X, y, networks, active)
    if signals is not None:
        check_together(
            {"signals": SIGNALS}, {"signals": plain_array("signals", SIGNALS, signals)}, {}
        )
    numbers = {"begin": begin, "end": end}
    check_number("end", Whole(most=2**40), numbers)
    check_number("begin", Whole(most=int(end)), numbers)
    if begin < end and networks.errors.shape[1] < record_count(end, plan.record_every):
        raise ValueError(
            f"networks.errors must have {record_count(end, plan.record_every)} records for {end} "
            f"epochs, got {networks.errors.shape[1]}"
        )
    rows = networks.rows.shape[1] if networks.rows.size else len(X)
    if plan.batch_size > rows:
        raise ValueError(f"plan.batch_size must be in 1..{rows}, got {plan.batch_size}")


def check_measure_networks(plan: Plan, X: Any, y: Any, networks: Networks, active: Any) -> None:
    """Raise unless `measure_networks` takes these arguments, as `check_fit_networks` does."""
    _check_networks(plan, X, y, networks, active)
    if networks.errors.shape[1] != 1:
        raise ValueError(
            f"networks.errors must have shape (networks, 1), got shape {networks.errors.shape}"
        )


def _check_networks(plan: Plan, X: Any, y: Any, networks: Networks, active: Any) -> None:
    counts = check_plan(plan)
    if not suit_networks(plan):
        raise ValueError(
            "plan must be without dropout, dropconnect, batch_norm, row weights, scale_penalties, "
            "log_loss_cap, records_to_wait, silu, gelu and tracked directions, its loss not "
            "poisson and its optimizer not aw_sgd or SciPy's"
        )
    if not isinstance(networks, Networks):
        raise TypeError(f"networks must be Networks, got {type(networks).__name__}")
    adaptive = plan.extras.optimizer != Optimizer.SGD
    arrays = {
        "X": Array("rows", "n_in"),
        "y": Array("rows", "n_out"),
        "networks.params": Array("networks", "parameters", written=True),
        "networks.velocity": Array("networks", "parameters", written=True),
        "networks.numbers": Array("networks", len(OWN_NUMBERS), kind="float64"),
        "networks.learning_rate_factors": Array("networks", kind="float64"),
        "networks.schedule": Array("epochs", kind="float64"),
        "networks.seeds": Array("networks", kind="int64"),
        "networks.errors": Array("networks", "records", kind="float64", written=True),
        "networks.losses": Array("networks", "records", kind="float64", written=True),
        "networks.diverged": Array("networks", kind="int64", written=True),
        "networks.squares": Array("networks", "parameters" if adaptive else 0, written=True),
    }
    given = {"X": X, "y": y}
    given |= {f"networks.{n}": array for n, array in networks._asdict().items() if n != "rows"}
    for name, requirement in arrays.items():
        given[name] = plain_array(name, requirement, given[name])
    check_together(
        arrays,
        given,
        {
            "n_in": (counts.n_in, "the plan"),
            "n_out": (counts.n_out, "the plan"),
            "parameters": (counts.parameters, "the plan"),
        },
    )
    if networks.seeds.min() < 0:
        raise ValueError(f"networks.seeds must be at least 0, got {networks.seeds.min()}")
    count = len(networks.params)
    _check_places("networks.rows", networks.rows, len(X), 2)
    if len(networks.rows) != count if networks.rows.size else networks.rows.shape != (0, 0):
        raise ValueError(
            f"networks.rows must have shape ({count}, rows), or (0, 0) for all rows, got shape "
            f"{networks.rows.shape}"
        )
    _check_places("active", active, count, 1)
    if np.bincount(active).max(initial=0) > 1:
        raise ValueError(f"active must name no network twice, got {np.bincount(active).argmax()}")
    for name, places in (("networks.rows", networks.rows), ("active", active)):
        check_not_shared(name, arrays, given | {name: places})  # they could change after the check


def _check_places(name: str, places: Any, size: int, dimensions: int) -> None:
    """Raise unless an array holds indices below a size."""
    plain_array(name, Array("indices", kind="int64"), places)
    if places.ndim != dimensions:
        raise ValueError(f"{name} must have {dimensions} dimensions, got shape {places.shape}")
    if places.size and not 0 <= places.min() <= places.max() < size:
        wrong = places[(places < 0) | (places >= size)][0]
        raise ValueError(f"{name} must be indices in 0..{size - 1}, got {wrong}")
