"""The caller's arrays: not changed, not copied without need, not trusted to stay as they are."""

import contextlib
import gc
import pickle
import threading
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

import fusedmlp
from tests.cases import same_weights

BACKENDS = ["kernels", "reference"]


def large_data(dtype=np.float64):
    """Data too large to be copied on entry."""
    random = np.random.default_rng(0)
    return random.normal(size=(2000, 3)).astype(dtype), random.uniform(size=(2000, 1))


def learnt(X, y, **options):
    return fusedmlp.train(
        X, y, 5, **{"epochs": 20, "reduction": "mean", "random_state": 1, **options}
    )


# NumPy 2.5 deprecates what a caller can still do.
SETS_A_SHAPE = pytest.mark.filterwarnings("ignore:Setting the shape on a NumPy array")


@SETS_A_SHAPE
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_callback_may_give_the_data_another_shape(backend):
    X, y = large_data()

    def reshape(_):
        X.shape = X.shape[::-1]
        y.shape = (-1,)

    undisturbed = learnt(*large_data(), record_every=1, backend=backend)
    disturbed = learnt(X, y, callback=reshape, record_every=1, backend=backend)
    assert same_weights(disturbed, undisturbed)


@SETS_A_SHAPE
def test_another_thread_may_give_the_data_another_shape():
    X, y = large_data()
    ended = threading.Event()

    def reshape():
        while not ended.is_set():
            X.shape = X.shape[::-1]
            X.shape = (-1, 3)

    undisturbed = learnt(*large_data(), epochs=2000)
    thread = threading.Thread(target=reshape)
    thread.start()
    runs = []
    while len(runs) < 5:
        # Otherwise, it has the other shape at the beginning.
        with contextlib.suppress(ValueError):
            runs.append(learnt(X, y, epochs=2000))
    ended.set()
    thread.join()
    assert all(same_weights(run, undisturbed) for run in runs)


@pytest.mark.parametrize("of_a_view", [False, True])
def test_data_in_use_cannot_be_resized(of_a_view):
    owner, y = large_data()
    X = owner[:, :] if of_a_view else owner
    refusals = []

    def resize(_):
        with pytest.raises(ValueError, match="cannot resize") as refused:
            owner.resize((1_000_000, 3), refcheck=False)
        refusals.append(str(refused.value))

    learnt(X, y, callback=resize, record_every=1)
    assert len(refusals) == 20
    del X
    gc.collect()  # the frames of `train`, which the refusals' tracebacks refer to
    owner.resize((10, 3), refcheck=False)  # afterwards it can


def test_a_records_arrays_are_copies_that_stay_as_they_are():
    X, y = large_data()
    records = []
    run = learnt(X, y, bias=True, callback=records.append, record_every=1)
    weights = [record.weights[0] for record in records]
    assert not any(np.array_equal(a, b) for a, b in zip(weights[1:], weights, strict=False))
    assert_array_equal(weights[-1], run.weights[0])
    for array in records[0].weights + records[0].biases:
        assert not array.flags.writeable
    for array in (records[-1].weights[0], records[-1].biases[0]):
        array.base.resize(10**6, refcheck=False)  # theirs alone
    assert_array_equal(learnt(X, y, bias=True).predict(X), run.predict(X))


def test_a_networks_memory_cannot_be_resized():
    X, y = large_data()
    run = learnt(X, y, track_directions=True, batch_norm=True, bias=True)
    before = run.predict(X)
    copy = pickle.loads(pickle.dumps(run))
    for array in (
        run.weights[0], run.biases[0], run.batch_norm[0].means, run.direction_changes[0],
        copy.weights[0], copy.biases[0], copy.batch_norm[0].means,
    ):  # fmt: skip
        with pytest.raises(ValueError, match="cannot resize"):
            array.base.resize(10**6, refcheck=False)
    assert_array_equal(run.predict(X), before)


def peak_of(act):
    """Return the most bytes that NumPy's arrays took during a call."""
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def read_only(array):
    array.flags.writeable = False
    return array


def mapped(array, folder):
    path = folder / "X.npy"
    np.save(path, array)
    return np.load(path, mmap_mode="r")


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", ["as it is", "read-only", "memory-mapped"])
def test_data_of_the_right_type_are_used_where_they_lie(kind, backend, tmp_path):
    X = np.random.default_rng(0).normal(size=(400_000, 10)).astype(np.float32)
    y = np.zeros((len(X), 1), np.float32)
    before = X.tobytes()
    X = {"read-only": read_only, "memory-mapped": lambda X: mapped(X, tmp_path)}.get(
        kind, lambda X: X
    )(X)
    options = {"hidden": (), "epochs": 1, "batch_size": 1000, "backend": backend, "shuffle": False}
    fusedmlp.train(X[:5000], y[:5000], **options, random_state=1)  # imports and compiles
    peak = peak_of(lambda: fusedmlp.train(X, y, **options, random_state=1))
    assert peak < X.nbytes / 4
    assert X.tobytes() == before


@pytest.mark.parametrize("kind", ["Fortran order", "every second row", "float64"])
def test_what_has_to_be_converted_is_copied_once(kind):
    X = np.random.default_rng(0).normal(size=(400_000, 10)).astype(np.float32)
    y = np.zeros((len(X), 1), np.float32)
    options = {"hidden": (), "epochs": 1, "batch_size": 1000, "dtype": "float32", "shuffle": False}
    given = {
        "Fortran order": lambda: np.asfortranarray(X),
        "every second row": lambda: np.repeat(X, 2, axis=0)[::2],
        "float64": lambda: X.astype(np.float64),
    }[kind]()
    fusedmlp.train(X[:5000], y[:5000], **options)
    peak = peak_of(lambda: fusedmlp.train(given, y, **options))
    assert X.nbytes < peak < 1.25 * X.nbytes


@pytest.mark.parametrize(
    ("convert", "dtype"),
    [
        (lambda X: X.astype(np.float32), "float32"),
        (lambda X: X.astype(">f4"), "float64"),
        (lambda X: X.astype(np.float16), "float64"),
        (lambda X: X.astype(np.float64), "float64"),
        (lambda X: X.astype(int), "float64"),
        (lambda X: X.tolist(), "float64"),
        (lambda X: list(X.astype(np.float32)), "float32"),
        (lambda X: [X[0].astype(np.float32), *X[1:]], "float64"),
        (lambda X: pd.DataFrame(X.astype(np.float32)), "float32"),
        (lambda X: pd.DataFrame(X), "float64"),
    ],
)
def test_float32_data_are_trained_in_float32_and_all_others_in_float64(convert, dtype):
    X, y = large_data()
    run = learnt(convert(X), y)
    assert run.options["dtype"] == dtype
    assert run.weights[0].dtype == run.predict(X).dtype == dtype
    assert learnt(convert(X), y, dtype="float64").weights[0].dtype == np.float64


def test_small_read_only_data_are_left_alone():
    X, y = np.eye(3), np.ones(3)
    read_only(X), read_only(y)
    run = learnt(X, y)
    assert_array_equal(X, np.eye(3))
    assert run.predict(X).flags.writeable
