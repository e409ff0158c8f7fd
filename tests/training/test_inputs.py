"""What train accepts: numbers in any form, and never a change of them."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import fusedmlp
from tests.cases import EVERYTHING, Case, same_weights

CASE = Case("", (3, 5, 2), 11, {"batch_size": 4})


def strided(X):
    wide = np.full((X.shape[0] * 2, X.shape[1] * 3), np.nan)
    wide[::2, ::3] = X
    return wide[::2, ::3]


def read_only(X):
    copy = X.copy()
    copy.flags.writeable = False
    return copy


def misaligned(X):
    memory = np.empty(X.nbytes + 1, np.uint8)
    view = memory[1:].view(X.dtype).reshape(X.shape)
    view[:] = X
    return view


@pytest.mark.parametrize(
    "form",
    [
        strided,
        read_only,
        misaligned,
        np.asfortranarray,
        lambda X: X[::-1][::-1],
        lambda X: X.astype(X.dtype.newbyteorder()),
        lambda X: X.tolist(),
        lambda X: X.astype(np.longdouble),
    ],
    ids=["strided", "read-only", "misaligned", "fortran", "reversed", "swapped", "list", "long"],
)
@pytest.mark.parametrize("backend", ["kernels", "reference"])
def test_data_in_any_form_gives_the_same_bits(form, backend):
    X, y = CASE.data()
    plain = fusedmlp.train(X, y, **CASE.arguments(backend=backend))
    assert same_weights(fusedmlp.train(form(X), form(y), **CASE.arguments(backend=backend)), plain)
    assert_array_equal(plain.predict(form(X)), plain.predict(X))


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint64, np.float16])
def test_other_numbers_are_converted(dtype):
    X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
    y = np.array([0, 1, 1, 0])
    plain = fusedmlp.train(X.astype(float), y.astype(float), epochs=20, random_state=1)
    other = fusedmlp.train(X.astype(dtype), y.astype(dtype), epochs=20, random_state=1)
    assert same_weights(plain, other)


def test_data_frames_are_taken():
    pandas = pytest.importorskip("pandas")
    X, y = CASE.data()
    frame, column = pandas.DataFrame(X, columns=list("abc")), pandas.DataFrame(y)
    assert same_weights(
        fusedmlp.train(frame, column, **CASE.arguments()), fusedmlp.train(X, y, **CASE.arguments())
    )


@pytest.mark.parametrize("backend", ["kernels", "reference"])
@pytest.mark.parametrize(
    "options", [{}, {"batch_size": 4}, EVERYTHING], ids=["full", "mini", "all"]
)
def test_the_callers_arrays_stay_as_they_were(backend, options):
    case = Case("", (3, 5, 2), 11, options)
    X, y = case.data()
    weights = [np.ones((3, 5)) * 0.1, np.ones((5, 2)) * 0.1]
    before = [a.copy() for a in (X, y, *weights)]
    run = fusedmlp.train(X, y, **case.arguments(backend=backend, init=weights))
    run.predict(X)
    for given, kept in zip((X, y, *weights), before, strict=True):
        assert_array_equal(given, kept)
    assert not np.shares_memory(run.weights[0], weights[0])


def test_data_frames_of_numbers_and_booleans_are_taken():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [0.5, 1.5, 2.5], "b": [True, False, True], "c": [1, 2, 3]})
    frame["d"] = frame["c"].astype("Int64")
    run = fusedmlp.train(frame, frame["b"], epochs=5, random_state=0)
    assert same_weights(
        run, fusedmlp.train(frame.to_numpy(dtype=float), [1, 0, 1], epochs=5, random_state=0)
    )


def test_soft_labels_may_have_been_rounded_to_float32():
    X, y = Case("", (3, 4, 3), 20, {"output_activation": "softmax"}).data()
    fusedmlp.train(X, y.astype(np.float32), output_activation="softmax", loss="log_loss", epochs=1)


def test_a_run_goes_on_from_anothers_weights():
    X, y = CASE.data()
    for bias in (False, True):
        first = fusedmlp.train(X, y, **CASE.arguments(bias=bias))
        init = (first.weights, first.biases)
        still = CASE.arguments(bias=bias, init=init, learning_rate=1e-300)
        assert same_weights(first, fusedmlp.train(X, y, **still))


@pytest.mark.filterwarnings("ignore:X gives sums so large:UserWarning")  # it has
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numbers_too_large_together_are_finite_each(dtype):
    X = np.full((10, 1), np.finfo(dtype).max)
    run = fusedmlp.train(X, np.zeros(10), epochs=1, dtype=dtype, random_state=1)
    assert np.isfinite(run.predict(X)).all()
    X[7] = np.inf
    with pytest.raises(ValueError, match=r"must be finite in .*, got inf at index \(7, 0\)"):
        run.predict(X)
