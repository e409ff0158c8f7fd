"""Steps of all rows on lists of chunks and Dask arrays: equal to the run in memory, to rounding."""

import dask
import dask.array as da
import numpy as np
import pytest
from numpy.testing import assert_array_equal

import fusedmlp
from fusedmlp.training.chunks.evaluation import TERMS
from tests.cases import SOFTMAX, Case, same_weights
from tests.processes import run_python
from tests.training.chunks.data import CASE, SIZES, assert_same_to_rounding, in_chunks

BACKENDS = ["kernels", "reference"]
WEIGHTS = np.arange(CASE.rows) % 4 / 2
OPTIONS = [
    {},
    {"momentum": 0.9, "nesterov": True},
    {"optimizer": "adam"},
    {"optimizer": "adam", "epsilon_hat": True, "learning_rate_schedule": "cosine"},
    {"optimizer": "adamw", "weight_decay": 0.1},
    {"optimizer": "rmsprop", "momentum": 0.5},
    {"optimizer": "adagrad"},
    {"optimizer": "rprop"},
    {"optimizer": "lbfgs", "l2": 0.1},
    {"optimizer": "lbfgs", "record_every": 3},
    {"optimizer": "bfgs", "sample_weight": WEIGHTS},
    {"optimizer": "annealing"},
    {"l1": 0.01, "l2": 0.1, "clip_value": 0.02, "clip_norm": 0.03},
    {"reduction": "sum", "learning_rate": 0.01, "learning_rate_schedule": "adaptive", "tol": 1.0},
    {"sample_weight": WEIGHTS, "scale_penalties": True, "l2": 0.1, "loss": "huber"},
    {"scale_penalties": True, "l2": 0.1, "hidden": (), "bias": False},
    {"track_directions": True, "activation": "silu", "record_every": 4},
    SOFTMAX,
]


def data_for(options):
    return Case("", CASE.sizes, CASE.rows, options).data()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_chunks_give_what_one_array_gives(options, backend):
    X, y = data_for(options)
    arguments = CASE.arguments(backend=backend, **options)
    whole = fusedmlp.train(X, y, **arguments)
    run = fusedmlp.train(in_chunks(X), in_chunks(y), **arguments)
    assert_same_to_rounding(run, whole)
    if options.get("track_directions"):
        for ours, theirs in zip(run.direction_changes, whole.direction_changes, strict=True):
            assert_array_equal(ours, theirs)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "lbfgs"])
def test_float32(optimizer, backend):
    X, y = (part.astype(np.float32) for part in CASE.data())
    arguments = CASE.arguments(backend=backend, optimizer=optimizer)
    run = fusedmlp.train(in_chunks(X), in_chunks(y), **arguments)
    assert run.weights[0].dtype == np.float32
    assert_same_to_rounding(run, fusedmlp.train(X, y, **arguments), "float32")


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("optimizer", ["sgd", "lbfgs"])
def test_dask_arrays_give_the_bits_of_a_list(optimizer, backend):
    X, y = CASE.data()
    arguments = CASE.arguments(backend=backend, optimizer=optimizer, sample_weight=WEIGHTS)
    of_list = fusedmlp.train(in_chunks(X), in_chunks(y), **arguments)
    lazy = da.from_array(X, chunks=(SIZES, 4)), da.from_array(y, chunks=(25, 1))
    for scheduler in ("synchronous", "threads"):
        with dask.config.set(scheduler=scheduler):
            assert same_weights(fusedmlp.train(*lazy, **arguments), of_list)


def test_processes_give_the_bits_of_a_list():
    X, y = CASE.data()
    arguments = CASE.arguments(epochs=1, backend="reference")
    of_list = fusedmlp.train(in_chunks(X), in_chunks(y), **arguments)
    lazy = da.from_array(X, chunks=(SIZES, 4)), da.from_array(y, chunks=(SIZES, 2))
    with dask.config.set(scheduler="processes", num_workers=2):
        assert same_weights(fusedmlp.train(*lazy, **arguments), of_list)


def test_the_order_of_the_sums_is_that_of_the_chunks_also_where_they_are_many():
    rows = 3 * TERMS * TERMS // 2 + 5  # three levels of sums
    X, y = Case("", CASE.sizes, rows).data()
    arguments = CASE.arguments(epochs=3)
    lazy = fusedmlp.train(
        da.from_array(X, chunks=(1, 4)), da.from_array(y, chunks=(1, 2)), **arguments
    )
    listed = fusedmlp.train(in_chunks(X, [1] * rows), in_chunks(y, [1] * rows), **arguments)
    assert same_weights(lazy, listed)
    assert_same_to_rounding(listed, fusedmlp.train(X, y, **arguments))


