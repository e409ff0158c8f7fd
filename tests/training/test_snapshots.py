"""Runs whose records are handled later, from snapshots of the parameters."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import fusedmlp
from fusedmlp import kernels, reference
from fusedmlp.plan import make_state
from fusedmlp.training import snapshots
from tests.cases import Case, prepared, same_weights
from tests.interrupts import Places

CASE = Case("", (4, 8, 2), 60, {"batch_size": 16, "reduction": "mean", "record_every": 1})
X, Y = CASE.data()
OTHERS = CASE.data(seed=1)
PARAMS = 48
BACKENDS = pytest.mark.parametrize("backend", ["kernels", "reference"])
PACKAGES = {"kernels": kernels, "reference": reference}


@pytest.fixture
def made(monkeypatch):
    """How many snapshots each run has room for."""
    counts, make = [], snapshots.with_snapshots

    def count(*given):
        state = make(*given)
        counts.append(len(state.snapshots))
        return state

    monkeypatch.setattr("fusedmlp.training.run.with_snapshots", count)
    return counts


def both_ways(**options):
    """Return a run that is measured later, and one that a callback watches."""
    given = CASE.arguments(**{"validation": OTHERS, "epochs": 23} | options)
    later, now = fusedmlp.train(X, Y, **given), fusedmlp.train(X, Y, **given, callback=print_not)
    return later, now


def print_not(_record):
    """Watch a run."""


def assert_same_runs(a, b):
    for mine, layer in zip(a.weights, b.weights, strict=True):
        assert_array_equal(mine, layer)
    assert (a.epochs, a.stopped) == (b.epochs, b.stopped)
    for name, values in a.history.items():
        assert_array_equal(values, b.history[name])


RUNS = {
    "mini-batches": {},
    "full batch": {"batch_size": None},
    "every third": {"record_every": 3},
    "Adam": {"optimizer": "adam"},
    "dropconnect": {"dropconnect": 0.3},
    "float32": {"dtype": "float32"},
    "patience": {"patience": 6, "tol": 2e-3},
    "adaptive": {"learning_rate_schedule": "adaptive", "tol": 1e-3, "optimizer": "sgd"},
    "training loss": {"validation": None, "patience": 4, "tol": 2e-3},
    "log loss": {"loss": "log_loss", "output_activation": "sigmoid", "sample_weight": Y[:, 0] + 1},
}


@BACKENDS
@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("room", [None, 2, 5])
def test_a_run_has_the_bits_of_one_that_is_watched(name, backend, room, made, monkeypatch):
    if room:
        itemsize = np.dtype(RUNS[name].get("dtype", "float64")).itemsize
        monkeypatch.setattr(snapshots, "MOST_BYTES", room * PARAMS * itemsize)
    later, now = both_ways(backend=backend, **RUNS[name])
    most = {"every third": 8, "patience": 6, "adaptive": 2, "training loss": 4}.get(name, 23)
    assert made == [min(room or most, most), 0]
    assert np.isfinite(later.history["loss"]).all()
    assert_same_runs(later, now)
    if name in ("patience", "training loss"):
        assert later.epochs < 23
        assert "the weights are those after epoch" in later.stopped


def test_networks_of_a_sweep_have_the_bits_of_those_that_are_watched(made):
    given = CASE.arguments(epochs=12, activation="gelu")  # which is not for the lanes
    runs = fusedmlp.train_many(X, Y, starts=2, folds=2, **given)
    assert made == [12] * 4
    for k in range(4):
        rows, others = runs.rows(k), runs.held_out(k)
        given |= {"validation": (X[others], Y[others]), "callback": print_not}
        given |= {"random_state": int(runs.options["random_state"][k])}
        assert_same_runs(runs[k], fusedmlp.train(X[rows], Y[rows], **given))


@pytest.mark.parametrize("rule", [{}, {"patience": 7, "tol": 1e-3}], ids=["", "patience"])
def test_a_resumed_run_goes_on(rule, made):
    given = CASE.arguments(validation=0.25, epochs=20, **rule)
    whole = fusedmlp.train(X, Y, **given)
    half = fusedmlp.train(X, Y, **given | {"epochs": 9})
    rest = fusedmlp.train(X, Y, **given | {"epochs": 11, "warm_start": half})
    assert same_weights(rest, whole)
    assert rest.stopped == whole.stopped
    parts = [run.history["validation_loss"] for run in (half, rest)]
    assert_array_equal(np.concatenate(parts), whole.history["validation_loss"])
    assert min(made) > 1


DIVERGES = {"output_activation": "identity", "learning_rate": 0.5, "batch_size": None}


@BACKENDS
def test_a_run_that_diverges_has_the_losses_before(backend):
    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning, match="diverged"):
        later, now = both_ways(backend=backend, activation="identity", epochs=100, **DIVERGES)
    assert later.stopped.startswith("diverged")
    assert 2 < later.epochs < 100
    assert_same_runs(later, now)


@pytest.mark.parametrize("patience", [None, 4])
@pytest.mark.parametrize("where", ["training/run.py", "training/control.py", "training/slices.py"])
def test_ctrl_c_keeps_the_losses_of_what_is_over(where, patience):
    """Wherever it comes, each recorded epoch that is over has its validation loss."""
    given = CASE.arguments(validation=OTHERS, epochs=6, patience=patience)
    whole = fusedmlp.train(X, Y, **given).history["validation_loss"]
    places, interrupted = Places([where]), 0
    places.call(lambda: fusedmlp.train(X, Y, **given))
    for place in range(1, places.seen + 1):
        try:
            places.call(lambda: fusedmlp.train(X, Y, **given), place)
        except KeyboardInterrupt as error:
            run = getattr(error, "run", None)
            if run is not None:
                losses = run.history["validation_loss"]
                assert_array_equal(losses, whole[: len(losses)])
                interrupted += len(losses) == 6
    assert interrupted > 3


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("batch_size", [None, 32])
@pytest.mark.parametrize("rows", [4, 2500])
def test_snapshots_are_the_parameters_after_recorded_epochs(rows, batch_size, threads):
    """Also in rows that the lanes would take, and where threads and partial gradients are many."""
    case = Case("", (4, 32, 16, 4), rows, {"reduction": "mean", "record_every": 2})
    options = {"batch_size": batch_size, "threads": threads, "epochs": 8, "backend": "kernels"}
    run = prepared(*case.data(), **case.arguments(**options))
    wanted = {}
    for epochs in (5, 7):
        state = make_state(run.plan, run.params.copy(), rows)
        assert kernels.fit(run.plan, run.X, run.y, state, epochs * rows)
        wanted[epochs] = state.params
    for package, tolerance in ((kernels, 0 if rows > 4 else 1e-12), (reference, 1e-9)):
        state = make_state(run.plan, run.params.copy(), rows)
        state = state._replace(snapshots=np.full((3, run.params.size), np.nan))
        for stop in (rows // 2, 3 * rows + 1, 8 * rows):  # within epochs, too
            assert package.fit(run.plan, run.X, run.y, state, stop)
        # The records are of the epochs 0, 2, 4 and 6: the last took the place of the first.
        np.testing.assert_allclose(state.snapshots[2], wanted[5], rtol=tolerance)
        np.testing.assert_allclose(state.snapshots[0], wanted[7], rtol=tolerance)
        assert np.isfinite(state.snapshots).all()


@pytest.mark.parametrize("package", PACKAGES)
def test_snapshots_of_another_size_are_refused(package):
    run = prepared(X, Y, **CASE.arguments())
    state = make_state(run.plan, run.params.copy(), 60)
    for wrong in (np.zeros((2, PARAMS - 1)), np.zeros(PARAMS), np.zeros((2, PARAMS), "f4")):
        with pytest.raises((TypeError, ValueError), match=r"state\.snapshots must have"):
            PACKAGES[package].fit(run.plan, run.X, run.y, state._replace(snapshots=wrong), 60)
