# ruff: noqa: E501 (a table of messages)
"""Bad input: an error before any work that names argument, requirement and value."""

import re

import numpy as np
import pytest
import scipy.sparse

import fusedmlp
from fusedmlp.options.network import HIDDEN_ACTIVATIONS, OUTPUT_ACTIVATIONS
from fusedmlp.plan.threads import MOST_THREADS

X = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
Y = [0.0, 1.0, 1.0]
INF, NAN = float("inf"), float("nan")


def listed(names):
    return ", ".join(repr(name) for name in names)


DATA = [
    (
        [[1, 2], [3]],
        Y,
        ValueError,
        "X must be a rectangular array of numbers, got rows that differ",
    ),
    ([], Y, ValueError, "X must have 2 dimensions, got shape (0,)"),
    (np.empty((0, 2)), Y, ValueError, "X must not be empty, got shape (0, 2)"),
    (np.empty((3, 0)), Y, ValueError, "X must not be empty, got shape (3, 0)"),
    (np.zeros((3, 1, 1)), Y, ValueError, "X must have 2 dimensions, got shape (3, 1, 1)"),
    ([1.0, 2.0, 3.0], Y, ValueError, "X must have 2 dimensions, got shape (3,)"),
    (5, Y, ValueError, "X must have 2 dimensions, got shape ()"),
    (
        np.array(X, object),
        Y,
        TypeError,
        "X must be an array of real numbers, got numbers as Python objects: .astype(float)",
    ),
    (None, Y, TypeError, "X must be an array of real numbers, got None"),
    (
        [["a", "b"]] * 3,
        Y,
        TypeError,
        "X must be an array of real numbers, got text, such as 'a': leave it out",
    ),
    (np.array(X) * 1j, Y, TypeError, "X must be an array of real numbers, got complex numbers"),
    (
        [[0, NAN], [1, 0], [1, 1]],
        Y,
        ValueError,
        "X must be finite in float64, got nan at index (0, 1)",
    ),
    (
        [[0, 1], [INF, 0], [1, 1]],
        Y,
        ValueError,
        "X must be finite in float64, got inf at index (1, 0)",
    ),
    (X, [0.0, 1.0], ValueError, "y must have as many rows as X, got 2 for the 3 of X"),
    (X, [0.0, NAN, 1.0], ValueError, "y must be finite in float64, got nan at index (1,)"),
    (
        X,
        ["cat", "dog", "cat"],
        TypeError,
        "y must be an array of real numbers, got text, such as 'cat': labels of classes must be one-hot rows, or be given to fusedmlp.MLPClassifier",
    ),
    (
        [[0, None], [1, 0], [1, 1]],
        Y,
        TypeError,
        "X must be an array of real numbers, got missing numbers (None): fill them in",
    ),
    (X, [[0.0], [1.0, 2.0], [1.0]], ValueError, "y must be a rectangular array of numbers"),
    (X, np.zeros((3, 1, 1)), ValueError, "y must have 1 or 2 dimensions, got shape (3, 1, 1)"),
    (X, [], ValueError, "y must not be empty, got shape (0,)"),
]


@pytest.mark.parametrize(("X_given", "y_given", "error", "message"), DATA)
def test_data(X_given, y_given, error, message):
    with pytest.raises(error, match=re.escape(message)):
        fusedmlp.train(X_given, y_given)


SOFTMAX = {"output_activation": "softmax", "loss": "log_loss"}

