"""scikit-learn's experimental callbacks are told of each epoch, and may stop a run."""

# ruff: noqa: ARG002 (the arguments of a callback have names)

import numpy as np
import pytest

from fusedmlp import MLPClassifier, MLPRegressor

callback = pytest.importorskip("sklearn.callback")

X = np.random.default_rng(0).normal(size=(60, 3))
LABELS = (X[:, 0] > 0).astype(int)


class Epochs:
    """Counts what it is told, and stops after some epochs."""

    def __init__(self, most=100):
        self.begun, self.losses, self.scores, self.most = 0, [], [], most

    def setup(self, estimator, context):
        self.set_up = context.max_subtasks

    def teardown(self, estimator, context):
        self.torn_down = True

    def on_fit_task_begin(self, estimator, context, *, X, y):
        self.begun += context.task_name == "epoch"

    def on_fit_task_end(self, estimator, context, *, X, y, fitted_estimator):
        if context.task_name == "epoch":
            self.losses.append(estimator.loss_)
            self.scores.append(fitted_estimator.predict(X).shape)
        return len(self.losses) >= self.most


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_callbacks_see_each_epoch(kind):
    told = Epochs()
    model = kind(max_iter=12, random_state=0).set_callbacks(told).fit(X, LABELS)
    assert told.set_up == 12
    assert told.begun == len(told.losses) == 12
    assert told.losses == model.loss_curve_
    assert told.scores == [(60,)] * 12
    assert told.torn_down
    plain = kind(max_iter=12, random_state=0).fit(X, LABELS)
    assert plain.loss_curve_ == model.loss_curve_


def test_a_callback_stops_the_run():
    model = MLPClassifier(random_state=0).set_callbacks(Epochs(most=5)).fit(X, LABELS)
    assert model.n_iter_ == 5


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_their_progress_bar(capsys):
    model = MLPClassifier(max_iter=3, random_state=0)
    model.set_callbacks(callback.ProgressBar()).fit(X, LABELS)
    assert "MLPClassifier" in capsys.readouterr().out
