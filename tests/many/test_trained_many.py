"""What train_many returns: networks, arrays of numbers, ensembles; and what that holds."""

import copy
import gc
import pickle
import tracemalloc
import weakref

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import fusedmlp
from fusedmlp.many.results import NOT_TRAINED
from tests.many.data import X, Y, arguments, assert_same_bits

RATES = {"learning_rate": [0.1, 1.0, 10.0]}
IDENTITY = {"activation": "identity", "output_activation": "identity"}
XOR = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]), np.array([0, 1, 1, 0])


@pytest.fixture(scope="module")
def runs():
    return fusedmlp.train_many(X, Y, grid=RATES, starts=4, folds=3, **arguments())


@pytest.fixture(scope="module")
def partly_diverged():
    grid = {"learning_rate": [1e200, 0.01]}
    with pytest.warns(RuntimeWarning, match="3 of 6 networks diverged"):
        return fusedmlp.train_many(X, Y, grid=grid, starts=3, **arguments(**IDENTITY))


def test_the_arrays_have_an_entry_for_each_network(runs):
    assert len(runs) == 36
    assert len(list(runs)) == 36
    for name in ("error", "loss", "validation_loss", "epochs"):
        assert getattr(runs, name).shape == (36,)
    for k, run in enumerate(runs):
        assert runs.error[k] == run.history["error"][-1]
        assert runs.loss[k] == run.history["loss"][-1]
        assert (runs.epochs[k], runs.stopped[k]) == (run.epochs, run.stopped)
        assert runs.options["learning_rate"][k] == run.options["learning_rate"]
        assert runs.options["random_state"][k] == run.options["random_state"]
    assert repr(runs) == (
        "<TrainedMany: 36 of 36 networks (3 combinations, 4 starts, 3 folds), the best is "
        f"{runs.ranking[0]}, with validation loss {runs.validation_loss.min():.6g}>"
    )
    best = f"{runs.ranking[0]}, with validation loss {runs.validation_loss.min():.6g}"
    assert f"network {best}" in runs._repr_html_()
    alone = fusedmlp.train_many(X, Y, starts=2, **arguments())
    assert f"the best is {alone.loss.argmin()}, with loss {alone.loss.min():.6g}>" in repr(alone)


def test_options_are_arrays(runs):
    assert set(runs.options) == {*runs[0].options, "fold"}
    assert len(runs.options) == len(list(runs.options))
    kinds = {"learning_rate": "f", "epochs": "i", "nesterov": "b", "optimizer": "O", "hidden": "O"}
    for name, kind in kinds.items():
        assert runs.options[name].dtype.kind == kind
        assert runs.options[name].shape == (36,)
    assert runs.options["hidden"][5] == (5,)
    assert runs.options["clip_norm"].tolist() == [None] * 36
    with pytest.raises(KeyError):
        runs.options["rate"]
    assert repr(runs.options).startswith("<options of 36 networks: hidden, ")


def test_places_of_networks(runs):
    last = runs[35].weights[0]
    assert_array_equal(runs[-1].weights[0], last)
    assert_array_equal(runs[np.int64(35)].weights[0], last)
    assert_array_equal(runs.rows(-1), runs.rows(35))
    assert [run.options["random_state"] for run in runs[33:]] == [
        run.options["random_state"] for run in (runs[33], runs[34], runs[35])
    ]
    assert len(runs[::-1]) == 36
    for place in (36, -37):
        with pytest.raises(IndexError, match=f"network must be below 36, got {place}"):
            runs[place]
        with pytest.raises(IndexError, match="network must be below 36"):
            runs.held_out(place)
    with pytest.raises(TypeError):
        runs[1.5]
    with pytest.raises(TypeError):
        runs.rows(slice(3))


def test_a_network_is_a_copy(runs):
    before = runs[3].weights[0].copy()
    runs[3].weights[0][:] = 0
    assert_array_equal(runs[3].weights[0], before)


def test_a_network_goes_on_is_saved_and_predicts_as_any_other(runs, tmp_path):
    runs[3].save(tmp_path / "network")
    loaded = fusedmlp.load(tmp_path / "network")
    assert_array_equal(loaded.predict(X), runs[3].predict(X))
    further = fusedmlp.train(X, Y, **{**arguments(), "warm_start": runs[3], "hidden": 5})
    assert_array_equal(further.history["loss"].shape, runs[3].history["loss"].shape)


def test_predictions_of_all(runs):
    outputs = runs.predict(X.tolist())
    assert outputs.shape == (36, 23, 2)
    for k in (0, 17, 35):
        assert_array_equal(outputs[k], runs[k].predict(X))
    with pytest.raises(ValueError, match="X must"):
        runs.predict(X[:, :2])


def test_the_best_has_the_lowest_validation_loss(runs):
    assert runs.ranking[0] == runs.validation_loss.argmin()
    assert_array_equal(runs.best().weights[0], runs[int(runs.ranking[0])].weights[0])
    assert (np.diff(runs.validation_loss[runs.ranking]) >= 0).all()
    without = fusedmlp.train_many(X, Y, grid=RATES, starts=4, **arguments())
    assert without.ranking[0] == without.loss.argmin()
    assert np.isnan(without.validation_loss).all()


