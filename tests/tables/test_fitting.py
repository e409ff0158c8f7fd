"""Fitting: options, seeds, weights, networks; and the predictions of what was fitted."""

import numpy as np
import pandas as pd
import pytest

import fusedmlp
from fusedmlp.tables import DEFAULTS, Choices, TableError, fit
from tests.tables.frames import flowers, rentals, straight

QUICK = {"epochs": 3, "networks": 2}


def test_a_line_is_learnt_to_the_end():
    model = fit(straight(), "y")
    assert model.scores.held_out["r2"] > 0.99
    assert model.scores.baseline["r2"] < 0.1
    answer = model.predict(pd.DataFrame({"x": [2.0]}, index=["row"]))
    assert answer.name == "y"
    assert list(answer.index) == ["row"]
    assert answer["row"] == pytest.approx(7, abs=0.5)


def test_classes_are_learnt_with_their_probabilities():
    model = fit(flowers(), "kind")
    assert model.scores.held_out["accuracy"] > 0.9
    likely = model.predict_proba(flowers())
    assert list(likely.columns) == ["aster", "iris", "rose"]
    assert likely.sum(axis=1).to_numpy() == pytest.approx(1)
    assert (likely.idxmax(axis=1) == model.predict(flowers())).all()


def test_early_stopping_by_rows_that_differ_from_network_to_network():
    model = fit(rentals(), "rentals")
    assert len(model.networks) == 5
    for network in model.networks:
        assert network.epochs < DEFAULTS["epochs"]
        assert "validation_loss" in network.stopped
        assert "validation_loss" in network.history
    assert len({network.options["random_state"] for network in model.networks}) == 5


def test_the_answer_is_the_mean_of_the_networks():
    model = fit(straight(), "y", networks=3, epochs=2)
    alone = [
        fusedmlp.tables.TableModel((n,), model.columns, model.target, model.scores, ())
        for n in model.networks
    ]
    mean = np.mean([one.predict(straight()) for one in alone], axis=0)
    assert model.predict(straight()).to_numpy() == pytest.approx(mean)


def test_a_seed_gives_the_same_bits():
    first, again = (fit(flowers(), "kind", **QUICK).predict_proba(flowers()) for _ in range(2))
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    other = fit(flowers(), "kind", random_state=1, **QUICK).predict_proba(flowers())
    assert not np.array_equal(first, other)
    drawn = [fit(straight(), "y", random_state=random, **QUICK).networks[0].options["random_state"]
             for random in [np.random.default_rng(3)] * 2]  # fmt: skip
    assert drawn[0] != drawn[1]


def test_options_are_those_of_train_with_other_defaults():
    model = fit(straight(), "y", hidden=(7,), activation="tanh", l2=0.1, **QUICK)
    options = model.networks[0].options
    assert (options["hidden"], options["activation"], options["l2"]) == ((7,), "tanh", 0.1)
    for name, value in DEFAULTS.items():
        if name not in ("activation", "epochs"):
            assert options[name] == value
    for optimizer in ("adam", "sgd", "lbfgs", "rprop", "rmsprop"):
        model = fit(straight(), "y", optimizer=optimizer, epochs=20, networks=1)
        assert np.isfinite(model.predict(straight())).all()
    whole = fit(straight(), "y", patience=None, **QUICK)
    assert "validation_loss" not in whole.networks[0].history
    assert fit(straight(), "y", validation=None, **QUICK).networks[0].options["patience"] is None


def test_many_rows_have_one_network():
    rows = 67_000
    x = np.random.default_rng(0).normal(size=rows)
    model = fit(pd.DataFrame({"x": x, "y": 2 * x}), "y", epochs=1)
    assert len(model.networks) == 1
    assert model.networks[0].options["batch_size"] == 256


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"nosuch": 1}, TypeError, "unknown option 'nosuch'"),
        ({"epochs": 0}, ValueError, "epochs must be at least 1"),
        ({"hidden": "a"}, TypeError, "hidden"),
        ({"networks": 0}, ValueError, "networks must be at least 1"),
        ({"networks": 1001}, ValueError, "networks must be at most 1000, got 1001"),  # as in files
        ({"numbers": 5}, TypeError, "numbers must be texts, got 5"),
        ({"missing": [1]}, TypeError, "missing must be texts, got 1 among them"),
        ({"choices": {"drop": "x"}}, TypeError, "choices must be a fusedmlp.tables.Choices, got"),
        ({"choices": Choices(), "decimal": ","}, ValueError, "decimal cannot be given beside"),
        ({"task": "number"}, ValueError, "task must be one of"),
        ({"test_size": 1}, ValueError, "test_size must be"),
        ({"loss": "hinge"}, ValueError, "loss must be one of"),
        ({"validation": 1.5}, ValueError, "validation must be"),
        ({"validation": ([[1]], [1])}, TypeError, "validation must be"),
        ({"output_activation": "exp"}, ValueError, "output_activation cannot be given"),
        ({"sample_weight": [1]}, ValueError, "sample_weight cannot be given"),
        ({"random_state": "a"}, TypeError, "random_state"),
        ({"momentum": 0.5}, ValueError, "momentum"),
        ({"drop": "nosuch"}, TableError, "drop='nosuch'"),
        ({"drop": "y"}, TableError, "target"),
        ({"drop": "x"}, TableError, "no column left"),
        ({"learning_rate": 1e30, "optimizer": "sgd", "momentum": 0.0}, TableError, "diverged"),
    ],
)
def test_wrong_arguments_are_named(options, error, message):
    with pytest.raises(error, match=message):
        fit(straight(), "y", **options)


