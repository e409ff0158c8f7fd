"""benchmarks/many: the same networks on all sides, and what the tables make of the times."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.model_selection import ParameterGrid

import fusedmlp
from benchmarks.many import __main__ as command
from benchmarks.many import jax_vmap, measure, numpy_lines, ours, pytorch
from benchmarks.many.cases import ADAM_ROW, CASES, ROW, Many
from benchmarks.many.measure import BOTH_CORES, JAX, NUMPY, ONE_THREAD, OURS, TORCH, Measured
from benchmarks.many.memory import Memory, memory, state_bytes
from benchmarks.many.million import Million, million
from benchmarks.many.sweep import FOLDS, SETTINGS, search, swept
from fusedmlp.many.first_weights import FirstWeights
from tests.cases import Case

SEEDS = Many(ROW["3-4-1"], 5, 200, few=2)
ADAM = Many(replace(ADAM_ROW, case=Case("10-6-1", (10, 6, 1), 40, ADAM_ROW.case.options)), 5, 3, 2)
CLASSES = Many(replace(ROW["8-16-2"], case=replace(ROW["8-16-2"].case, rows=64)), 5, 3, 2)

# A sum of float32 products may come in any order.
FLOAT32 = {"rtol": 1e-4, "atol": 1e-4}


def outputs(run, epochs=2, shuffle=False):
    run.train(epochs, shuffle)
    return run.outputs()


def expected(many, epochs=2, shuffle=False):
    return outputs(ours.Run(many, "one thread"), epochs, shuffle)


@pytest.mark.parametrize("many", [SEEDS, ADAM, CLASSES], ids=lambda many: many.name)
def test_the_seeds_and_first_weights_are_those_of_train_many(many):
    X, y = many.row.data()
    runs = fusedmlp.train_many(X, y, starts=many.networks, epochs=1, **many.row.options)
    assert runs.options["random_state"].tolist() == many.seeds
    layers = many.first_layers()
    for k, seed in enumerate(many.seeds):
        run = runs[k]
        first = FirstWeights(run.options, many.row.case.sizes)
        params = first.params([first.draw(np.random.RandomState(seed))])[0]
        assert_allclose(params[: layers[0][0][k].size], layers[0][0][k].ravel())


@pytest.mark.parametrize("many", [SEEDS, ADAM, CLASSES], ids=lambda many: many.name)
def test_train_one_by_one_does_the_same(many):
    got = outputs(ours.Run(many, "one by one"), shuffle=True)
    assert got.shape == (2, many.row.case.rows, many.row.case.sizes[-1])
    assert_allclose(got, expected(many, shuffle=True)[:2], **FLOAT32)


def test_numpy_does_the_same():
    got = outputs(numpy_lines.Run(SEEDS, ""), 500)
    assert_allclose(got, expected(SEEDS, 500)[:2], rtol=1e-9)
    with pytest.raises(ValueError, match="the seeds' networks, not 10-6-1"):
        numpy_lines.Run(ADAM, "")


@pytest.mark.parametrize("many", [SEEDS, ADAM, CLASSES], ids=lambda many: many.name)
def test_jax_does_the_same(many):
    pytest.importorskip("jax")
    got = outputs(jax_vmap.Run(many, ""))
    assert len(got) == 5
    assert_allclose(got, expected(many), **FLOAT32)


@pytest.mark.parametrize("how", ["bmm", "loop"])
@pytest.mark.parametrize("many", [ADAM, CLASSES], ids=lambda many: many.name)
def test_pytorch_does_the_same(many, how):
    pytest.importorskip("torch")
    got = outputs(pytorch.Run(many, how))
    assert len(got) == (5 if how == "bmm" else 2)
    assert_allclose(got, expected(many)[: len(got)], **FLOAT32)


@pytest.mark.parametrize(
    ("many", "module", "package"),
    [(ADAM, pytorch, "torch"), (ADAM, jax_vmap, "jax"), (CLASSES, pytorch, "torch")],
)
def test_shuffled_they_reach_a_similar_loss(many, module, package):
    pytest.importorskip(package)
    loss = many.loss(outputs(module.Run(many, "bmm"), 30, True))
    assert_allclose(loss, many.loss(expected(many, 30, True)), rtol=0.3)


def test_losses_by_hand():
    assert_allclose(CLASSES.loss(np.full((5, 64, 2), 0.5)), np.log(2))
    assert_allclose(SEEDS.loss(np.full((5, 4, 1), 0.5)), 0.125)


def test_the_cases_are_what_the_tables_say():
    many = {one.name: one for case in CASES.values() for one in case()}
    assert {name: (one.networks, one.row.batch) for name, one in many.items()} == {
        "3-4-1, float64": (1024, 4),
        "3-4-1, float32": (1024, 4),
        "10-32-32-1, float32": (50, 32),
        "8-16-2, float32": (50, 32),
    }
    assert all(one.few <= one.networks for one in many.values())
    assert np.prod([len(values) for values in SETTINGS.values()]) == 200


def test_sides_take_turns_in_processes_of_their_own():
    sides = [BOTH_CORES, ONE_THREAD, OURS[2], NUMPY]
    result = measure.measured(SEEDS, 2, sides)
    assert result.seconds.shape == (2, 4)
    assert (result.seconds > 0).all()
    assert_allclose(result.losses[1], result.losses[0])
    assert_allclose(result.losses[3], result.losses[2])
    lines = list(result.lines())
    assert [cells[1] for cells in lines] == ["5", "5", "2", "2"]
    assert all(len(cells) == len(command.SIDES_HEAD) for cells in lines)
    assert len(command.cores_line(result._replace(seconds=result.seconds[:, :2]))) == 4


class FakeWorker:
    def __init__(self, outputs):
        self.result = outputs

    def __call__(self, what, *_):
        return self.result if what == "outputs" else None


def test_the_check_fails_on_other_networks():
    ones = np.ones((5, 40, 1))
    measure.check(ADAM, [BOTH_CORES, NUMPY], [FakeWorker(ones), FakeWorker(ones[:2])])
    with pytest.raises(AssertionError, match="10-6-1, float32: NumPy, one by one"):
        measure.check(ADAM, [BOTH_CORES, NUMPY], [FakeWorker(ones), FakeWorker(1.01 * ones[:2])])


def test_a_line_is_of_medians_and_the_rounds_own_ratios():
    seconds = np.array([[1, 30], [2, 20], [4, 80]]) * 1e-9
    result = Measured(SEEDS, [BOTH_CORES, NUMPY], seconds, [0.25, 0.125], [])
    assert list(result.lines())[1] == [
        "3-4-1, float64: NumPy, one by one", "2", "30", "20.00", "0.125000",
    ]  # fmt: skip


def test_who_trains_what():
    installed = [side for side in [NUMPY, *JAX] if measure.find_spec(side.needs)]
    assert measure.sides_of(SEEDS) == [*OURS, *installed]
    assert NUMPY not in measure.sides_of(ADAM)
    assert TORCH[0].epochs(replace(ADAM, epochs=50)) == 5
    assert JAX[0].epochs(replace(ADAM, epochs=50)) == 50


def test_both_searches_find_similar_settings():
    settings = {"l2": [0.0], "learning_rate": [0.001, 0.1], "momentum": [0.5, 0.9]}
    result = swept(1, settings, epochs=10, hidden=8, workers=1)
    assert result.networks == 4 * FOLDS
    assert result.seconds.shape == (1, 3)
    assert_allclose(result.ours[2:], result.theirs[2:], atol=0.1)
    assert result.ours[:2].max() < result.ours[2:].min()  # too small a rate
    assert result.theirs[:2].max() < result.theirs[2:].min()
    assert_allclose(result.ours[result.chosen], result.theirs.max(), atol=0.05)
    assert len(result.cells()) == len(command.SWEEP_HEAD)


def test_the_settings_come_in_the_same_order():
    theirs = list(ParameterGrid(search(SETTINGS, 1, 1, 1).param_grid))
    grid = [
        (l2, rate, momentum)
        for l2 in SETTINGS["l2"]
        for rate in SETTINGS["learning_rate"]
        for momentum in SETTINGS["momentum"]
    ]
    assert list(SETTINGS) == ["l2", "learning_rate", "momentum"]
    assert [(p["alpha"] / 200, p["learning_rate_init"], p["momentum"]) for p in theirs] == grid


def test_memory():
    lines = memory((64, 16), epochs=2)
    assert [line.networks for line in lines] == [64, 16]
    for line in lines:
        assert 0 < line.kept <= line.peak
        assert len(line.cells()) == len(command.MEMORY_HEAD)
    assert [line.state for line in lines] == [16 * 8, 3 * (11 * 32 + 33 * 32 + 33) * 4]
    assert state_bytes(ROW["8-16-2"]) == 2 * (9 * 16 + 17 * 2) * 4
    assert Memory("a", 20_000, 300.0, 400.0, 100).cells() == [
        "a", "20,000", "300", "200", "1.50", "400",
    ]  # fmt: skip


def test_very_many_networks_have_a_process_of_their_own():
    line = million(1000, 3)
    assert (line.networks, line.epochs) == (1000, 3)
    assert line.batches == 16
    assert line.seconds > 0
    assert line.seconds_a_network > 0
    assert line.peak_bytes >= line.before_bytes > 0
    assert len(line.cells()) == len(command.MILLION_HEAD)
    assert Million(1_000_000, 20, 100, 9.5, 500_000_000, 200_000_000, 2e-5, 1e-3).cells() == [
        "1,000,000", "20", "100", "9.50", "500", "300", "20.00", "1,000",
    ]  # fmt: skip


def test_the_command_prints_the_parts_that_are_asked_for(capsys, monkeypatch):
    monkeypatch.setitem(command.CASES, "starts", lambda: [SEEDS])
    monkeypatch.setattr(command, "measured", lambda many, n: measure.measured(many, n, [*OURS]))
    command.main(["starts", "--rounds", "1"])
    printed = capsys.readouterr().out
    assert printed.startswith("\nstarts\n\n| networks and side | trained | ns a network's epoch |")
    assert "\n| 3-4-1, float64: `train_many`, both cores | 5 | " in printed
    assert "medians of 1 rounds" in printed
    assert "million" not in command.BY_DEFAULT


def test_the_command_refuses_other_parts(capsys):
    with pytest.raises(SystemExit):
        command.main(["starts", "speed"])
    wanted = "parts must be of starts, adam, sgd, sweep, cores, memory, million, got speed"
    assert wanted in capsys.readouterr().err


def test_no_peer_is_imported_before_it_is_used():
    code = (
        "import pkgutil, sys, benchmarks.many as p\n"
        "for m in pkgutil.iter_modules(p.__path__):\n"
        "    if m.name != 'sweep': __import__(f'benchmarks.many.{m.name}')\n"
        "print(sorted({'torch', 'jax', 'sklearn', 'numba'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
