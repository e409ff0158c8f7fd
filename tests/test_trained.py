"""A trained network as an object: what of it can be changed, copied and pickled."""

import copy
import dataclasses
import io
import pickle
from operator import delitem, setitem

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal

import fusedmlp
from fusedmlp.options.kept import NOT_KEPT
from tests.cases import EVERYTHING, Case

CASE = Case("", (3, 5, 2), 20, {**EVERYTHING, "batch_norm": True})


def joblib_copy(run):
    file = io.BytesIO()
    joblib.dump(run, file)
    file.seek(0)
    return joblib.load(file)


COPIES = {
    "pickle": lambda run: pickle.loads(pickle.dumps(run)),
    "oldest pickle": lambda run: pickle.loads(pickle.dumps(run, protocol=2)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "joblib": joblib_copy,
}


def trained(**options):
    return fusedmlp.train(*CASE.data(), **CASE.arguments(**options))


EDITS = {
    "item": lambda options: setitem(options, "activation", ["relu"] * 1000),
    "deleted item": lambda options: delitem(options, "epochs"),
    "attribute": lambda options: setattr(options, "_values", {}),
    "deleted attribute": lambda options: delattr(options, "_values"),
    "value": lambda options: setitem(options["hidden"], 0, 1000),
    "other value": lambda options: setitem(options["activation"], 0, "gelu"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_options_cannot_be_edited(edit):
    run = trained(activation=["tanh"])
    before, outputs = dict(run.options), run.predict(CASE.data()[0])
    with pytest.raises(TypeError):
        edit(run.options)
    assert run.options == before
    assert_array_equal(run.predict(CASE.data()[0]), outputs)


def test_options_are_a_mapping():
    run = trained()
    options = run.options
    assert {**options} == dict(options) == options
    assert options | {"epochs": 1} == {**options, "epochs": 1}
    assert options["hidden"] == (5,)
    assert len(options) == len(list(options))
    assert repr(options) == repr(dict(options))
    assert pickle.loads(pickle.dumps(options)) == copy.deepcopy(options) == options
    again = fusedmlp.train(*CASE.data(), **options)
    assert_array_equal(again.weights[0], run.weights[0])


def test_every_kept_value_is_one_that_cannot_be_edited():
    X, y = CASE.data()
    given = {
        "sample_weight": np.ones(20), "validation": np.float32(0.25),
        "warm_start": trained(), "activation": ["relu"], "dtype": np.dtype("float64"),
        "random_state": np.int64(3), "epochs": np.int32(2), "learning_rate": np.float64(0.1),
        "bias": np.bool_(True), "hidden": np.array([5]), "callback": lambda _: False,
    }  # fmt: skip
    values = fusedmlp.train(X, y, **{**CASE.arguments(), **given}).options.values()
    kinds = {type(part) for v in values for part in (v if type(v) is tuple else (v,))}
    assert kinds <= {str, int, float, bool, type(None)}


def test_options_of_a_replaced_network_must_fit_its_layers():
    run = trained()
    for wrong in ({"activation": ("relu",) * 1000}, {"bias": False}, {"dtype": "float32"}):
        other = dataclasses.replace(run, options={**run.options, **wrong})
        with pytest.raises(ValueError, match=r"must have \d+ float.* parameters|scales"):
            other.predict(CASE.data()[0])


@pytest.mark.parametrize("made", COPIES.values(), ids=COPIES)
def test_a_copy_is_a_whole_network(made):
    run = trained(track_directions=True)
    X, _ = CASE.data()
    outputs = run.predict(X)
    again = made(run)
    assert_array_equal(again.predict(X), outputs)
    assert again.options == run.options
    assert repr(again) == repr(run)
    assert_array_equal(again.history["loss"], run.history["loss"])
    assert_array_equal(again.direction_changes[0], run.direction_changes[0])
    with pytest.raises(TypeError):
        again.options["epochs"] = 1
    assert again._params.ctypes.data % 64 == 0
    again.weights[0][:] = 0  # the weights may be edited, and predictions use them
    assert not np.array_equal(again.predict(X), outputs)
    assert np.array_equal(run.predict(X), outputs) == (made is not copy.copy)


def test_a_network_of_a_file_that_joblib_maps_can_be_edited(tmp_path):
    run = trained()
    joblib.dump(run, tmp_path / "run")
    again = joblib.load(tmp_path / "run", mmap_mode="r")
    assert_array_equal(again.predict(CASE.data()[0]), run.predict(CASE.data()[0]))
    again.weights[0][:] = 1
    assert again._params.ctypes.data % 64 == 0


def test_a_pickle_with_a_dict_of_options_opens():
    run = trained()
    old = run.__getstate__() | {"options": dict(run.options), "_plans": {}}
    again = object.__new__(fusedmlp.Trained)
    again.__setstate__(old)
    with pytest.raises(TypeError):
        again.options["epochs"] = 1
    assert_array_equal(again.predict(CASE.data()[0]), run.predict(CASE.data()[0]))


def given_data():
    """Options that are data, functions and networks."""
    X, y = Case("", (40, 10, 1), 2000).data()
    options = {
        "sample_weight": np.ones(2000),
        "validation": (X, y),
        "callback": lambda _: False,
        "warm_start": fusedmlp.train(X, y, 10, epochs=1),
        "random_state": np.random.RandomState(1),
    }
    return X, y, options


def test_data_and_functions_are_used_and_not_kept():
    X, y, options = given_data()
    seen = []
    run = fusedmlp.train(X, y, 10, epochs=3, **options | {"callback": lambda r: seen.append(r)})
    assert len(seen) == len(run.history["validation_loss"]) == 3
    assert {name: run.options[name] for name in options} == dict.fromkeys(options, NOT_KEPT)
    init = [np.ones((40, 1))]
    assert fusedmlp.train(X, y, (), epochs=1, init=init).options["init"] == NOT_KEPT
    pickled = pickle.dumps(run)
    assert len(pickled) < 20_000
    assert pickle.loads(pickled).options == run.options


def test_scalars_are_kept():
    X, y = CASE.data()
    options = {"validation": 0.25, "random_state": 7, "init": "he"}
    run = fusedmlp.train(X, y, epochs=2, **options)
    assert {name: run.options[name] for name in options} == options
    none = fusedmlp.train(X, y, epochs=2).options
    for name in ("sample_weight", "validation", "callback", "warm_start", "random_state"):
        assert none[name] is None


@pytest.mark.parametrize(
    "name", ["sample_weight", "validation", "callback", "warm_start", "random_state", "init"]
)
def test_what_was_not_kept_must_be_given_again(name):
    X, y, options = given_data()
    options = {name: {**options, "init": [np.ones((40, 1))]}[name]}
    hidden = () if name == "init" else 10
    run = fusedmlp.train(X, y, hidden, epochs=1, **options)
    with pytest.raises(TypeError, match=f"{name} must be given again, got 'given, not kept'"):
        fusedmlp.train(X, y, **run.options)
    assert fusedmlp.train(X, y, **run.options | options).epochs == 1
