"""Random networks trained together, kernels against reference, beside inaccessible pages.

``python -m tests.attacks.networks --count 10000``

The kernels train them twice: with all arrays at the end of their pages and at the beginning, in
another order, and in calls that are cut at random. The bits must be the same. The reference's
numbers must be near, or no further away than what its own move by if each result in its steps gets
a unit of noise, or comes from the kernels' twin.
"""

import warnings
from contextlib import AbstractContextManager
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from fusedmlp import kernels, reference
from tests.attacks.campaign import main
from tests.attacks.guarded_memory import GuardedMemory
from tests.attacks.random_networks import WILD_RATE, random_group, uses_velocity
from tests.attacks.runs import (
    MORE_THAN_NOISE,
    NEAR,
    NOISE_SEEDS,
    Results,
    distances,
    require_same_bits,
)
from tests.networks import CHANGED, Group, copied, measured
from tests.transplants import kernels_twins, noisy_twins


def attempt(number: int) -> None:
    """Train a group with both implementations, and compare all that can be seen of it."""
    group = random_group(number)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of networks that diverge
        ours = _guarded_results(group, number, at_end=True)
        require_same_bits(ours, _guarded_results(group, number, at_end=False))
        _compare(group, ours, number)


def _compare(group: Group, ours: Results, number: int) -> None:
    """Raise AssertionError if the kernels' results are not those of the reference."""
    theirs, near = _results(reference, group, number), NEAR[str(group.X.dtype)]
    theirs = _comparable(group, theirs)
    apart = distances(_comparable(group, ours), theirs)
    far = {name: distance for name, distance in apart.items() if distance > near}
    if not far:
        return
    moves = dict.fromkeys(far, 0.0)
    others: list[Any] = [kernels_twins, *(partial(noisy_twins, seed) for seed in NOISE_SEEDS)]
    for other in others:
        twins: AbstractContextManager[None] = other()
        with twins:
            moved = distances(_comparable(group, _results(reference, group, number)), theirs)
        moves = {name: max(move, moved[name]) for name, move in moves.items()}
    wrong = [
        f"{name} apart by {distance:.1e}, noise moves it by {moves[name]:.1e}"
        for name, distance in far.items()
        if not distance <= MORE_THAN_NOISE * moves[name]
    ]
    shape = (*group.networks.params.shape, *group.X.shape)
    assert not wrong, "; ".join(wrong) + f": {shape} {dict(group.options)}"


def _guarded_results(group: Group, number: int, at_end: bool) -> Results:
    """Return the kernels' results, from arrays in guarded memory."""
    with GuardedMemory(at_end) as memory:
        guarded = memory.copies(group)
        results = _results(kernels, guarded, number, memory, np.random.default_rng(int(at_end)))
        return {name: value.copy() for name, value in results.items()}


def _results(
    package: Any,
    group: Group,
    number: int,
    memory: Any = None,
    random: np.random.Generator | None = None,
) -> Results:
    """Return what can be seen of the networks, after a few calls and a measurement.

    random: of the order of the networks and of the calls' ends; None: in order, in one call.
    """
    plan, X, y, networks, _ = group
    copy = np.copy if memory is None else memory.copy
    networks = copied(networks) if memory is None else memory.copies(networks)
    count, epochs = len(networks.params), plan.epochs
    active = np.flatnonzero(np.random.default_rng(number).random(count) < 0.9)
    ends = [0, epochs]
    if random is not None:
        active = random.permutation(active)
        ends = [0, *np.sort(random.integers(0, epochs + 1, 2)).tolist(), epochs]
    active = copy(active)
    for begin, end in pairwise(ends):
        done = package.fit_networks(plan, X, y, networks, active, begin, end)
        assert done == active.size
    records = measured(package, group, networks, active, copy)
    results = {name: getattr(networks, name) for name in CHANGED}
    others = np.setdiff1d(np.arange(count), active)
    for name in ("errors", "losses"):
        results[f"measured {name}"] = getattr(records, name)[:, 0]
        assert np.isnan(results[f"measured {name}"][others]).all()
    diverged = networks.diverged > 0
    assert not np.isfinite(networks.params[diverged]).all(axis=1).any()
    return results


def _comparable(group: Group, results: Results) -> Results:
    """Return what the two implementations must agree in, with zeros elsewhere.

    Of a network that diverges, they need not agree in which number is infinite, and which is none.
    Sums that overflow may do so too early or too late for a step to be the last one: the product in
    a fused multiplication and addition does not overflow.
    """
    wild = (group.networks.numbers[:, 0] >= WILD_RATE) | (results["diverged"] > 0)
    results = {name: values.copy() for name, values in results.items()}
    results["diverged"][group.networks.numbers[:, 0] >= WILD_RATE] = 0
    if not uses_velocity(group):
        del results["velocity"]
    for name, values in results.items():
        if name != "diverged":
            values[wild] = 0
    return results


if __name__ == "__main__":
    main("tests.attacks.networks", 1000)