def test_an_ensemble_averages_the_best(runs):
    ensemble = runs.ensemble(5)
    outputs = runs.predict(X)[runs.ranking[:5]]
    assert (len(ensemble), repr(ensemble)) == (5, "<Ensemble of 5 networks>")
    assert_allclose(ensemble.predict(X), outputs.mean(axis=0), rtol=1e-14)
    assert_allclose(ensemble.spread(X), outputs.std(axis=0), rtol=1e-12)
    assert len(runs.ensemble()) == 36
    loss = ((ensemble.predict(X) - Y) ** 2).mean()
    assert loss <= ((outputs - Y) ** 2).mean()


@pytest.mark.parametrize(
    ("k", "error"), [(0, ValueError), (37, ValueError), (1.5, TypeError), (True, TypeError)]
)
def test_a_number_of_networks_that_an_ensemble_cannot_have(k, error, runs):
    with pytest.raises(error, match="k must be"):
        runs.ensemble(k)


def test_diverged_networks_are_neither_best_nor_in_an_ensemble(partly_diverged):
    runs = partly_diverged
    assert set(runs.ranking[:3].tolist()) == {3, 4, 5}
    assert np.isfinite(runs.best().predict(X)).all()
    assert len(runs.ensemble()) == 3
    with pytest.raises(ValueError, match=r"k must be .*3, got 4"):
        runs.ensemble(4)


def test_an_ensemble_of_networks_that_all_diverged():
    with pytest.warns(RuntimeWarning, match="3 of 3"):
        runs = fusedmlp.train_many(X, Y, starts=3, **arguments(learning_rate=1e200, **IDENTITY))
    with pytest.raises(ValueError, match="an ensemble must have networks whose loss is finite"):
        runs.ensemble()


def test_a_pickle_has_the_networks_but_not_the_data():
    random = np.random.default_rng(0)
    inputs, targets = random.normal(size=(2000, 3)), random.uniform(size=(2000, 1))
    others = random.normal(size=(3000, 3)), random.uniform(size=(3000, 1))
    for validation in (others, 0.5, None):
        runs = fusedmlp.train_many(
            inputs, targets, starts=4, validation=validation, epochs=2, random_state=1
        )
        pickled = pickle.dumps(runs)
        assert len(pickled) < 20_000
        for other in (pickle.loads(pickled), copy.deepcopy(runs)):
            assert_same_bits(other, runs)
            assert_array_equal(other.rows(1), runs.rows(1))
            assert_array_equal(other.options["random_state"], runs.options["random_state"])


def test_the_data_are_freed():
    inputs, targets = X.copy(), Y.copy()
    freed = [weakref.ref(array) for array in (inputs, targets)]
    runs = fusedmlp.train_many(
        inputs, targets, starts=4, validation=(inputs, targets), **arguments()
    )
    del inputs, targets
    gc.collect()
    assert [reference() for reference in freed] == [None, None]
    assert len(runs) == 4


def test_a_network_that_was_not_trained(monkeypatch):
    """Also in a pickle, where its text is another object."""
    from fusedmlp.many import jobs

    train, called = jobs.train_batch, []

    def stop_in_the_second(*given):
        called.append(1)
        if len(called) == 2:
            raise KeyboardInterrupt
        return train(*given)

    monkeypatch.setattr(jobs, "train_batch", stop_in_the_second)
    with pytest.raises(KeyboardInterrupt) as stopped:
        fusedmlp.train_many(X, Y, starts=40, threads=1, **arguments())
    for runs in (stopped.value.run, pickle.loads(pickle.dumps(stopped.value.run))):
        assert runs.stopped == ["all epochs run"] * 16 + [NOT_TRAINED] * 24
        assert np.isnan(runs.loss[16:]).all()
        assert runs.epochs[16:].tolist() == [0] * 24
        assert repr(runs).startswith("<TrainedMany: 16 of 40 networks")
        assert runs[15].epochs == 100
        assert set(runs.ranking[:16].tolist()) == set(range(16))
        assert len(runs.ensemble()) == 16
        with pytest.raises(ValueError, match="network 16 was not trained"):
            runs[16]
        with pytest.raises(ValueError, match="was not trained"):
            runs.predict(X)


@pytest.mark.parametrize(
    ("given", "most"),
    [
        ({"starts": 4000}, 512),
        ({"starts": 4000, "patience": 2, "record_every": 5}, 512),
        ({"grid": {"learning_rate": np.linspace(0.1, 1, 2000)}}, 1200),  # and an option of its own
    ],
)
def test_memory_is_bounded_by_the_networks_own(given, most):
    """3-4-1: 16 weights; with the velocity of as many 256 bytes. Twice as much may be kept."""
    options = {"epochs": 10, "hidden": 4, "random_state": 1, **given}
    fusedmlp.train_many(*XOR, **{**options, "starts": 20})  # compiled, and imported
    tracemalloc.start()
    try:
        runs = fusedmlp.train_many(*XOR, **options)
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert kept / len(runs) < most


def test_many_networks():
    runs = fusedmlp.train_many(*XOR, starts=20_000, epochs=1, random_state=1)
    assert np.isfinite(runs.loss).all()
    assert runs.predict(XOR[0]).shape == (20_000, 4, 1)
    last = fusedmlp.train(*XOR, epochs=1, random_state=int(runs.options["random_state"][-1]))
    assert_allclose(runs[-1].weights[0], last.weights[0], rtol=1e-12)
