"""Groups of networks: no network's bits depend on the others, on its lane, or on the calls."""

import threading
import time

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from fusedmlp import kernels, reference
from fusedmlp.kernels.many.lanes import networks_of
from fusedmlp.plan.networks import OWN_NUMBERS, Networks
from fusedmlp.plan.signals import STOP, new_signals
from tests.cases import MINI_BATCH, Case
from tests.networks import copied, group_of, measured, taken, trained

BATCHES = {**MINI_BATCH, "bias": True, "learning_rate": 0.1, "record_every": 1}
CLIPPED = {"l1": 0.01, "l2": 0.1, "clip_value": 0.05, "clip_norm": 0.1}
CASES = [
    Case("sgd", options={**BATCHES, **CLIPPED, "momentum": 0.9, "nesterov": True}),
    Case("adamw", options={**BATCHES, **CLIPPED, "optimizer": "adamw"}),
    Case("rprop", options={"optimizer": "rprop", "activation": "softplus", "record_every": 1}),
]
FAR = 1000  # epochs of a tiny network, which take milliseconds
ENDLESS = 10**12
PATIENCE = 60.0  # seconds that a thread may take to leave, on a machine that hardly runs

both = pytest.mark.parametrize("package", [kernels, reference], ids=["kernels", "reference"])
cases = pytest.mark.parametrize("case", CASES, ids=str)


def require_same_bits(ours, theirs):
    for name, array in ours._asdict().items():
        assert_array_equal(array, getattr(theirs, name), err_msg=name)


def group_with_one_apart(case, dtype):
    """Networks of several groups, one of which diverges at once."""
    count = 2 * networks_of(dtype) + 2
    group = group_of(case, count, dtype, own_rows=True)
    group.networks.params[1] = np.finfo(dtype).max
    return group


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@cases
def test_bits_do_not_depend_on_lanes_or_neighbours(case, dtype):
    group = group_with_one_apart(case, dtype)
    count = len(group.networks.params)
    together = trained(kernels, group)
    orders = [np.random.default_rng(n).permutation(count) for n in range(3)]
    for order in orders:
        require_same_bits(trained(kernels, group, order), together)
    for places in ([2], [3, 5], orders[0][: count - 3]):
        alone = trained(kernels, group._replace(networks=taken(group.networks, places)))
        require_same_bits(alone, taken(together, places))
        of_them = measured(kernels, group._replace(networks=alone), alone)
        require_same_bits(of_them, taken(measured(kernels, group, together), places))


def test_what_one_network_has_changes_no_other():
    """Penalties, clipping and momentum are left out of a step if no network has them."""
    group = group_of(CASES[0], 7)
    for k, name in enumerate(("momentum", "l1", "l2", "clip_value", "clip_norm")):
        none = np.inf if name.startswith("clip") else 0.0
        group.networks.numbers[np.arange(7) != k, OWN_NUMBERS.index(name)] = none
    together = trained(kernels, group)
    for k in range(7):
        alone = trained(kernels, group._replace(networks=taken(group.networks, [k])))
        for name in ("params", "losses", "errors"):
            assert_array_equal(getattr(alone, name)[0], getattr(together, name)[k])


@both
@cases
def test_two_calls_are_one(case, package):
    group = group_with_one_apart(case, "float64")
    whole = trained(package, group)
    require_same_bits(trained(package, group, calls=(1, 3)), whole)
    require_same_bits(trained(package, group, calls=(2, 2)), whole)


@both
@cases
def test_other_networks_than_the_active_ones_stay(case, package):
    group = group_with_one_apart(case, "float64")
    before, whole = group.networks, trained(package, group)
    count = len(before.params)
    active = np.array([5, 0, count - 1])
    others = np.setdiff1d(np.arange(count), active)
    ours = trained(package, group, active)
    require_same_bits(taken(ours, others), taken(before, others))
    require_same_bits(taken(ours, active), taken(whole, active))
    require_same_bits(trained(package, group, active[:0]), before)
    records = measured(package, group, before, active)
    assert np.isnan(records.losses[others]).all()
    assert np.isnan(records.errors[others]).all()
    assert np.isfinite(records.losses[active]).all()


