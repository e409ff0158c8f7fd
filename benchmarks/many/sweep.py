"""200 settings of a classifier of digits in three folds, beside scikit-learn's grid search.

Both train 600 networks, on the same rows, for as many epochs: scikit-learn's `MLPClassifier` in two
worker processes, which run already; `train_many` in two threads. After each fit scikit-learn
computes the accuracy of the rows held out; `train_many` computes their mean loss, at each record of
the history. First weights and the orders of rows are drawn by each side.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neural_network import MLPClassifier

import fusedmlp
from benchmarks.common import take_turns
from benchmarks.estimator_calls import converged_or_not, end_workers, rest
from benchmarks.peers.rows import Array

FOLDS = 3
BATCH = 200
# In the order in which scikit-learn goes through its own names, so that setting k is the same.
SETTINGS: Mapping[str, Sequence[float]] = {
    "l2": [0.0, 1e-6, 5e-6, 5e-5, 5e-4],  # of a batch's mean loss; scikit-learn divides its alpha
    "learning_rate": [0.003, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2],
    "momentum": [0.5, 0.7, 0.8, 0.9, 0.95],
}


def digits() -> tuple[Array, Array]:
    """Return X in 0..1, and the labels."""
    X, labels = load_digits(return_X_y=True)
    return X / 16, labels


def search(
    settings: Mapping[str, Sequence[float]], epochs: int, hidden: int, workers: int
) -> GridSearchCV:
    """Return scikit-learn's search."""
    model = MLPClassifier(
        (hidden,), solver="sgd", max_iter=epochs, n_iter_no_change=epochs + 1, random_state=1
    )
    grid = {
        "alpha": [BATCH * l2 for l2 in settings["l2"]],
        "learning_rate_init": settings["learning_rate"],
        "momentum": settings["momentum"],
    }
    return GridSearchCV(model, grid, n_jobs=workers, cv=FOLDS, refit=False)


def trained(
    settings: Mapping[str, Sequence[float]], epochs: int, hidden: int, threads: int | None = None
) -> fusedmlp.TrainedMany:
    """Return the networks of `train_many`: in the folds of scikit-learn's search."""
    X, labels = digits()
    return fusedmlp.train_many(
        X,
        np.eye(10)[labels],
        hidden,
        grid=settings,
        folds=StratifiedKFold(FOLDS),
        epochs=epochs,
        activation="relu",
        output_activation="softmax",
        loss="log_loss",
        bias=True,
        init="glorot",
        nesterov=True,
        reduction="mean",
        batch_size=BATCH,
        shuffle=True,
        random_state=1,
        threads=threads,
    )


def accuracies(runs: fusedmlp.TrainedMany) -> Array:
    """Return each setting's accuracy in the rows held out, a mean over the folds."""
    X, labels = digits()
    right = np.empty(len(runs))
    for network, run in enumerate(runs):
        rows = runs.held_out(network)
        right[network] = (run.predict(X[rows]).argmax(axis=1) == labels[rows]).mean()
    return right.reshape(-1, FOLDS).mean(axis=1)


class Swept(NamedTuple):
    """What came of both searches."""

    networks: int
    seconds: Array  # (rounds, 3): theirs, ours, ours with one thread
    theirs: Array  # accuracy of each setting
    ours: Array
    chosen: int  # our setting with the lowest validation loss

    def cells(self) -> list[str]:
        """Return the line of the table."""
        theirs, ours, alone = self.seconds.T
        return [
            f"{self.networks}",
            *(f"{np.median(each):.2f}" for each in (theirs, ours, alone)),
            f"{np.median(theirs / ours):.2f}",
            f"{self.theirs.max():.4f}",
            f"{self.ours[self.chosen]:.4f}",
            f"{np.abs(self.ours - self.theirs).mean():.4f}",
        ]


@converged_or_not()
def swept(
    rounds: int,
    settings: Mapping[str, Sequence[float]] = SETTINGS,
    epochs: int = 30,
    hidden: int = 32,
    workers: int = 2,
) -> Swept:
    """Time both searches, taking turns, and score all settings of both."""
    X, labels = digits()
    theirs = search(settings, epochs, hidden, workers)
    few = {name: values[:1] for name, values in settings.items()}
    search(few, 2, hidden, workers).fit(X, labels)  # the workers run, and have imported
    runs = trained(settings, epochs, hidden)
    calls = [
        lambda: theirs.fit(X, labels),
        lambda: trained(settings, epochs, hidden),
        lambda: trained(settings, epochs, hidden, threads=1),
    ]
    seconds = take_turns(calls, rounds, rest)
    end_workers()
    scores = theirs.cv_results_["mean_test_score"]
    chosen = int(runs.validation_loss.reshape(-1, FOLDS).mean(axis=1).argmin())
    return Swept(len(runs), seconds, scores, accuracies(runs), chosen)
