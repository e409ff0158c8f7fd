"""benchmarks/estimators: what each part returns for the smallest sizes, and what is printed."""

from functools import partial
from math import prod

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import make_classification, make_regression

from benchmarks.estimator_calls import (
    DEFAULTS,
    SMALL_STEPS,
    Task,
    converged_or_not,
    fits,
    same_training,
)
from benchmarks.estimators import (
    GRID,
    PARTS,
    CallTimes,
    FitTimes,
    Scores,
    SearchTimes,
    accuracy,
    calls,
    fit,
    main,
    search,
)

SHORT = {"hidden_layer_sizes": (5,), "max_iter": 3}
THREE = partial(
    make_classification, 40, 6, n_informative=4, n_classes=3, random_state=0, shuffle=False
)
TASKS = [
    Task(
        "two classes", "MLPClassifier", partial(make_classification, 40, 6, random_state=0), SHORT
    ),
    Task("three classes", "MLPClassifier", THREE, {**SHORT, "batch_size": 8}),
    Task("numbers", "MLPRegressor", partial(make_regression, 40, 6, random_state=0), SHORT),
]
tasks = pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)


def is_positive(seconds, shape):
    return seconds.shape == shape and bool((seconds > 0).all())


def test_fit():
    results = list(fit(2, TASKS))
    assert [result.name for result in results] == [task.name for task in TASKS]
    for result in results:
        assert result.epochs == (3, 3)
        assert is_positive(result.seconds, (2, 5))
        assert len(result.cells()) == len(PARTS["fit"].head)


@tasks
def test_train_makes_the_epochs_that_fit_makes(task):
    made, (theirs, ours) = fits(task)
    trained = made[-1]()
    assert len(made) == 5
    assert theirs == ours == trained.epochs == 3


@tasks
def test_train_makes_the_step_that_fit_makes(task):
    X, y = task.load()
    full = {"batch_size": len(X), "max_iter": 1}
    with converged_or_not():
        first = task.models(**full, learning_rate_init=1e-15)[1].fit(X, y)
        model = task.models(**full)[1].fit(X, y)
    run = same_training(model, X, y)(init=(first.coefs_, first.intercepts_))
    for got, expected in zip(run.weights, model.coefs_, strict=True):
        assert_allclose(got, expected, atol=1e-12)
    for got, expected in zip(run.biases, model.intercepts_, strict=True):
        assert_allclose(got, expected, atol=1e-12)


def test_accuracy():
    results = list(accuracy(2, [TASKS[0], TASKS[2]]))
    assert [result.name for result in results] == ["two classes", "numbers"]
    for result in results:
        assert_allclose(result.ours, result.theirs)
        assert result.ours.shape == (2,)
        assert len(result.cells()) == len(PARTS["accuracy"].head)
        assert result.cells()[-1] == "2 of 2"


def test_calls():
    results = list(calls(2, times=2, rows=3))
    assert results[-1].name == "`predict_proba`, 3 rows"
    given = [[seconds is not None for seconds in result.seconds] for result in results]
    assert given == [[True, True, False], *[[True, True, True]] * 3]
    for result in results:
        assert all(is_positive(s, (2,)) for s in result.seconds if s is not None)
        assert len(result.cells()) == len(PARTS["calls"].head)


def test_search():
    grid = {"hidden_layer_sizes": [(3,)], "alpha": [1e-4, 1e-2]}
    running, new = search(1, grid, max_iter=2, workers=1)
    assert (running.workers, new.workers) == ("running", "new")
    for result in (running, new):
        assert is_positive(result.seconds, (1, 2))
        assert_allclose(*result.scores)
        assert len(result.cells()) == len(PARTS["search"].head)


def test_the_default_search_has_60_settings():
    assert prod(map(len, GRID.values())) == 60


def test_the_data_are_those_of_the_tables():
    sizes = {task.name: task.load()[0].shape for task in (*DEFAULTS, SMALL_STEPS)}
    assert sizes == {
        "digits": (1797, 64),
        "breast cancer": (569, 30),
        "wine": (178, 13),
        "iris": (150, 4),
        "diabetes": (442, 10),
        "20-64-64-2, 32 rows a step": (1000, 20),
    }
    assert not any(task.parameters for task in DEFAULTS)


def test_cells_are_medians_and_the_ratios_are_the_rounds_own():
    seconds = np.array([[6, 1, 9, 3, 0.5], [8, 4, 9, 3, 3.9], [20, 5, 9, 3, 4.9]]) / 1000
    assert FitTimes("wine", (200, 199), seconds).cells() == [
        "wine", "200 / 199", "8.00 ms", "4.00 ms", "4.00", "9.00 ms", "3.00 ms", "3.00",
        "3.90 ms", "+100 µs, +3%",
    ]  # fmt: skip
    single = CallTimes("one", [np.array([4e-6]), np.array([2e-6]), None])
    assert single.cells() == ["one", "4.00 µs", "2.00 µs", "", "2.00", ""]
    searched = SearchTimes("new", np.array([[50, 5]]), [0.9, 0.91])
    assert searched.cells() == ["new", "50.0 s", "5.00 s", "10.00", "0.9000", "0.9100"]
    scores = Scores("iris", np.array([0.9, 0.7]), np.array([0.9, 0.9]))
    assert scores.cells() == [
        "iris", "0.8000 ± 0.1000", "0.9000 ± 0.0000", "+0.10000 ± 0.07071", "1 of 2",
    ]  # fmt: skip


def test_the_command_prints_the_parts_that_are_asked_for(capsys, monkeypatch):
    monkeypatch.setitem(PARTS, "fit", PARTS["fit"]._replace(lines=lambda r, _: fit(r, TASKS[:1])))
    main(["fit", "--rounds", "1"])
    printed = capsys.readouterr().out
    assert printed.startswith("\nfit\n\n| data | epochs, theirs / ours | theirs | ours | ratio |")
    assert "\n| two classes | 3 / 3 |" in printed
    assert "medians of 1 rounds" in printed
    assert "accuracy" not in printed


def test_the_command_refuses_other_parts(capsys):
    with pytest.raises(SystemExit):
        main(["fit", "speed"])
    assert "parts must be of fit, accuracy, calls, search, got speed" in capsys.readouterr().err
