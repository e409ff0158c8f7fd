"""The scores: scikit-learn's, on rows held out, of the baseline and on training rows."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from fusedmlp.tables import MEASURES, fit
from fusedmlp.tables.scores import measured, scores_of
from fusedmlp.tables.target import Classes, Numbers
from tests.tables.frames import flowers, fraud, straight

RANDOM = np.random.default_rng(0)
TWO = Classes("y", ("no", "yes"), (0.9, 0.1))
THREE = Classes("y", ("a", "b", "c"), (0.5, 0.3, 0.2))


def test_measures_of_two_classes():
    truth, likely = RANDOM.integers(0, 2, 100), RANDOM.random(100)
    scores = measured(TWO, truth, np.column_stack([1 - likely, likely]))
    chosen = likely > 0.5
    assert scores == {
        "accuracy": metrics.accuracy_score(truth, chosen),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, chosen),
        "f1": metrics.f1_score(truth, chosen),
        "log_loss": pytest.approx(metrics.log_loss(truth, likely)),
        "roc_auc": metrics.roc_auc_score(truth, likely),
    }


def test_f1_is_that_of_the_rarer_class():
    truth, likely = RANDOM.integers(0, 2, 100), RANDOM.random(100)
    rarer = Classes("y", ("no", "yes"), (0.2, 0.8))
    scores = measured(rarer, truth, np.column_stack([1 - likely, likely]))
    assert scores["f1"] == metrics.f1_score(truth, likely > 0.5, pos_label=0)


def test_measures_of_more_classes():
    truth, likely = RANDOM.integers(0, 3, 100), RANDOM.dirichlet([1, 1, 1], 100)
    scores, chosen = measured(THREE, truth, likely), likely.argmax(axis=1)
    assert scores["f1"] == metrics.f1_score(truth, chosen, average="macro")
    assert scores["roc_auc"] == metrics.roc_auc_score(truth, likely, multi_class="ovr")
    assert scores["log_loss"] == metrics.log_loss(truth, likely)


def test_a_class_without_rows_has_no_roc_auc_and_is_no_error():
    likely = RANDOM.dirichlet([1, 1, 1], 50)
    for truth in (np.zeros(50, int), RANDOM.integers(0, 2, 50)):
        scores = measured(THREE, truth, likely)
        assert scores.keys() == {"accuracy", "balanced_accuracy", "f1", "log_loss"}
        assert all(np.isfinite(list(scores.values())))


def test_measures_of_numbers_and_counts():
    truth, answers = RANDOM.poisson(3, 50).astype(float), RANDOM.random(50) + 0.1
    of_numbers = measured(Numbers("y", 3, 1), truth, answers)
    assert of_numbers == {
        "r2": metrics.r2_score(truth, answers),
        "mean_absolute_error": metrics.mean_absolute_error(truth, answers),
        "root_mean_squared_error": metrics.root_mean_squared_error(truth, answers),
    }
    counts = Numbers("y", 3, 1, "poisson", "counts")
    deviance = measured(counts, truth, answers)["mean_poisson_deviance"]
    assert deviance == metrics.mean_poisson_deviance(truth, answers)
    assert "mean_poisson_deviance" not in measured(counts, truth, answers - 1)


def test_one_percent_of_fraud_is_seen_beside_the_baseline():
    model = fit(fraud(), "fraud")
    held_out, baseline = model.scores.held_out, model.scores.baseline
    assert baseline["accuracy"] > 0.97
    assert (baseline["balanced_accuracy"], baseline["roc_auc"], baseline["f1"]) == (0.5, 0.5, 0)
    assert held_out["roc_auc"] > 0.85
    assert model.target.labels[model.target.positive] == "fraud"
    balanced = fit(fraud(), "fraud", class_weight="balanced")
    assert balanced.scores.held_out["balanced_accuracy"] > held_out["balanced_accuracy"] + 0.1
    by_hand = fit(fraud(), "fraud", class_weight={"fraud": 50})
    assert by_hand.predict(fraud()).eq("fraud").sum() > model.predict(fraud()).eq("fraud").sum()


def test_the_confusion_matrix_is_of_the_rows_held_out():
    model = fit(flowers(), "kind", epochs=20)
    frame = model.scores.confusion_frame(model.target.labels)
    assert frame.to_numpy().sum() == model.scores.held_out_rows == 23
    assert list(frame.index) == list(frame.columns) == ["aster", "iris", "rose"]
    right = np.trace(frame.to_numpy()) / 23
    assert right == pytest.approx(model.scores.held_out["accuracy"])
    many = Classes("y", tuple(range(11)), (1 / 11,) * 11)
    both = np.arange(22) % 11, np.eye(11)[np.arange(22) % 11]
    assert scores_of(many, both, None).confusion is None


def test_the_scores_are_those_of_the_predictions():
    frame = straight()
    model = fit(frame, "y", test_size=0, epochs=5)
    assert (model.scores.held_out, model.scores.held_out_rows) == (None, 0)
    error = metrics.mean_absolute_error(frame["y"], model.predict(frame))
    assert model.scores.training["mean_absolute_error"] == pytest.approx(error)
    spread = metrics.mean_absolute_error(frame["y"], np.full(80, frame["y"].mean()))
    assert model.scores.baseline["mean_absolute_error"] == pytest.approx(spread)


def test_a_model_that_learnt_nothing_says_so():
    frame = pd.DataFrame({"x": RANDOM.normal(size=200), "y": RANDOM.normal(size=200)})
    model = fit(frame, "y")
    assert any("no better than" in note for note in model.notes)
    assert not any("no better than" in note for note in fit(straight(), "y").notes)


def test_the_table_of_scores_has_a_line_for_each_measure():
    frame = fit(flowers(), "kind", epochs=3).scores.frame()
    titles = ["accuracy", "balanced accuracy", "F1", "log loss", "ROC AUC"]
    assert list(frame.index) == titles == [MEASURES[name].title for name in list(MEASURES)[:5]]
    assert list(frame.columns) == ["held out", "baseline", "training"]
