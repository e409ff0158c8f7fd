"""benchmarks/peers: the same work on all sides, and what the tables make of the times."""

import os
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose

from benchmarks.peers import numpy_lines, ours, scikit, table
from benchmarks.peers.__main__ import chosen_peers, main
from benchmarks.peers.bound import Run as Bound
from benchmarks.peers.measure import BOUND, OURS, PEAK, Measured, check, log_loss, sides_of
from benchmarks.peers.peak import CHAINS, TURNS
from benchmarks.peers.peak import Run as Peak
from benchmarks.peers.rows import ROWS, Row
from benchmarks.peers.workers import (
    ONE_THREAD,
    PEERS,
    Worker,
    environment,
    installed,
    timing_length,
)
from fusedmlp.kernels.vector import REGISTER
from tests.cases import SGD, SOFTMAX, Case

ROW = {row.name: row for row in ROWS}
SMALL = Row(
    Case("5-6-3", (5, 6, 3), 40, {**SGD, **SOFTMAX, "learning_rate": 0.05, "batch_size": 8}),
    "8 rows a step",
    ("sklearn", "torch", "jax"),
)
SMALL_REGRESSION = Row(
    Case(
        "4-5-3",
        (4, 5, 3),
        30,
        {**SGD, "activation": "tanh", "output_activation": "identity", "learning_rate": 0.05},
    ),
    "full batch",
    ("torch", "jax"),
)

# A sum of float32 products may come in any order.
FLOAT32 = {"rtol": 1e-4, "atol": 1e-5}


def outputs(run, epochs=3, shuffle=False):
    run.train(epochs, shuffle)
    return run.outputs()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_rows_are_what_fusedmlp_can_train_on(row):
    X, y = row.data()
    sizes = row.case.sizes
    assert X.shape == (row.case.rows, sizes[0])
    assert y.shape == (row.case.rows, sizes[-1])
    assert X.dtype == y.dtype == row.dtype
    assert row.steps * row.batch == row.case.rows
    assert [w.shape for w, _ in row.first_layers()] == list(pairwise(sizes))
    assert set(row.peers) <= set(PEERS)
    if row.classes:
        assert set(y.sum(axis=1)) == {1.0}
        assert len(set(y.argmax(axis=1))) == sizes[-1]


def test_there_is_a_row_for_each_network_of_the_table():
    assert len(ROW) == len(ROWS) == 9
    assert ROW["784-512-512-10"].batch == 128
    assert ROW["4-32-16-4"].steps == 1
    assert ROW["64-100-10"].steps == 5


def test_flops_by_hand():
    # Per row: forward 5*6 + 6*3 = 48 products, gradients 48, deltas back 6*3 = 18.
    assert SMALL.flops() == 8 * 2 * (48 + 48 + 18)
    assert ROW["3-4-1"].flops() == 4 * 2 * (16 + 16 + 4)


