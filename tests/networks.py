"""Groups: many networks of one structure and their rows, for the tests of `fit_networks`."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from fusedmlp.plan import make_plan
from fusedmlp.plan.networks import (
    OWN_NUMBERS,
    Networks,
    make_networks,
    own_numbers,
    schedule_of,
)
from fusedmlp.plan.parameters import layer_offsets
from fusedmlp.training.request import checked
from tests.cases import Case

CLIP_NORM, MOMENTUM = OWN_NUMBERS.index("clip_norm"), OWN_NUMBERS.index("momentum")
MORE_ROWS = 5  # of the data, where each network takes rows of its own
CHANGED = ("params", "velocity", "squares", "errors", "losses", "diverged")


class Group(NamedTuple):
    """The arguments of `fit_networks`, before the first step."""

    plan: Any
    X: np.ndarray
    y: np.ndarray
    networks: Networks
    options: Mapping[str, Any]  # of all networks: their own numbers are near these


def plan_of(group: Group, **own: Any) -> Any:
    """Return the plan of a network with some options of its own."""
    n_in, n_out = group.X.shape[1], group.y.shape[1]
    rows = group.networks.rows.shape[1] or len(group.X)
    options = {**group.options, **own}
    return make_plan(options, (n_in, *options["hidden"], n_out), rows)


def group_of(
    case: Case,
    count: int,
    dtype: str = "float64",
    *,
    own_rows: bool = False,
    plain: bool = False,
    seed: int = 0,
    epochs: int = 4,
) -> Group:
    """Return `count` networks that differ in all that may differ, and what they are trained on.

    own_rows: each takes `case.rows` of a few rows more. plain: what beginners need, without the
    extras and the uncommon activations; else with both, so that tests compile few combinations.
    """
    random = np.random.default_rng(seed)
    X, y = Case("", case.sizes, case.rows + MORE_ROWS * own_rows, case.options).data(seed)
    given = case.arguments(dtype=dtype, epochs=epochs)
    request = checked(X, y, given.pop("hidden"), given)
    options, sizes, data = request.options, request.sizes, request.data
    plan = make_plan(options, sizes, case.rows)
    numbers = np.array([own_numbers(options)] * count)
    # Those in 0..1 stay there, and a limit that is infinite, which is none, stays so.
    numbers *= random.uniform(0.8, 1.0, numbers.shape)
    if not plain:
        numbers[-1, CLIP_NORM] = min(numbers[-1, CLIP_NORM], 1e30)
        plan = plan._replace(all_activations=1)
    end = layer_offsets(sizes, options["bias"])[2]
    params = random.uniform(-1, 1, (count, end)).astype(dtype)
    rows = [random.permutation(len(X))[: case.rows] for _ in range(count)]
    networks = make_networks(
        plan,
        numbers,
        schedule_of(options, case.rows),
        params,
        random.integers(0, 2**63 - 1, count),
        np.array(rows) if own_rows else None,
    )
    networks.learning_rate_factors[:] = random.uniform(0.5, 1.0, count)
    return Group(plan, data.X, data.y, networks, options)


def copied(networks: Networks) -> Networks:
    """Return networks with arrays of their own."""
    return Networks(*(array.copy() for array in networks))


def taken(networks: Networks, places: Any) -> Networks:
    """Return some of the networks, as networks of their own."""
    common = {"schedule"} if networks.rows.size else {"schedule", "rows"}
    return Networks(
        *(
            array.copy() if name in common else array[places].copy()
            for name, array in networks._asdict().items()
        )
    )


def trained(package: Any, group: Group, active: Any = None, calls: tuple[int, ...] = ()) -> Any:
    """Return copies of the networks after all epochs; `calls`: where one call ends before."""
    networks = copied(group.networks)
    active = np.arange(len(networks.params)) if active is None else np.asarray(active)
    ends = (0, *calls, group.plan.epochs)
    for begin, end in pairwise(ends):
        done = package.fit_networks(group.plan, group.X, group.y, networks, active, begin, end)
        assert done == len(active)
    return networks


def measured(
    package: Any, group: Group, networks: Networks, active: Any = None, copy: Any = np.copy
) -> Networks:
    """Return networks with one record, that of their parameters; copy: of the room for it."""
    active = np.arange(len(networks.params)) if active is None else np.asarray(active)
    empty = np.full((len(networks.params), 1), np.nan)
    networks = networks._replace(errors=copy(empty), losses=copy(empty))
    package.measure_networks(group.plan, group.X, group.y, networks, active)
    return networks


def distance(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Return how far numbers are apart, relative to the largest, or 1 if that is larger."""
    if not ours.size:
        return 0.0
    return float(np.abs(ours - theirs).max() / max(1.0, np.abs(theirs).max()))