@both
def test_a_network_that_diverges_ends(package):
    options = {"activation": "identity", "output_activation": "identity", "record_every": 1}
    options["learning_rate"] = 0.01
    count = networks_of("float64") + 2
    group = group_of(Case("", options=options), count, epochs=30)
    tame = trained(package, group)
    wild = np.arange(0, count, 2)
    group.networks.numbers[wild, 0] = np.logspace(4, 60, wild.size)
    ours = trained(package, group, calls=(1,))
    assert len(set(ours.diverged[wild].tolist())) > 1
    others = np.arange(1, count, 2)
    require_same_bits(
        taken(ours, others)._replace(numbers=tame.numbers[others]), taken(tame, others)
    )
    for k in wild.tolist():
        epochs = int(ours.diverged[k])
        assert 1 <= epochs < 30
        assert (ours.losses[k, :epochs] != 0).all()
        assert (ours.losses[k, epochs:] == 0).all()
        # It is as after a call that ends with that epoch, and no other call changes it.
        until = trained(package, group._replace(plan=group.plan._replace(epochs=epochs)), [k])
        assert_array_equal(until.params[k], ours.params[k])
        assert not np.isfinite(ours.params[k]).all()
    again = copied(ours)
    package.fit_networks(group.plan, group.X, group.y, again, wild, 0, 30)
    require_same_bits(again, ours)


@both
def test_nothing_is_trained_after_a_stop(package):
    group, signals = group_of(CASES[0], 3), new_signals()
    networks = copied(group.networks)
    signals[STOP] = 1
    done = package.fit_networks(
        group.plan, group.X, group.y, networks, np.arange(3), 0, 4, signals=signals
    )
    assert done == 0
    require_same_bits(networks, group.networks)


class Stopped:
    """A call that another thread stops once `place` has a record."""

    def __init__(self, group, end, place):
        self.networks: Networks = copied(group.networks)
        self.done, signals = None, new_signals()
        thread = threading.Thread(target=self._run, args=(group, end, signals), daemon=True)
        thread.start()
        while self.networks.losses[place, 0] == 0 and thread.is_alive():
            time.sleep(0)
        signals[STOP] = 1
        thread.join(PATIENCE)
        assert not thread.is_alive()

    def _run(self, group, end, signals):
        active = np.arange(len(self.networks.params))
        rows = group.X, group.y, self.networks, active
        self.done = kernels.fit_networks(group.plan, *rows, 0, end, signals)


def group_to_stop():
    """Networks of several groups with one record, of the first epoch."""
    options = {"learning_rate": 1e-6, "momentum": 0.5, "record_every": ENDLESS}
    group = group_of(Case("", options=options), 5 * networks_of("float64"), epochs=FAR)
    networks = copied(group.networks)  # compiled before the clock matters
    kernels.fit_networks(group.plan, group.X, group.y, networks, np.arange(2), 0, 1)
    return group


def test_a_stop_ends_a_call_that_would_not_end():
    group, others = group_to_stop(), np.arange(1, 5 * networks_of("float64"))
    group.networks.numbers[0] = np.nan
    stopped = Stopped(group, ENDLESS, place=0)
    assert stopped.done == 0
    assert stopped.networks.losses[0, 0] > 0  # it was under way
    for name in ("params", "velocity", "diverged"):
        array, before = getattr(stopped.networks, name), getattr(group.networks, name)
        assert_array_equal(array[others], before[others])
    # A network that has diverged has no other end.
    assert stopped.networks.diverged[0] == 1
    assert np.isnan(stopped.networks.params[0]).all()


def test_a_stop_leaves_whole_groups():
    group, lanes = group_to_stop(), networks_of("float64")
    whole = trained(kernels, group)
    stopped = Stopped(group, FAR, place=lanes)
    done = stopped.done
    assert done in range(lanes, 5 * lanes + 1, lanes)
    for name in ("params", "velocity"):
        array = getattr(stopped.networks, name)
        assert_array_equal(array[:done], getattr(whole, name)[:done])
        assert_array_equal(array[done:], getattr(group.networks, name)[done:])
