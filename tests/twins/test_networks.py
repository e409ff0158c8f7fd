"""Many networks at once: the same numbers as the reference, network by network."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from fusedmlp import kernels, reference
from fusedmlp.kernels.many.lanes import networks_of
from fusedmlp.kernels.many.layout import BLOCK_BYTES
from fusedmlp.plan import make_state
from fusedmlp.plan.codes import Optimizer
from fusedmlp.plan.networks import OWN_NUMBERS
from tests.cases import SOFTMAX, Case
from tests.networks import MOMENTUM, Group, distance, group_of, measured, plan_of, trained

# Sums of few terms in another order, over four epochs; relative to the largest number of an array,
# as in tests/attacks/runs.py. The records are sums in float64 of numbers of the networks' type.
NEAR = {"float64": 1e-12, "float32": 1e-5}

MEAN = {"bias": True, "reduction": "mean", "learning_rate": 0.1}
BATCHES = {**MEAN, "batch_size": 3}  # of 7 rows: the last one has only 1
PENALTIES = {"l1": 0.01, "l2": 0.1}
CLIPPED = {"clip_value": 0.05, "clip_norm": 0.1}
IDENTITY = {"output_activation": "identity", "learning_rate": 0.02}
LOSSES = {
    "huber": {**IDENTITY, "loss": "huber", "huber_delta": 0.2},
    "absolute_error": {**IDENTITY, "loss": "absolute_error"},
    "softmax": {"output_activation": "softmax"},
    "huber softmax": {**SOFTMAX, "loss": "huber", "huber_delta": 0.3},
    "absolute_error softmax": {**SOFTMAX, "loss": "absolute_error"},
    "log_loss": {"loss": "log_loss"},
    "softmax log_loss": SOFTMAX,
}
HIDDEN = ("sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus", "identity")
ADAPTIVE = ("adam", "adamw", "rmsprop", "adagrad", "rprop")
EVERYTHING = {**BATCHES, **PENALTIES, **CLIPPED, "momentum": 0.9, "nesterov": True}
# Rows of 19-40-5 that a block has room for in float64, at most: a batch takes several blocks.
BLOCK = BLOCK_BYTES // ((19 + 2 * 45 + 2 * 5) * 8 * networks_of("float64"))

CASES = [
    Case("small", options=BATCHES),
    Case("small, everything", (3, 4, 2), 7, EVERYTHING),
    Case("no hidden layer", (3, 1), 4),
    Case("three hidden layers", (2, 3, 4, 5, 3), 9, {**MEAN, "batch_size": 4}),
    Case("around vectors", (9, 17, 16, 8), 5, MEAN),
    *[Case(name, options={**MEAN, "activation": name}) for name in HIDDEN],
    *[
        Case(f"{name} output", options={**MEAN, "learning_rate": 0.02, "output_activation": name})
        for name in ("tanh", "softplus", "exp", "identity")
    ],
    *[Case(name, options={**BATCHES, **loss}) for name, loss in LOSSES.items()],
    *[
        Case(name, options={**BATCHES, "optimizer": name, "learning_rate": 0.02})
        for name in ADAPTIVE[:-1]
    ],
    Case("rprop", options={**MEAN, "optimizer": "rprop", "activation": "tanh"}),
    Case("rmsprop, momentum", options={**BATCHES, "optimizer": "rmsprop", "momentum": 0.5}),
    Case("epsilon_hat", options={**BATCHES, "optimizer": "adam", "epsilon_hat": True}),
    Case("adamw, everything", options={**BATCHES, **PENALTIES, **CLIPPED, "optimizer": "adamw"}),
    Case("penalties", options={**BATCHES, **PENALTIES}),
    Case("clip_value", options={**BATCHES, "clip_value": 0.02}),
    Case("clip_norm", options={**BATCHES, "clip_norm": 0.05}),
    Case("momentum", options={**BATCHES, "momentum": 0.9}),
    Case("nesterov", options={"momentum": 0.9, "nesterov": True}),
    Case("sum, no bias", options={"batch_size": 3}),
    Case("unshuffled", options={**BATCHES, "shuffle": False}),
    Case("one row a step", options={**MEAN, "batch_size": 1}),
    Case("cosine", options={**BATCHES, "learning_rate_schedule": "cosine"}),
    Case("warm-up", options={**BATCHES, "warmup_epochs": 3}),
    Case("records", options={**BATCHES, "record_every": 2}),
    Case("blocks", (19, 40, 5), 2 * BLOCK + 3, {**MEAN, **PENALTIES}),
    Case("blocks in batches", (19, 40, 5), 3 * BLOCK, {**MEAN, "batch_size": BLOCK + 3}),
]


def counts_of(dtype):
    """Counts of networks: one, around a whole group, several groups."""
    lanes = networks_of(dtype)
    return [1, lanes - 1, lanes, lanes + 1, 3 * lanes + 2]


def require_near(ours, theirs, near, has_velocity):
    for name in ("params", "errors", "losses", "squares"):
        assert distance(getattr(ours, name), getattr(theirs, name)) < near, name
    # Without momentum, SGD has no use for it, and the kernels need not set it.
    velocity = distance(ours.velocity[has_velocity], theirs.velocity[has_velocity])
    assert velocity < near
    assert_array_equal(ours.diverged, theirs.diverged)


def uses_velocity(group):
    """Which networks' steps use the velocity."""
    sgd = group.plan.extras.optimizer == Optimizer.SGD
    return (group.networks.numbers[:, MOMENTUM] > 0) | (not sgd)