TARGETS = [
    ([0, 1, 1.5], {"loss": "log_loss"}, "y must be in 0..1 with loss='log_loss', got 1.5"),
    ([0, 1, -0.5], {"loss": "log_loss"}, "y must be in 0..1 with loss='log_loss', got -0.5"),
    ([0, 1, 1], SOFTMAX, "y must have a column for each class"),
    ([[0, 1], [1, 1], [1, 0]], SOFTMAX, "y must have rows that sum to 1"),
    (Y, {"output_activation": "identity", "loss": "log_loss"}, "loss='log_loss' must come with"),
    (
        Y,
        {"output_activation": "tanh", "loss": "log_loss"},
        "loss='log_loss' must come with output_activation 'sigmoid' or 'softmax', got output_activation='tanh'",
    ),
    (
        Y,
        {"loss": "poisson"},
        "loss='poisson' must come with output_activation 'exp' or 'softplus', got output_activation='sigmoid'",
    ),
    (Y, {"loss": "poisson", "output_activation": "softmax"}, "loss='poisson' must come with"),
    (
        [0, 1, -1],
        {"loss": "poisson", "output_activation": "exp"},
        "y must be at least 0 with loss='poisson', got -1.0",
    ),
]


@pytest.mark.parametrize(("y", "options", "message"), TARGETS)
def test_targets_that_the_loss_does_not_take(y, options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        fusedmlp.train(X, y, **options)


def test_a_number_too_large_for_float32():
    with pytest.raises(ValueError, match=re.escape("X must be finite in float32, got 1e+300 at")):
        fusedmlp.train([[1e300], [1.0]], [0, 1], dtype="float32")


OPTIONS = [
    ("hidden", 0, ValueError, "hidden must be an integer or a sequence of integers, each at least 1, got 0"),
    ("hidden", (3, 0), ValueError, "each at least 1, got (3, 0)"),
    ("hidden", -1, ValueError, "each at least 1, got -1"),
    ("hidden", 4.0, TypeError, "each at least 1, got 4.0"),
    ("hidden", (4.5,), TypeError, "each at least 1, got (4.5,)"),
    ("hidden", True, TypeError, "each at least 1, got True"),
    ("hidden", "4", TypeError, "each at least 1, got '4'"),
    ("hidden", None, TypeError, "each at least 1, got None"),
    ("activation", "sigmod", ValueError, f"activation must be one of {listed(HIDDEN_ACTIVATIONS)}, or a sequence with one for each hidden layer, got 'sigmod'"),
    ("activation", 3, TypeError, "activation must be one of"),
    ("activation", ["relu", "sigmod"], ValueError, "activation[1] must be one of 'sigmoid', 'tanh', 'relu'"),
    ("activation", ["relu", 3], TypeError, "activation[1] must be one of 'sigmoid', 'tanh', 'relu'"),
    ("activation", ["relu", "tanh"], ValueError, "activation must be one for all hidden layers or a sequence with one for each, got 2 for the 1 of hidden=(4,)"),
    ("activation", (), ValueError, "got 0 for the 1 of hidden=(4,)"),
    ("activation", "exp", ValueError, "activation must be one of"),
    ("output_activation", "relu", ValueError, f"output_activation must be one of {listed(OUTPUT_ACTIVATIONS)}, got 'relu'"),
    ("output_activation", "silu", ValueError, "output_activation must be one of"),
    ("loss", "mse", ValueError, "loss must be one of 'squared_error', 'absolute_error', 'huber', 'log_loss', 'poisson', got 'mse'"),
    ("huber_delta", 0, ValueError, "huber_delta must be a finite number above 0, got 0"),
    ("huber_delta", NAN, ValueError, "huber_delta must be a finite number above 0, got nan"),
    ("huber_delta", "1", TypeError, "huber_delta must be a finite number above 0, got '1'"),
    ("bias", 1, TypeError, "bias must be True or False, got 1"),
    ("bias", "yes", TypeError, "bias must be True or False, got 'yes'"),
    ("learning_rate", -1, ValueError, "learning_rate must be a finite number above 0, got -1"),
    ("learning_rate", 0, ValueError, "learning_rate must be a finite number above 0, got 0"),
    ("learning_rate", NAN, ValueError, "learning_rate must be a finite number above 0, got nan"),
    ("learning_rate", "0.1", TypeError, "learning_rate must be a finite number above 0, got '0.1'"),
    ("learning_rate", True, TypeError, "learning_rate must be a finite number above 0, got True"),
    ("momentum", 1, ValueError, "momentum must be a finite number at least 0 and below 1, got 1"),
    ("momentum", -0.1, ValueError, "momentum must be a finite number at least 0 and below 1, got -0.1"),
    ("nesterov", True, ValueError, "nesterov=True must come with momentum > 0, got momentum=0.0"),
    ("epochs", 0, ValueError, "epochs must be at least 1, got 0"),
    ("epochs", -5, ValueError, "epochs must be at least 1, got -5"),
    ("epochs", 10.0, TypeError, "epochs must be an integer, got 10.0"),
    ("batch_size", 0, ValueError, "batch_size must be at least 1, got 0"),
    ("batch_size", 2.5, TypeError, "batch_size must be an integer, got 2.5"),
    ("threads", MOST_THREADS + 1, ValueError, f"threads must be at most {MOST_THREADS}, got"),
    ("threads", 10**12, ValueError, f"threads must be at most {MOST_THREADS}, got"),
    ("shuffle", None, TypeError, "shuffle must be True or False, got None"),
    ("reduction", "max", ValueError, "reduction must be one of 'sum', 'mean', got 'max'"),
    ("dtype", "float16", ValueError, "dtype must be 'float32' or 'float64', got 'float16'"),
    ("dtype", int, ValueError, "dtype must be 'float32' or 'float64', got <class 'int'>"),
    ("dtype", "nonsense", ValueError, "dtype must be 'float32' or 'float64', got 'nonsense'"),
    ("dtype", ",", ValueError, "dtype must be 'float32' or 'float64', got ','"),
    ("record_every", 0, ValueError, "record_every must be at least 1, got 0"),
    ("track_directions", "no", TypeError, "track_directions must be True or False, got 'no'"),
    ("random_state", -1, ValueError, "random_state must be in 0..2**32 - 1, got -1"),
    ("random_state", 2**32, ValueError, "random_state must be in 0..2**32 - 1"),
    ("random_state", 1.5, TypeError, "random_state must be None, an integer, or NumPy's RandomState or Generator, got 1.5"),
    ("backend", "cuda", ValueError, "backend must be one of 'kernels', 'reference', got 'cuda'"),
    ("init", "zeros", ValueError, "init must be one of 'uniform', 'glorot', 'he', got 'zeros'"),
    ("init", 3, TypeError, "init must be 'uniform', 'glorot', 'he' or a sequence of arrays, got 3"),
    ("init", [np.ones((2, 4))], ValueError, "init must have weights for 2 layers, got 1"),
    ("init", [np.ones((2, 3)), np.ones((4, 1))], ValueError, "init's weights of layer 0 must have shape (2, 4), got (2, 3)"),
    ("init", [np.ones((2, 4)), np.ones(4)], ValueError, "init's weights of layer 1 must have 2 dimensions, got shape (4,)"),
    ("init", [np.ones((2, 4)), [[NAN]] * 4], ValueError, "init's weights of layer 1 must be finite"),
    ("init", ([np.ones((2, 4)), np.ones((4, 1))], [np.ones(4), np.ones(1)]), ValueError, "init must have no biases but zeros with bias=False"),
    ("init", ([np.ones((2, 4)), np.ones((4, 1))], 5), TypeError, "init must have a sequence of biases, got 5"),
    ("hidden", b"\x04", TypeError, "each at least 1, got b'\\x04'"),
    ("hidden", np.array(4), TypeError, "each at least 1, got array(4)"),
    ("hidden", 10**30, ValueError, "hidden must have sizes of at most 1000000000000"),
    ("epochs", 10**30, ValueError, "epochs must be at most 1000000000000"),
    ("learning_rate", 10**400, ValueError, "learning_rate must be a finite number above 0"),
    ("learning_rate", np.arange(9.0), TypeError, "got an ndarray of shape (9,)"),
    ("hidden", np.ones((2, 2)), TypeError, "each at least 1, got an ndarray of shape (2, 2)"),
    ("hidden", [np.ones(2), 3], TypeError, "each at least 1, got a list of 2 items"),
    ("hidden", [0] * 100, ValueError, "each at least 1, got a list of 100 items"),
    ("activation", {"relu": np.ones(2)}, TypeError, "for each hidden layer, got a dict of 1 items"),
    ("validation", np.ones((3, 2)), TypeError, "or a pair (X, y), got an ndarray of shape (3, 2)"),
    ("warm_start", np.ones(3), TypeError, "warm_start must be a Trained, got an ndarray of shape (3,)"),
    ("init", np.ones((2, 4)), TypeError, "a sequence of arrays, got an ndarray of shape (2, 4)"),
    ("init", ([np.ones((2, 4)), np.ones((4, 1))], np.ones(2)), TypeError, "a sequence of biases, got an ndarray of shape (2,)"),
    ("learning_rat", 1, TypeError, "unknown option 'learning_rat'; the options are activation"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "error", "message"), OPTIONS)
def test_options(name, value, error, message):
    with pytest.raises(error, match=re.escape(message)):
        fusedmlp.train(X, Y, **{name: value})


@pytest.mark.parametrize(
    ("name", "value"), [("learning_rate", 1e-60), ("momentum", 1 - 1e-12), ("huber_delta", 1e-60)]
)
def test_numbers_that_float32_rounds_out_of_range(name, value):
    with pytest.raises(ValueError, match=f"{name} in float32 must be a finite number"):
        fusedmlp.train(X, Y, dtype="float32", **{name: value})


def test_masked_and_sparse_data():
    masked = np.ma.masked_equal(np.array(X), 1)
    with pytest.raises(ValueError, match="X must have no masked values"):
        fusedmlp.train(masked, Y)
    with pytest.raises(TypeError, match=r"X must be a dense array, got csr_array: .toarray\(\)"):
        fusedmlp.train(scipy.sparse.csr_array(X), Y)


def test_kernels_take_c_ordered_arrays_only():
    with pytest.raises(ValueError, match="z must be C-ordered"):
        fusedmlp.kernels.activate(1, np.zeros((4, 4))[:, ::2])


def test_biases_of_wrong_shapes():
    weights = [np.ones((2, 4)), np.ones((4, 1))]
    with pytest.raises(ValueError, match=re.escape("init must have biases for 2 layers, got 1")):
        fusedmlp.train(X, Y, bias=True, init=(weights, [np.ones(4)]))
    with pytest.raises(
        ValueError, match=re.escape("init's biases of layer 1 must have shape (1,)")
    ):
        fusedmlp.train(X, Y, bias=True, init=(weights, [np.ones(4), np.ones(2)]))


def test_errors_come_before_any_random_number_is_drawn():
    random = np.random.RandomState(0)
    with pytest.raises(ValueError, match="epochs"):
        fusedmlp.train(X, Y, epochs=0, random_state=random)
    with pytest.raises(ValueError, match="as many rows"):
        fusedmlp.train(X, Y[:2], random_state=random)
    assert random.randint(1 << 30) == np.random.RandomState(0).randint(1 << 30)


def test_predict_checks_its_rows():
    run = fusedmlp.train(X, Y, epochs=1)
    with pytest.raises(
        ValueError, match=re.escape("X must have 2 columns as in training, got shape (1, 3)")
    ):
        run.predict([[1, 2, 3]])
    with pytest.raises(ValueError, match=re.escape("X must have 2 dimensions, got shape (2,)")):
        run.predict([1, 2])
    with pytest.raises(
        ValueError, match=re.escape("X must be finite in float64, got nan at index (0, 1)")
    ):
        run.predict([[1, NAN]])