def test_the_bound_pads_what_wastes_least():
    parts = Bound(SMALL)  # of batches of 8 rows
    lanes = REGISTER // 4
    assert parts.flops() == SMALL.flops() * max(1, lanes // 8)
    parts.train(1)
    assert_allclose(parts.outputs(), 64 * 0.01**2, rtol=1e-5)


def test_the_peak_counts_every_lane():
    peak = Peak(SMALL)
    peak.train(1)
    lanes = peak.flops() / (2 * CHAINS * TURNS)
    assert lanes in (4, 8, 16, 32)
    assert_allclose(peak.outputs(), CHAINS * lanes, rtol=1e-6)


def test_numpy_does_the_same():
    run = numpy_lines.Run(ROW["3-4-1"])
    assert_allclose(outputs(run, 500), outputs(ours.Run(ROW["3-4-1"]), 500), rtol=1e-10)
    with pytest.raises(ValueError, match="the seeds' networks, not 5-6-3"):
        numpy_lines.Run(SMALL)


def test_scikit_learn_does_the_same():
    assert_allclose(outputs(scikit.Run(SMALL)), outputs(ours.Run(SMALL)), **FLOAT32)


def test_scikit_learn_reaches_the_same_loss():
    y = SMALL.data()[1]
    losses = [log_loss(outputs(side.Run(SMALL), 200, True), y) for side in (scikit, ours)]
    assert_allclose(losses[0], losses[1], atol=0.1)


@pytest.mark.parametrize("row", [SMALL, SMALL_REGRESSION], ids=lambda row: row.name)
def test_pytorch_does_the_same(row):
    pytest.importorskip("torch")
    from benchmarks.peers import pytorch

    assert_allclose(outputs(pytorch.Run(row)), outputs(ours.Run(row)), **FLOAT32)


@pytest.mark.parametrize("row", [SMALL, SMALL_REGRESSION], ids=lambda row: row.name)
def test_jax_does_the_same(row):
    pytest.importorskip("jax")
    from benchmarks.peers import jax_scan

    assert_allclose(outputs(jax_scan.Run(row)), outputs(ours.Run(row)), **FLOAT32)


def test_jax_does_the_same_in_float64():
    pytest.importorskip("jax")
    from benchmarks.peers import jax_scan

    got = outputs(jax_scan.Run(ROW["3-4-1"]), 500)
    assert_allclose(got, outputs(ours.Run(ROW["3-4-1"]), 500), rtol=1e-10)


class FakeWorker:
    def __init__(self, outputs):
        self.result = outputs

    def __call__(self, what, *_):
        return self.result if what == "outputs" else None


def test_the_check_fails_on_other_outputs():
    workers = {OURS: FakeWorker(np.ones((40, 3))), ("jax", True): FakeWorker(np.ones((40, 3)))}
    check(SMALL, workers, [PEAK, *workers])
    workers["jax", True].result = np.ones((40, 3)) * 1.01
    with pytest.raises(AssertionError, match="5-6-3: jax"):
        check(SMALL, workers, [PEAK, *workers])


MICRO = 1e-6
MEASURED = Measured(
    SMALL,
    {
        OURS: np.array([2, 4, 3]) * MICRO,
        ("sklearn", True): np.array([80, 80, 90]) * MICRO,
        ("sklearn", False): np.array([500, 90, 100]) * MICRO,
        ("jax", True): np.array([9, 9, 9]) * MICRO,
        ("jax", False): np.array([1, 4, 1.5]) * MICRO,
    },
    peak=np.full(3, SMALL.flops() / (1.5 * MICRO)),
    least=np.full(3, 2 * MICRO),
)


def test_ratios_are_medians_of_pairs_at_the_better_number_of_threads():
    assert MEASURED.best("sklearn") == ("sklearn", True)
    assert MEASURED.ratio("sklearn") == pytest.approx(30)  # of 40, 20, 30
    assert MEASURED.ratio("jax") == pytest.approx(0.5)  # of 0.5, 1, 0.5
    assert MEASURED.ratio("torch") is None
    assert MEASURED.share == pytest.approx(0.5)  # of 0.75, 0.375, 0.5
    assert MEASURED.bound == pytest.approx(0.75)


def test_the_table_keeps_the_losses():
    peers = ["sklearn", "torch", "jax"]
    assert table.heading(peers).count("\n") == 1
    assert (
        table.line(MEASURED, peers)
        == "| 5-6-3 | 8 rows a step | 3.00 | 50%, 75% | 30.0 |  | 0.500 |"
    )
    assert "| 5-6-3 | 3.00 | 80.0 / 100 | 9.00 / 1.50 |" in table.details([MEASURED], peers)


def test_peers_take_turns_with_one_thread_and_with_their_default():
    sides = sides_of(SMALL, ["sklearn"])
    assert sides[:3] == [PEAK, BOUND, OURS]
    assert sides[-2:] == [("sklearn", True), ("sklearn", False)]


def test_a_timing_is_long_enough_and_no_longer_than_the_rows_most():
    class Run:
        def train(self, epochs):
            self.epochs = epochs

    repeats, epochs = timing_length(Run(), ROW["3-4-1"], 1e-3)
    assert epochs == 60_000
    assert repeats > 1


def test_peers_are_chosen_by_name():
    assert chosen_peers("sklearn,numpy") == ["numpy", "sklearn"]
    assert chosen_peers(None)[:2] == ["numpy", "sklearn"]
    with pytest.raises(ValueError, match="--peers must be of numpy, sklearn, torch, jax, got sk"):
        chosen_peers("sk")


def test_the_environment_is_put_back(monkeypatch):
    monkeypatch.setenv("NPROC", "7")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    with environment(one_thread=True):
        assert {name: os.environ[name] for name in ONE_THREAD} == ONE_THREAD
    with environment(one_thread=False):
        assert "NPROC" not in os.environ
    assert os.environ["NPROC"] == "7"
    assert "OMP_NUM_THREADS" not in os.environ


def test_a_worker_trains_and_reports_what_went_wrong():
    worker = Worker("numpy", True)
    try:
        assert worker("version") == f"NumPy {np.__version__}"
        worker("prepare", ROW["3-4-1"])
        worker("repeat", 2, 10)
        expected = outputs(ours.Run(ROW["3-4-1"]), 10)
        assert_allclose(worker("outputs"), expected, rtol=1e-10)
        with pytest.raises(RuntimeError, match="numpy: ValueError: the eleven lines train"):
            worker("prepare", SMALL)
    finally:
        worker.close()


def test_the_command_prints_the_tables(capsys):
    main(["--rounds", "1", "--only", "8-16-2", "--peers", "sklearn"])
    printed = capsys.readouterr().out
    assert (
        "| network | work | fusedmlp, µs a step | of the FMA peak, bound | scikit-learn |"
        in printed
    )
    assert printed.count("\n| 8-16-2 |") == 2
    assert "the median of 1 rounds' own ratios" in printed


def test_no_peer_is_imported_before_it_is_used():
    code = (
        "import pkgutil, sys, benchmarks.peers as p\n"
        "for m in pkgutil.iter_modules(p.__path__): __import__(f'benchmarks.peers.{m.name}')\n"
        "print(sorted({'torch', 'jax', 'sklearn', 'numba'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_numpy_and_scikit_learn_are_installed():
    assert installed("numpy")
    assert installed("sklearn")