def test_chunks_without_rows_and_columns_of_targets_are_no_matter():
    X, y = CASE.data()
    lazy = da.from_array(X, chunks=((0, *SIZES, 0), 4))
    arguments = CASE.arguments()
    run = fusedmlp.train(lazy, da.from_array(y[:, 0], chunks=25), **arguments)
    listed = fusedmlp.train(in_chunks(X), in_chunks(y[:, 0]), **arguments)
    assert same_weights(run, listed)
    assert run.predict(X).shape == (CASE.rows, 1)


def test_chunks_that_hold_integers_are_converted():
    X, y = CASE.data()
    whole = (10 * X).astype(np.int64)
    lazy = da.from_array(whole, chunks=(SIZES, 4)), da.from_array(y, chunks=(SIZES, 2))
    run = fusedmlp.train(*lazy, **CASE.arguments())
    assert run.weights[0].dtype == np.float64
    listed = fusedmlp.train(in_chunks(whole.astype(float)), in_chunks(y), **CASE.arguments())
    assert same_weights(run, listed)


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_validation_patience_and_callback(optimizer):
    X, y = CASE.data()
    seen = []
    arguments = CASE.arguments(
        validation=CASE.data(seed=1), patience=3, epochs=400, optimizer=optimizer, tol=1e-3
    )
    whole = fusedmlp.train(X, y, **arguments)
    run = fusedmlp.train(
        in_chunks(X), in_chunks(y), callback=lambda now: seen.append(now.loss), **arguments
    )
    assert_same_to_rounding(run, whole)
    assert "the weights are those after epoch" in run.stopped
    assert_array_equal(seen, run.history["loss"])


@pytest.mark.parametrize("optimizer", ["rmsprop", "rprop"])
def test_warm_start_goes_on_bit_for_bit(optimizer, tmp_path):
    chunks = [in_chunks(part) for part in CASE.data()]
    arguments = CASE.arguments(optimizer=optimizer)
    fusedmlp.train(*chunks, **arguments).save(tmp_path / "half")
    again = fusedmlp.train(*chunks, warm_start=fusedmlp.load(tmp_path / "half"), **arguments)
    assert same_weights(again, fusedmlp.train(*chunks, **(arguments | {"epochs": 20})))
    assert_array_equal(again.history["epoch"], np.arange(10, 20))


@pytest.mark.parametrize("optimizer", ["sgd", "lbfgs"])
def test_an_interrupted_run_has_learnt_so_far(optimizer):
    chunks = [in_chunks(part) for part in CASE.data()]

    def interrupt(now):
        if now.epoch == 4:
            raise KeyboardInterrupt

    arguments = CASE.arguments(optimizer=optimizer)
    with pytest.raises(KeyboardInterrupt) as stopped:
        fusedmlp.train(*chunks, callback=interrupt, **arguments)
    run = stopped.value.run
    assert (run.epochs, run.stopped) == (5, "interrupted in epoch 5")
    assert same_weights(run, fusedmlp.train(*chunks, **(arguments | {"epochs": 5})))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_run_that_diverges_says_so(backend):
    X, y = CASE.data()
    arguments = CASE.arguments(
        output_activation="identity", learning_rate=1e200, backend=backend, activation="identity"
    )
    with pytest.warns(RuntimeWarning, match="no longer finite after epoch"):
        run = fusedmlp.train(in_chunks(X), in_chunks(y), **arguments)
    with pytest.warns(RuntimeWarning, match="no longer finite after epoch"):
        whole = fusedmlp.train(X, y, **arguments)
    assert (run.epochs, run.stopped) == (whole.epochs, whole.stopped)


def test_the_callers_chunks_stay_as_they_are(capsys):
    chunks = [in_chunks(part) for part in CASE.data()]
    for chunk in (*chunks[0], *chunks[1]):
        chunk.flags.writeable = False
    run = fusedmlp.train(*map(tuple, chunks), progress=True, **CASE.arguments())
    for now, before in zip(chunks, CASE.data(), strict=True):
        assert_array_equal(np.concatenate(now), before)
    assert run.epochs == 10
    assert "epoch 10 of 10" in capsys.readouterr().out


def test_dask_is_imported_only_where_there_are_dask_arrays():
    script = (
        "import sys, numpy, fusedmlp\n"
        "X = [numpy.eye(3), numpy.ones((2, 3))]\n"
        "fusedmlp.train(X, [x[:, 0] for x in X], epochs=2, backend='reference')\n"
        "print(*sys.modules)"
    )
    assert "dask" not in run_python(script).split()
