"""Groups are divided into batches: in lanes as far as registers are filled, the rest one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

import fusedmlp
from fusedmlp.many.groups import groups_of, places_of
from fusedmlp.many.lanes_or_alone import networks_in_lanes
from fusedmlp.many.sweep import checked_sweep
from fusedmlp.options.table import DEFAULTS
from tests.many.data import X, Y, all_params, assert_equals, assert_same_bits

# Wide enough that one alone is nearly as fast as one in lanes; few rows and epochs, to be quick.
WIDE = {
    "hidden": (32, 32), "dtype": "float32", "batch_size": 8, "epochs": 8, "learning_rate": 0.05,
    "random_state": 1, "record_every": 4,
}  # fmt: skip
ROWS = np.random.default_rng(1).random((203, 10)).astype(np.float32)
TARGETS = np.random.default_rng(2).random((203, 1)).astype(np.float32)


def in_lanes(networks, sizes, rows, cores=2, **options):
    return networks_in_lanes(networks, {**DEFAULTS, "epochs": 50, **options}, sizes, rows, cores)


@pytest.mark.parametrize(
    ("networks", "expected"),
    [(3, 0), (16, 16), (33, 32), (50, 48), (64, 64), (1000, 992)],
)
def test_networks_that_are_nearly_as_fast_alone_fill_whole_registers(networks, expected):
    options = {"optimizer": "adam", "batch_size": 32, "dtype": "float32"}
    assert in_lanes(networks, (10, 32, 32, 1), 1000, **options) == expected


def test_beside_other_groups_full_registers_are_kept():
    """The cores have enough to do, and a network in a full register takes less of them."""
    options = {"optimizer": "adam", "batch_size": 32, "dtype": "float32", "cores": 1}
    for networks in (16, 64):
        assert in_lanes(networks, (10, 32, 32, 1), 1000, **options) == networks


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("networks", [4, 5, 17, 50, 1000])
def test_networks_whose_steps_are_shorter_than_a_call_are_all_in_lanes(networks, dtype):
    assert in_lanes(networks, (3, 4, 1), 4, dtype=dtype, epochs=1000) == networks


@pytest.mark.parametrize(
    "options", [{"dropout": 0.1}, {"activation": "silu"}, {"optimizer": "lbfgs"}]
)
def test_networks_that_lanes_do_not_support_are_alone(options):
    assert in_lanes(1000, (3, 4, 1), 4, **options) == 0


@given(
    combinations=st.integers(1, 30),
    starts=st.integers(1, 40),
    folds=st.sampled_from([None, 2, 3, 5]),
    dtype=st.sampled_from(["float32", "float64"]),
    hidden=st.sampled_from([(4,), (24, 8), (60,)]),
    epochs=st.sampled_from([1, 1000, 100_000]),
)
def test_each_network_is_in_one_batch_with_folds_of_equal_size(
    combinations, starts, folds, dtype, hidden, epochs
):
    grid = {"learning_rate": np.linspace(0.1, 1, combinations)}
    options = {"dtype": dtype, "random_state": 1, "epochs": epochs}
    sweep = checked_sweep(X, Y, hidden, starts, grid, False, folds, options)
    (group,) = groups_of(sweep)
    places = [places_of(sweep, group, k) for k in range(len(group.batches))]
    assert_array_equal(np.sort(np.concatenate(places)), np.arange(sweep.networks))
    for batch, own in zip(group.batches, places, strict=True):
        assert set(own % sweep.shape[2]) <= set(batch.folds)
        if folds:
            sizes = [
                (sweep.folds[k].training.size, sweep.folds[k].held_out.size) for k in own % folds
            ]
            assert len(set(sizes)) == 1


def test_those_alone_are_trained_bit_for_bit_as_by_train():
    runs = fusedmlp.train_many(ROWS, TARGETS, starts=50, threads=1, **WIDE)
    (group,) = runs._groups
    in_lanes = [b.end for b in group.batches if b.in_lanes]
    assert in_lanes
    assert in_lanes[-1] < 50
    for k, run in enumerate(runs):
        alone = fusedmlp.train(ROWS, TARGETS, **run.options)
        assert_equals(run, alone, exact=k >= in_lanes[-1])
    assert_same_bits(runs, fusedmlp.train_many(ROWS, TARGETS, starts=50, threads=3, **WIDE))


def test_folds_of_other_sizes_come_back_in_their_places():
    options = {**WIDE, "folds": 5, "starts": 9}  # 203 rows: folds of 40 and of 41
    runs = fusedmlp.train_many(ROWS, TARGETS, **options)
    assert {tuple(batch.folds) for batch in runs._groups[0].batches} == {(0, 1, 2), (3, 4)}
    for k in range(0, 45, 4):
        rows, held_out = runs.rows(k), runs.held_out(k)
        assert held_out.size == (41 if k % 5 < 3 else 40)
        own = {**runs[k].options, "validation": (ROWS[held_out], TARGETS[held_out])}
        assert_equals(runs[k], fusedmlp.train(ROWS[rows], TARGETS[rows], **own))
    assert all_params(runs) == all_params(fusedmlp.train_many(ROWS, TARGETS, **options, threads=2))


def test_batches_of_short_runs_one_by_one_have_several_networks():
    """A file of a checkpoint or a message takes longer than such a network."""
    sweep = checked_sweep(X, Y, 4, 40, None, False, None, {"dropout": 0.1, "epochs": 10})
    assert [len(range(b.first, b.end)) for b in groups_of(sweep)[0].batches] == [9, 9, 9, 9, 4]


def test_many_structures_make_no_more_batches_than_a_cluster_sends():
    grid = {"learning_rate": np.linspace(0.1, 1, 50), "hidden": list(range(1, 101))}
    options = {"dropout": 0.1, "epochs": 1000}
    sweep = checked_sweep(X, Y, (4,), 20, grid, False, None, options)
    assert sum(len(group.batches) for group in groups_of(sweep)) <= 2100
