"""What a target is taken for, what is said of it, and which argument changes it."""

import numpy as np
import pandas as pd
import pytest

from fusedmlp.tables import TableError, fit
from tests.tables.frames import flowers, rentals, straight

QUICK = {"epochs": 2, "networks": 1}


def fitted(values, **options):
    """A model of a column with these values, of 200 rows unless it says otherwise."""
    values = pd.Series(values)
    x = np.random.default_rng(1).normal(size=len(values))
    frame = pd.DataFrame({"x": x, "y": values.to_numpy(), "z": x**2})
    return fit(frame, "y", **QUICK, **options)


def said(model):
    """The note on the target."""
    return " ".join(note for note in model.notes if "taken as" in note)


RANDOM = np.random.default_rng(0)
DIGITS = np.arange(200) % 10
STARS = np.repeat([1, 2, 3, 4, 5], [10, 20, 30, 60, 80])
RARE_CLASS = np.repeat([0, 1, 2], [150, 40, 10])
POISSON = RANDOM.poisson(2.5, 200)


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (DIGITS, "classes"),
        (STARS, "classes"),
        (RARE_CLASS, "classes"),
        (POISSON, "counts"),
        (np.arange(200) % 15 + RANDOM.poisson(1, 200), "counts"),
        (np.arange(210) % 14, "classes"),  # all as frequent as one another
        (RANDOM.integers(1000, 9000, 200), "numbers"),
        (RANDOM.integers(-9, 9, 200), "numbers"),
    ],
)
def test_whole_numbers_are_explained(values, task):
    model = fitted(values)
    assert model.target.task == task
    if values.max() < 1000:
        assert f"taken as {task}" in said(model)
        others = {"classes", "numbers", "counts"} - {task}
        others -= {"counts"} if values.min() < 0 else set()
        for other in others:
            assert f"task={other!r}" in said(model)
            assert fitted(values, task=other).target.task == other
        assert "taken as" not in said(fitted(values, task=task))


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (["a", "b"] * 100, "classes"),
        ([True, False] * 100, "classes"),
        ([0, 1] * 100, "classes"),
        (pd.Series(["a", "b"] * 100, dtype="category"), "classes"),
        (RANDOM.normal(size=200), "numbers"),
        ([0.5, 1.5] * 100, "numbers"),
    ],
)
def test_what_can_mean_one_thing_is_not_explained(values, task):
    model = fitted(values)
    assert (model.target.task, said(model)) == (task, "")


@pytest.mark.parametrize(
    ("loss", "task"),
    [("poisson", "counts"), ("huber", "numbers"), ("absolute_error", "numbers"),
     ("log_loss", "classes")],
)  # fmt: skip
def test_a_loss_says_what_the_target_is(loss, task):
    model = fitted(DIGITS, loss=loss)
    assert (model.target.task, model.networks[0].options["loss"]) == (task, loss)
    assert f"because loss={loss!r}" in said(model)


def test_rates_can_have_the_loss_of_counts():
    rates = np.exp(RANDOM.normal(size=200))
    model = fitted(rates, loss="poisson")
    assert (model.target.task, model.networks[0].options["loss"]) == ("numbers", "poisson")
    assert model.predict(pd.DataFrame({"x": [0.0], "z": [0.0]})).iloc[0] > 0


def test_counts_are_learnt_by_their_deviance():
    model = fit(rentals(), "rentals")
    assert model.target.task == "counts"
    assert model.networks[0].options["loss"] == "poisson"
    answers = model.predict(rentals())
    assert answers.min() > 0
    assert model.scores.held_out["mean_poisson_deviance"] < 1.3  # 1 is the noise's own
    assert model.scores.baseline["mean_poisson_deviance"] > 1.3
    assert fit(rentals(), "rentals", loss="squared_error", **QUICK).target.task == "numbers"
    own = fit(rentals(), "rentals", task="counts", loss="squared_error", **QUICK)
    assert own.networks[0].options["output_activation"] == "identity"


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        (["a", "b"] * 100, {"task": "numbers"}, "column 'y' must hold numbers"),
        (RANDOM.normal(size=200), {"task": "counts"}, "whole numbers from 0 for task='counts'"),
        (RANDOM.normal(size=200), {"loss": "poisson"}, "no negative numbers"),
        (RANDOM.normal(size=200), {"task": "classes"}, "classes with several rows each"),
        (DIGITS, {"task": "classes", "loss": "huber"}, "loss must be 'log_loss' for classes"),
        (DIGITS, {"task": "numbers", "loss": "log_loss"}, "loss='log_loss' is for classes"),
        ([0] * 199 + [1], {"task": "counts", "test_size": 0.99}, "a number above 0 in"),
        ([1] * 200, {}, "two different values to predict, got 1"),
        ([None] * 200, {}, "at least 10 rows with a target, got 0"),
        (pd.date_range("2020", periods=200), {}, "column 'y' holds dates"),
        (RANDOM.normal(size=200), {"class_weight": "balanced"}, "class_weight is for classes"),
    ],
)
def test_targets_that_cannot_be_predicted(values, options, message):
    with pytest.raises(TableError, match=message):
        fitted(values, **options)


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (["yes", "no "], str),
        (["true", "false"], str),
        ([True, False], bool),
        ([3, 7], int),
        ([2.0, 4.0], int),
        (["10", "9"], int),
    ],
)
def test_labels_keep_their_type_and_text(labels, kind):
    model = fitted(labels * 100)
    assert {type(label) for label in model.target.labels} == {kind}
    wanted = {label.strip() for label in labels} if kind is str else {kind(n) for n in labels}
    assert set(model.target.labels) == wanted
    answers = model.predict(pd.DataFrame({"x": [0.0], "z": [1.0]}))
    assert set(answers.tolist()) <= wanted
    assert list(model.predict_proba(pd.DataFrame({"x": [0], "z": [1]})).columns) == list(
        model.target.labels
    )


def test_labels_with_missing_ones_stay_whole_numbers():
    values = pd.Series([1.0, 2.0, np.nan] * 80)
    model = fitted(values)
    assert model.target.labels == (1, 2)
    assert "Left out 80 rows without a target." in model.notes


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(TableError, match="no column 'z'; the columns are 'x', 'y'"):
        fit(straight(), "z")
    with pytest.raises(TableError, match="no column left to learn from"):
        fit(flowers()[["kind"]], "kind")