@pytest.mark.parametrize("weight", ["even", {"tulip": 2}, {"iris": 0}, {"iris": "2"}, 3])
def test_wrong_class_weights_are_named(weight):
    with pytest.raises(TableError, match="class_weight"):
        fit(flowers(), "kind", class_weight=weight)


@pytest.mark.parametrize("rows", [0, 1, 2, 9])
def test_too_few_rows_are_refused(rows):
    with pytest.raises(
        TableError, match=f"at least 10 rows with a target, got {rows} with a value in column 'y'"
    ):
        fit(straight().head(rows), "y")


@pytest.mark.parametrize("rows", [10, 11, 13, 20])
def test_few_rows_are_enough(rows):
    fit(straight(rows), "y", epochs=5)
    fit(flowers(rows), "kind", epochs=5)


def test_a_class_of_one_row_is_noted():
    frame = flowers().assign(kind=["tulip", *flowers()["kind"][1:]])
    model = fit(frame, "kind", **QUICK)
    assert any("too few rows to hold out" in note for note in model.notes)
    assert len(model.target.labels) == 4


def test_rows_without_a_target_are_left_out():
    frame = straight()
    frame.loc[:9, "y"] = np.nan
    model = fit(frame, "y", **QUICK)
    assert "Left out 10 rows without a target." in model.notes
    assert model.scores.training_rows + model.scores.held_out_rows == 70


def test_the_callers_frame_stays_as_it_was():
    frame = flowers()
    model = fit(frame, "kind", **QUICK)
    model.predict(frame)
    pd.testing.assert_frame_equal(frame, flowers())


def test_new_tables_may_have_other_orders_gaps_and_categories():
    model = fit(flowers(), "kind", **QUICK)
    new = flowers()[["field", "wide", "long"]].assign(other=1)
    assert (model.predict(new) == model.predict(flowers())).all()
    new.loc[0, "long"], new.loc[1, "field"] = np.nan, "west"
    notes = []
    assert model.predict(new, notes=notes).notna().all()
    assert any("west" in note for note in notes)
    with pytest.raises(TableError, match="wide"):
        model.predict(new.drop(columns="wide"))
    assert len(model.predict(new.head(0))) == 0
    assert model.predict_proba(new.head(0)).shape == (0, 3)


def test_numbers_have_no_probabilities():
    with pytest.raises(TableError, match="probabilities are of classes"):
        fit(straight(), "y", **QUICK).predict_proba(straight())


def test_choices_in_one():
    frame = straight().assign(z=straight()["x"] ** 2)
    model = fit(frame, "y", choices=Choices(drop=("z",)), **QUICK)
    assert [column.name for column in model.columns] == ["x"]
    with pytest.raises(TypeError, match="frame must be a pandas DataFrame"):
        fit([[1, 2]], "y")


def test_progress_shows_each_network(capsys):
    fit(straight(), "y", progress=True, **QUICK)
    shown = capsys.readouterr().out
    assert "network 2 of 2" in shown
    assert "epoch 3" in shown


def test_a_callback_sees_each_epoch_and_can_stop():
    seen = []
    fit(straight(), "y", callback=lambda record: seen.append(record.epoch), **QUICK)
    assert seen == [0, 1, 2] * 2
    model = fit(straight(), "y", callback=lambda _: True, progress=True, **QUICK)
    assert [network.epochs for network in model.networks] == [1, 1]


def test_a_notebook_shows_scores_and_notes():
    frame = flowers().assign(kind=flowers()["kind"].replace("rose", "<b>").replace("iris", "aster"))
    shown = fit(frame, "kind", **QUICK)._repr_html_()
    assert "<th>F1 of &#x27;&lt;b&gt;&#x27;</th>" in shown
    assert "<b>" not in shown
    counted = fit(rentals(), "rentals", **QUICK)._repr_html_()
    assert "<th>always the mean</th>" in counted
    assert "taken as counts" in counted


def test_what_it_shows():
    model = fit(flowers(), "kind", **QUICK)
    start = "<TableModel of 'kind': 3 classes from 3 columns, 2 4-64-32-3 networks, accuracy "
    assert repr(model).startswith(start)
    assert repr(model).endswith("% held out>")


def test_rows_far_from_all_others_have_an_answer():
    far = pd.DataFrame({"x": [1e90, -1e90], "warmth": [1e90, -1e90], "long": 1e90, "wide": -1e90})
    for frame, target in ((straight(), "y"), (rentals(), "rentals"), (flowers(), "kind")):
        model = fit(frame, target, **QUICK)
        answers = model.predict(far.assign(field="north"))
        assert answers.notna().all()
        if target != "kind":
            assert np.isfinite(answers).all()


@pytest.mark.parametrize("epoch", [0, 3])
def test_ctrl_c_leaves_a_model_of_what_was_learnt(epoch):
    frame = pd.DataFrame({"x": range(-50, 50), "y": range(0, 300, 3)})
    seen = []

    def interrupt(record):
        seen.append(record.epoch)
        if seen.count(epoch) == 2:  # in the second network
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        fusedmlp.tables.fit(frame, "y", epochs=5, callback=interrupt, patience=None)
    model = caught.value.model
    assert [network.epochs for network in model.networks] == [5, epoch + 1]
    assert model.networks[1].stopped.startswith("interrupted")
    assert len(model.predict(frame)) == 100


def test_ctrl_c_before_anything_was_learnt_leaves_nothing(monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("fusedmlp.tables.training.train", interrupt)
    frame = pd.DataFrame({"x": range(-50, 50), "y": range(0, 300, 3)})
    with pytest.raises(KeyboardInterrupt) as caught:
        fusedmlp.tables.fit(frame, "y", epochs=5)
    assert caught.value.model is None