def require_twins_agree(group, active, near):
    results = [trained(package, group, active) for package in (kernels, reference)]
    assert np.abs(results[1].params - group.networks.params)[active].max() > 100 * near
    require_near(*results, near, uses_velocity(group))
    ours, theirs = (
        measured(package, group, results[1], active) for package in (kernels, reference)
    )
    for name in ("errors", "losses"):
        assert distance(getattr(ours, name)[active], getattr(theirs, name)[active]) < near


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_networks_agree(case, dtype):
    number = CASES.index(case)
    count = counts_of(dtype)[number % 5]
    group = group_of(case, count, dtype, own_rows=number % 3 == 0, seed=number)
    active = np.random.default_rng(number).permutation(count)
    require_twins_agree(group, active, NEAR[dtype])


@pytest.mark.parametrize("index", range(5))
@pytest.mark.parametrize("own_rows", [False, True], ids=["all rows", "own rows"])
def test_any_count_of_networks_agrees(index, own_rows):
    count = counts_of("float64")[index]
    group = group_of(CASES[1], count, own_rows=own_rows)
    require_twins_agree(group, np.arange(count)[::-1].copy(), NEAR["float64"])


@pytest.mark.parametrize(
    ("dtype", "options"),
    [("float64", {"momentum": 0.9}), ("float32", {**BATCHES, "loss": "log_loss"})],
)
def test_networks_agree_without_extras(dtype, options):
    """The kernels are compiled without what these networks do not need."""
    group = group_of(Case("", options=options), 5, dtype, plain=True)
    require_twins_agree(group, np.arange(5), NEAR[dtype])


def test_extras_of_one_network_count_though_the_plan_is_plain():
    group = group_of(Case("", options=BATCHES), 3)
    assert group.plan.plain
    results = [trained(package, group) for package in (kernels, reference)]
    penalties = [OWN_NUMBERS.index(name) for name in ("l1", "l2")]
    group.networks.numbers[:, penalties] = [[0, 0], [0.1, 0], [0, 0.1]]
    penalized = [trained(package, group) for package in (kernels, reference)]
    require_near(*penalized, NEAR["float64"], uses_velocity(group))
    moved = np.abs(penalized[0].params - results[0].params).max(axis=1)
    assert moved[0] == 0
    assert (moved[1:] > 0.01).all()


def test_a_full_batch_may_be_shuffled():
    """As where a plan for more rows is given networks with rows of their own."""
    group = group_of(Case("", rows=6, options={**MEAN, "batch_size": 5}), 3, own_rows=True)
    networks = group.networks._replace(rows=group.networks.rows[:, :5].copy())
    assert group.plan.shuffle
    assert group.plan.batch_size == networks.rows.shape[1]
    group = group._replace(networks=networks)
    require_twins_agree(group, np.arange(3), NEAR["float64"])


def test_adagrad_has_no_momentum():
    group = group_of(Case("", options={**BATCHES, "optimizer": "adagrad"}), 3)
    group.networks.numbers[:, MOMENTUM] = 0.9
    require_twins_agree(group, np.arange(3), NEAR["float64"])


@pytest.mark.parametrize(
    "case",
    [
        Case("sgd", (3, 4, 2), 7, {**BATCHES, "momentum": 0.9}),
        Case("adam", (3, 4, 2), 7, {**BATCHES, "optimizer": "adam", "warmup_epochs": 9}),
    ],
    ids=str,
)
def test_a_network_is_trained_as_by_a_fit_of_its_own(case):
    group = group_of(case, 5, epochs=100, own_rows=True)
    together = trained(kernels, group)
    for k in range(5):
        own = dict(zip(OWN_NUMBERS, group.networks.numbers[k], strict=True))
        plan, rows = plan_of(group, **own), group.networks.rows[k]
        plan = plan._replace(seed=int(group.networks.seeds[k]))
        state = make_state(plan, group.networks.params[k].copy(), len(rows))
        state.learning_rate_factor[:] = group.networks.learning_rate_factors[k]
        assert kernels.fit(plan, group.X[rows], group.y[rows], state, 100 * len(rows))
        assert distance(together.params[k], state.params) < 1e-12
        assert distance(together.losses[k], state.losses) < 1e-12


def diverging_group(dtype: str = "float64") -> Group:
    """Networks of which some diverge, in epochs of their own."""
    options = {"activation": "identity", "output_activation": "identity", "learning_rate": 0.01}
    count = 2 * networks_of(dtype) + 1
    group = group_of(Case("", options=options), count, dtype, epochs=30)
    group.networks.numbers[::3, 0] = np.logspace(2, 80, len(group.networks.numbers[::3]))
    return group


def test_networks_that_diverge_agree():
    group = diverging_group()
    ours, theirs = (trained(package, group) for package in (kernels, reference))
    assert_array_equal(ours.diverged, theirs.diverged)
    whole = ours.diverged == 0
    assert (whole == (np.arange(whole.size) % 3 != 0)).all()
    assert len(set(ours.diverged)) > 3
    for name in ("params", "losses"):
        assert distance(getattr(ours, name)[whole], getattr(theirs, name)[whole]) < 1e-12
    for networks in (ours, theirs):
        assert not np.isfinite(networks.params[~whole]).all(axis=1).any()
        assert np.isfinite(networks.params[whole]).all()
    ours, theirs = (measured(package, group, ours) for package in (kernels, reference))
    assert_array_equal(np.isfinite(ours.losses), np.isfinite(theirs.losses))
    assert_array_equal(np.isfinite(ours.losses)[:, 0], whole)
