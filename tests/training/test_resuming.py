"""`warm_start` resumes a run bit for bit, optimiser, schedule and early stopping included."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import fusedmlp
from tests.cases import Case, same_weights

CASE = Case("", (4, 7, 3), 60, {"batch_size": 16, "record_every": 1})
BACKENDS = ["kernels", "reference"]
RUNS = {
    "momentum": {"momentum": 0.9, "nesterov": True},
    "adam": {"optimizer": "adam", "learning_rate": 0.05},
    "adam with epsilon_hat": {"optimizer": "adam", "learning_rate": 0.05, "epsilon_hat": True},
    "adamw": {"optimizer": "adamw"},
    "rmsprop": {"optimizer": "rmsprop", "momentum": 0.5},
    "adagrad": {"optimizer": "adagrad"},
    "rprop": {"optimizer": "rprop", "batch_size": None},
    "aw_sgd": {"optimizer": "aw_sgd", "learning_rate": 0.1},
    "few rows": {"batch_size": None, "momentum": 0.9},
    "masks": {"dropout": 0.3, "dropconnect": 0.2, "momentum": 0.9},
    "batch_norm": {"batch_norm": True, "momentum": 0.9},
    "invscaling": {"learning_rate_schedule": "invscaling", "warmup_epochs": 3, "momentum": 0.9},
    "adaptive": {"learning_rate_schedule": "adaptive", "tol": 0.5, "momentum": 0.9},
    "patience": {"patience": 30, "validation": 0.2, "optimizer": "adam"},
    "directions": {"track_directions": True, "momentum": 0.9},
    "weights of rows": {"sample_weight": np.linspace(0, 1, 60), "optimizer": "adam"},
    "float32": {"dtype": "float32", "optimizer": "adam"},
}


def options_of(name, **more):
    return CASE.arguments(**{"random_state": 3, **RUNS[name], **more})


def data_of(name):
    X, y = CASE.data()
    return (X[:3], y[:3]) if name == "few rows" else (X, y)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", RUNS)
def test_a_run_in_parts_is_the_whole_run(name, backend, tmp_path):
    X, y = data_of(name)
    whole = fusedmlp.train(X, y, **options_of(name, epochs=12, backend=backend))
    run = fusedmlp.train(X, y, **options_of(name, epochs=5, backend=backend))
    for epochs, keep in ((4, saved), (3, pickled)):
        run = keep(run, tmp_path)
        options = options_of(name, epochs=epochs, backend=backend, random_state=None)
        run = fusedmlp.train(X, y, **{**options, "warm_start": run})
    assert same_weights(run, whole)
    assert_array_equal(run.predict(X), whole.predict(X))
    assert (run.epochs, run.history["epoch"].tolist()) == (3, [9, 10, 11])
    for record, values in run.history.items():
        assert_array_equal(values, whole.history[record][9:])


def saved(run, folder):
    fusedmlp.save(run, folder / "network")
    return fusedmlp.load(folder / "network")


def pickled(run, _):
    return pickle.loads(pickle.dumps(run))


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_interrupted_run_is_resumed(backend):
    X, y = CASE.data()
    options = options_of("patience", epochs=20, backend=backend)
    whole = fusedmlp.train(X, y, **options)

    def interrupt(now):
        if now.epoch == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as stopped:
        fusedmlp.train(X, y, **options, callback=interrupt)
    rest = {**options, "epochs": 12, "warm_start": stopped.value.run}
    assert same_weights(fusedmlp.train(X, y, **rest), whole)


def test_records_of_a_few_epochs_go_on():
    X, y = CASE.data()
    whole = fusedmlp.train(X, y, **options_of("adam", epochs=14, record_every=3))
    first = fusedmlp.train(X, y, **options_of("adam", epochs=7, record_every=3))
    second = fusedmlp.train(X, y, **options_of("adam", epochs=7, record_every=3, warm_start=first))
    assert second.history["epoch"].tolist() == [9, 12]
    assert_array_equal(second.history["loss"], whole.history["loss"][3:])


def test_other_rows_go_on_with_the_moments_alone():
    X, y = CASE.data()
    first = fusedmlp.train(X, y, **options_of("adam", epochs=5))
    second = fusedmlp.train(X[:50], y[:50], **options_of("adam", epochs=1, warm_start=first))
    assert second.history["epoch"].tolist() == [0]
    anew = [first.weights, first.biases] if CASE.arguments().get("bias") else first.weights
    begun = fusedmlp.train(X[:50], y[:50], **options_of("adam", epochs=1, init=anew))
    assert not same_weights(second, begun)


def test_another_optimiser_begins_anew():
    X, y = CASE.data()
    first = fusedmlp.train(X, y, **options_of("adam", epochs=5))
    second = fusedmlp.train(X, y, **options_of("rmsprop", epochs=2, warm_start=first))
    begun = fusedmlp.train(X, y, **options_of("rmsprop", epochs=2, init=first.weights))
    assert second.history["epoch"].tolist() == [0, 1]
    assert second.history["loss"][0] == begun.history["loss"][0]


def test_a_run_that_patience_ended_begins_its_count_anew():
    X, y = CASE.data()
    options = options_of("adam", epochs=50, patience=2, tol=10.0)
    first = fusedmlp.train(X, y, **options)
    assert first.epochs == 3
    second = fusedmlp.train(X, y, **options, warm_start=first)
    assert second.epochs == 3
    assert second.stopped.startswith("loss no better by 10 in 2 records")


def test_epochs_without_any_finite_loss_are_counted_on():
    X, y = CASE.data()
    far = (np.full((2, 4), 1e200), y[:2])  # whose squared error overflows
    options = {"activation": "identity", "output_activation": "identity", "learning_rate": 1e-3}
    options = CASE.arguments(**options, patience=5, validation=far, epochs=3)
    first = fusedmlp.train(X, y, **options)
    second = fusedmlp.train(X, y, **{**options, "epochs": 9, "warm_start": first})
    assert (first.epochs, second.epochs) == (3, 2)
    assert second.stopped == "validation_loss no better by 0.0001 in 5 records"
