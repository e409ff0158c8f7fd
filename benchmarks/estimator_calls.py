"""What `benchmarks.estimators` times and scores: both sides' estimators, and `fusedmlp.train`."""

import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from joblib.externals.loky import get_reusable_executor
from numpy.typing import NDArray
from sklearn import datasets, neural_network
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.preprocessing import StandardScaler
from threadpoolctl import ThreadpoolController

import fusedmlp

Numbers = NDArray[Any]
Call = Callable[[], object]

SIDES: list[ModuleType] = [neural_network, fusedmlp]  # scikit-learn's, then ours
SECONDS_OF_A_REST = 0.15


class Task(NamedTuple):
    """Data, the estimator that learns them, and its parameters that are not the defaults."""

    name: str
    estimator: str
    load: Callable[[], tuple[Numbers, Numbers]]
    parameters: Mapping[str, Any]

    def models(self, random_state: int = 0, **others: Any) -> list[Any]:
        """Return an estimator of each side."""
        parameters = {**self.parameters, **others, "random_state": random_state}
        return [getattr(side, self.estimator)(**parameters) for side in SIDES]


DIGITS = Task("digits", "MLPClassifier", partial(datasets.load_digits, return_X_y=True), {})
CANCER = partial(datasets.load_breast_cancer, return_X_y=True)
DEFAULTS = [
    DIGITS,
    Task("breast cancer", "MLPClassifier", CANCER, {}),
    Task("wine", "MLPClassifier", partial(datasets.load_wine, return_X_y=True), {}),
    Task("iris", "MLPClassifier", partial(datasets.load_iris, return_X_y=True), {}),
    Task("diabetes", "MLPRegressor", partial(datasets.load_diabetes, return_X_y=True), {}),
]
SMALL_STEPS = Task(
    "20-64-64-2, 32 rows a step",
    "MLPClassifier",
    partial(datasets.make_classification, 1000, 20, random_state=0),
    {"hidden_layer_sizes": (64, 64), "batch_size": 32, "max_iter": 50},
)


@contextmanager
def converged_or_not() -> Iterator[None]:
    """Leave out the warning that a run ended before it had converged."""
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        yield


def rest() -> None:
    """Wait until the idle threads of NumPy's products have stopped spinning."""
    time.sleep(SECONDS_OF_A_REST)


@converged_or_not()
def fits(task: Task) -> tuple[list[Call], tuple[int, int]]:
    """Return what `fit` is compared with, each called once, and the epochs of both sides.

    The calls: `fit` of theirs and of ours, both again with one thread, and `fusedmlp.train`.
    """
    X, y = task.load()
    theirs, ours = (model.fit(X, y) for model in task.models())
    alone = getattr(fusedmlp, task.estimator)(**{**ours.get_params(), "threads": 1})
    libraries = ThreadpoolController()

    def fit_theirs_alone() -> None:
        with libraries.limit(limits=1):
            theirs.fit(X, y)

    calls = [
        partial(theirs.fit, X, y),
        partial(ours.fit, X, y),
        fit_theirs_alone,
        partial(alone.fit, X, y),
        same_training(ours, X, y),
    ]
    for call in calls:
        call()
    return calls, (theirs.n_iter_, ours.n_iter_)


def same_training(model: Any, X: Numbers, y: Numbers) -> Callable[[], fusedmlp.Trained]:
    """Return a call of `fusedmlp.train` that does the same work as the `fit` of a fitted model."""
    output, loss, targets = "identity", "squared_error", y
    if hasattr(model, "classes_"):
        output, loss = {"logistic": "sigmoid"}.get(model.out_activation_, "softmax"), "log_loss"
        targets = y[:, None] == model.classes_[-model.n_outputs_ :]
    return partial(
        fusedmlp.train,
        np.ascontiguousarray(X, np.float64),
        np.ascontiguousarray(targets, np.float64),
        hidden=model.hidden_layer_sizes,
        activation="relu",
        output_activation=output,
        loss=loss,
        bias=True,
        init="glorot",
        optimizer="adam",
        learning_rate=model.learning_rate_init,
        l2=model.alpha,
        scale_penalties=True,
        epsilon_hat=True,
        reduction="mean",
        batch_size=min(200, len(X)) if model.batch_size == "auto" else model.batch_size,
        shuffle=True,
        epochs=model.n_iter_,
        record_every=1,
        random_state=0,
    )


@converged_or_not()
def scores_of(task: Task, seed: int) -> list[float]:
    """Return the score of each side on a quarter of the rows, after training on the others."""
    X, others, y, labels = train_test_split(*task.load(), random_state=seed)
    scaler = StandardScaler().fit(X)
    X, others = scaler.transform(X), scaler.transform(others)
    return [float(model.fit(X, y).score(others, labels)) for model in task.models(seed)]


class SingleCall(NamedTuple):
    """The same call of theirs, ours and a network of `fusedmlp.train`: None where there is none."""

    name: str
    calls: list[Call | None]
    times: int  # in a timing


@converged_or_not()
def single_calls(times: int, rows: int) -> list[SingleCall]:
    """Return calls with few rows, to be made so many times, and predictions of so many rows."""
    X, y = DIGITS.load()
    theirs, ours = (model.fit(X, y) for model in DIGITS.models(max_iter=5))
    steps = [model.partial_fit(X, y, classes=np.unique(y)) for model in DIGITS.models()]
    trained = same_training(ours, X, y)()
    some, labels, one = X[:32].copy(), y[:32].copy(), X[:1].copy()
    many = np.resize(X, (rows, X.shape[1]))

    def predictions(X: Numbers) -> list[Call | None]:
        functions = (theirs.predict_proba, ours.predict_proba, trained.predict)
        return [partial(function, X) for function in functions]

    bare = [predictions(one)[0], partial(ours.predictor(), one), predictions(one)[2]]
    step = [partial(model.partial_fit, some, labels) for model in steps]
    return [
        SingleCall("`partial_fit`, 32 rows", [*step, None], times),
        SingleCall("`predict_proba`, 1 row", predictions(one), times),
        SingleCall("`predictor()`, 1 row", bare, times),
        SingleCall(f"`predict_proba`, {rows:,} rows", predictions(many), 1),
    ]


def repeated(call: Call, times: int) -> Call:
    """Return a function that makes a call so many times."""

    def run() -> None:
        for _ in range(times):
            call()

    return run


def searches(grid: Mapping[str, Sequence[Any]], max_iter: int, workers: int) -> list[GridSearchCV]:
    """Return a search over the grid for each side."""
    return [GridSearchCV(m, grid, n_jobs=workers, cv=2) for m in DIGITS.models(max_iter=max_iter)]


def end_workers() -> None:
    """End joblib's workers: the next search starts new ones."""
    get_reusable_executor().shutdown(wait=True)
