"""Warnings before training: targets out of reach, and inputs with which all units are saturated."""

import re
import warnings

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris

import fusedmlp

ROWS = np.random.default_rng(0).uniform(-1, 1, (200, 3))
PRICES = 100 + 50 * ROWS[:, 0]
CLASSES = np.arange(200) % 3
QUICK = {"epochs": 2, "random_state": 1, "backend": "reference"}
FOR_NUMBERS = "for numbers, take output_activation='identity' or fusedmlp.MLPRegressor"
FOR_CLASSES = "; for classes, give one-hot rows or take fusedmlp.MLPClassifier"


def warned(function, *data, **options):
    """The texts of the warnings of a call."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function(*data, **{**QUICK, **options})
    assert all(one.category is UserWarning and one.filename == __file__ for one in caught)
    return [str(one.message) for one in caught]


OUT_OF_REACH = {
    "prices": (PRICES, {}, "y has targets in ", "'sigmoid' are in 0..1: ", FOR_NUMBERS),
    "classes": (CLASSES, {}, "y has targets in 0..2", "are in 0..1: ", FOR_NUMBERS + FOR_CLASSES),
    "tanh": (2 * ROWS[:, 0], {"output_activation": "tanh"}, "are in -1..1: ", FOR_NUMBERS),
    "softmax": (
        np.stack([CLASSES, CLASSES], 1), {"output_activation": "softmax"}, "0..1: ", FOR_NUMBERS,
    ),
    "exp": (ROWS[:, 0], {"output_activation": "exp"}, "'exp' are above 0: ", FOR_NUMBERS),
    "softplus": (ROWS[:, 0], {"output_activation": "softplus"}, "are above 0: ", FOR_NUMBERS),
}  # fmt: skip


@pytest.mark.parametrize(
    ("y", "options", "parts"), [(y, o, p) for y, o, *p in OUT_OF_REACH.values()], ids=OUT_OF_REACH
)
def test_targets_that_the_outputs_cannot_reach(y, options, parts):
    (text,) = warned(fusedmlp.train, ROWS, y, **options)
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert text.endswith(parts[-1])
    assert warned(fusedmlp.train_many, ROWS, y, starts=20, **options) == [text]
    assert warned(fusedmlp.train, ROWS, y, output_activation="identity", learning_rate=1e-6) == []


IN_REACH = {
    "shares": (np.abs(ROWS[:, 0]), {}),
    "classes": (np.eye(3)[CLASSES], {"output_activation": "softmax", "loss": "log_loss"}),
    "rounded": (np.where(ROWS[:, 0] > 0, 1 + 2e-16, 0), {}),
    "tanh": (ROWS[:, 0], {"output_activation": "tanh"}),
    "counts": (CLASSES, {"output_activation": "exp", "loss": "poisson", "learning_rate": 1e-6}),
    "numbers": (PRICES, {"output_activation": "identity", "learning_rate": 1e-6}),
}


@pytest.mark.parametrize(("y", "options"), IN_REACH.values(), ids=IN_REACH)
def test_targets_in_reach_are_trained_in_silence(y, options):
    assert warned(fusedmlp.train, ROWS, y, **options) == []
    assert warned(fusedmlp.train_many, ROWS, y, starts=2, **options) == []


SATURATED = "X gives sums so large that nearly all {} units of the first layer begin saturated"
UNSCALED = {
    "cancer": (load_breast_cancer().data, {}),
    "tanh": (load_breast_cancer().data, {"activation": "tanh", "init": "glorot"}),
    "several": (load_breast_cancer().data, {"hidden": (8, 4), "activation": ["tanh", "relu"]}),
    "no hidden layer": (load_breast_cancer().data, {"hidden": ()}),
    "large": (ROWS * np.finfo(float).max, {}),
    "float32": (load_breast_cancer().data.astype("float32"), {}),
}


@pytest.mark.parametrize(("X", "options"), UNSCALED.values(), ids=UNSCALED)
@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
def test_inputs_with_which_all_units_begin_saturated(X, options):
    y = np.arange(len(X)) % 2
    (text,) = warned(fusedmlp.train, X, y, **options)
    kind = "tanh" if "activation" in options else "sigmoid"
    assert text.startswith(SATURATED.format(kind))
    advice = ": scale its columns, such as with sklearn.preprocessing.StandardScaler"
    assert text.endswith(advice + ", and take init='glorot'" * ("init" not in options))
    assert warned(fusedmlp.train_many, X, y, starts=20, **options) == [text]


SCALED = {
    "cancer, scaled": (load_breast_cancer().data / load_breast_cancer().data.max(axis=0), {}),
    "diabetes": (load_diabetes().data, {}),
    "iris": (load_iris().data, {}),
    "relu": (load_breast_cancer().data, {"activation": "relu", "learning_rate": 1e-9}),
    "batch_norm": (load_breast_cancer().data, {"batch_norm": True}),
    "log loss": (load_breast_cancer().data, {"hidden": (), "loss": "log_loss"}),
    "small weights": (load_breast_cancer().data, {"hidden": (), "init": [np.full((30, 1), 1e-9)]}),
}


@pytest.mark.parametrize(("X", "options"), SCALED.values(), ids=SCALED)
def test_other_inputs_are_trained_in_silence(X, options):
    assert warned(fusedmlp.train, X, np.arange(len(X)) % 2, **options) == []


def test_a_run_that_goes_on_is_not_at_its_start():
    X, y = load_breast_cancer(return_X_y=True)
    with pytest.warns(UserWarning, match="begin saturated"):
        run = fusedmlp.train(X, y, **QUICK)
    assert warned(fusedmlp.train, X, y, warm_start=run) == []


def test_chunks_are_looked_at():
    X, y = load_breast_cancer(return_X_y=True)
    chunks, targets = [X[:300], X[300:]], [PRICES[:100], 2.0 * y[300:]]
    targets[0] = np.zeros(300)  # the second is out of reach
    texts = warned(fusedmlp.train, chunks, targets)
    assert ["0..2" in texts[0], "begin saturated" in texts[1], len(texts)] == [True, True, 2]
    stream = [(X[:300], 2.0 * y[:300])]
    assert warned(fusedmlp.train, stream, None, batch_size=100) == texts


def test_chunks_elsewhere_are_not_looked_at():
    dask_array = pytest.importorskip("dask.array")
    X, y = (dask_array.from_array(a, chunks=100) for a in (100 * ROWS, PRICES))
    X = X.rechunk({1: -1})
    assert warned(fusedmlp.train, X, y, learning_rate=1e-6) == []


def test_many_warn_of_each_thing_once():
    grid = {"learning_rate": [0.1, 1.0], "hidden": [3, 4], "output_activation": ["sigmoid", "tanh"]}
    texts = warned(fusedmlp.train_many, ROWS, PRICES, grid=grid, starts=3)
    assert [re.search("'(sigmoid|tanh)'", text).group(1) for text in texts] == ["sigmoid", "tanh"]


def test_estimators_are_silent():
    X, y = load_breast_cancer(return_X_y=True)
    for model in (fusedmlp.MLPClassifier, fusedmlp.MLPRegressor):
        estimator = model(activation="logistic", max_iter=2, n_iter_no_change=1, tol=1e9)
        with warnings.catch_warnings():
            warnings.filterwarnings("error", category=UserWarning)
            warnings.filterwarnings("ignore", message="Stochastic Optimizer: Maximum iter")
            estimator.fit(X, 5 * y)


def test_labels_with_log_loss_are_refused_with_advice():
    advice = "got 2.0: for classes, give one-hot rows or take fusedmlp.MLPClassifier"
    with pytest.raises(ValueError, match=re.escape(advice)):
        fusedmlp.train(ROWS, CLASSES, loss="log_loss")
    with pytest.raises(ValueError, match="one-hot rows are wanted; fused"):
        fusedmlp.train(ROWS, CLASSES, output_activation="softmax")
