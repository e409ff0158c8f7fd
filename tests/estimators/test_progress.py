"""The progress bar of `fit`: epochs, evaluations of L-BFGS, or starts."""

import pickle
import re

import joblib
import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning

from fusedmlp import MLPClassifier

X, y = load_iris(return_X_y=True)
LAST_LINES = {
    "epochs": ({"max_iter": 30}, r"epoch 30 of 30  loss 0\.\d+"),
    "validation": (
        {"max_iter": 30, "early_stopping": True, "n_iter_no_change": 30},
        r"epoch 30 of 30  loss 0\.\d+  validation score 0?\.?\d+",
    ),
    "lbfgs": ({"solver": "lbfgs", "max_iter": 20}, r"evaluation \d+ of at most 15,000  loss .+"),
    "starts": ({"max_iter": 30, "n_starts": 3}, r"start 3 of 3  best score -0\.\d+"),
}
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("name", LAST_LINES)
def test_lines_in_a_pipe(name, capsys):
    parameters, line = LAST_LINES[name]
    quiet = MLPClassifier(random_state=0, **parameters).fit(X, y)
    assert capsys.readouterr().out == ""
    shown = MLPClassifier(random_state=0, progress=True, **parameters).fit(X, y)
    assert re.fullmatch(line, capsys.readouterr().out.splitlines()[-1])
    for ours, theirs in zip(shown.coefs_, quiet.coefs_, strict=True):
        assert np.array_equal(ours, theirs)
    assert shown.progress
    assert pickle.loads(pickle.dumps(shown)).progress


def test_starts_in_other_processes_are_counted(capsys):
    with joblib.parallel_config("loky", n_jobs=2):
        MLPClassifier(max_iter=5, n_starts=2, progress=True, random_state=0).fit(X, y)
    assert capsys.readouterr().out.splitlines()[-1].startswith("start 2 of 2")


def test_a_step_shows_nothing(capsys):
    MLPClassifier(progress=True).partial_fit(X, y, classes=[0, 1, 2])
    assert capsys.readouterr().out == ""


def test_the_warning_points_at_the_call():
    with pytest.warns(ConvergenceWarning) as caught:
        MLPClassifier(max_iter=2, progress=True).fit(X, y)
    assert caught[0].filename == __file__


def test_another_value_is_refused():
    with pytest.raises(ValueError, match="The 'progress' parameter of MLPClassifier must be"):
        MLPClassifier(progress="yes").fit(X, y)
