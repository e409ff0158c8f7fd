"""A model's file: what it keeps, that it is replaced whole, and all that `load` refuses."""

import io
import json

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

import fusedmlp
from fusedmlp.network_file.refused import RefusedFileError
from fusedmlp.tables import TableError, fit, load
from fusedmlp.tables.files import decoded
from tests.files.file_parts import joined, parts, with_checksum
from tests.tables.frames import flowers, rentals, straight

QUICK = {"epochs": 3, "networks": 2}


@pytest.fixture(name="model", scope="module")
def fixture_model():
    """A model of three classes, from numbers and a column of categories."""
    return fit(flowers(), "kind", **QUICK)


@pytest.fixture(name="data", scope="module")
def fixture_data(model, tmp_path_factory):
    """The bytes of its file."""
    path = tmp_path_factory.mktemp("saved") / "model.fmlp"
    model.save(path)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("frame", "target", "options"),
    [
        (flowers(), "kind", {}),
        (flowers().assign(kind=flowers()["wide"] > -1), "kind", {}),
        (flowers(), "long", {}),
        (rentals(), "rentals", {}),
        (straight(), "y", {"loss": "huber", "test_size": 0}),
        (straight(), "y", {"batch_norm": True, "dtype": "float64", "networks": 1}),
        (flowers(), "kind", {"hidden": (), "validation": None, "class_weight": "balanced"}),
    ],
)
def test_a_loaded_model_is_the_same(frame, target, options, tmp_path):
    model = fit(frame, target, **QUICK | options)
    model.save(tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert_array_equal(loaded.predict(frame), model.predict(frame), strict=True)
    if model.target.task == "classes":
        pd.testing.assert_frame_equal(loaded.predict_proba(frame), model.predict_proba(frame))
    for part in ("columns", "target", "scores", "notes"):
        assert getattr(loaded, part) == getattr(model, part)
    assert repr(loaded) == repr(model)
    loaded.save(tmp_path / "again")
    assert_array_equal(load(tmp_path / "again").predict(frame), model.predict(frame))


def test_the_file_is_open_and_holds_no_code(data):
    header, _ = parts(data)
    assert header["__metadata__"].keys() == {"fusedmlp_table", "model", "sha256"}
    said = json.loads(header["__metadata__"]["model"])
    assert [column["name"] for column in said["columns"]] == ["long", "wide", "field"]
    assert said["target"]["labels"] == ["aster", "iris", "rose"]
    assert not any("continuation" in name for name in header)


def test_it_is_replaced_whole(model, tmp_path):
    path = tmp_path / "model"
    model.save(path)
    path.chmod(0o640)
    fit(straight(), "y", **QUICK).save(path)
    assert load(path).target.name == "y"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [kept.name for kept in tmp_path.iterdir()] == ["model"]
    with pytest.raises(FileNotFoundError):
        model.save(tmp_path / "missing" / "model")


def test_each_function_names_the_other_for_its_file(model, tmp_path):
    model.save(tmp_path / "model")
    with pytest.raises(ValueError, match=r"model of a table, which fusedmlp\.tables\.load opens"):
        fusedmlp.load(tmp_path / "model")
    model.networks[0].save(tmp_path / "network")
    with pytest.raises(TableError, match=r"a network alone, which fusedmlp\.load opens"):
        load(tmp_path / "network")


def test_no_byte_can_be_changed(data):
    for place in range(0, len(data), 7):
        wrong = bytearray(data)
        wrong[place] ^= 1 << place % 8
        with pytest.raises(RefusedFileError):
            decoded(io.BytesIO(wrong), len(wrong))
        with pytest.raises(RefusedFileError):
            decoded(io.BytesIO(data[:place]), place)


def test_what_is_no_file_of_a_model(tmp_path):
    for name, content in {"text": b"x,y\n1,2\n", "empty": b"", "pickle": b"\x80\x04N."}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(TableError, match="path must be a safetensors file"):
            load(tmp_path / name)
    with pytest.raises(TableError, match="it is a folder"):
        load(tmp_path)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "missing")


def changed(data, change):
    """A file with a right checksum after a change of what its model says."""
    header, tensors = parts(data)
    model = json.loads(header["__metadata__"]["model"])
    change(model)
    header["__metadata__"]["model"] = json.dumps(model)
    return with_checksum(joined(json.dumps(header, separators=(",", ":")).encode(), tensors))


CHANGES = {
    "its model must have": lambda m: m.pop("notes"),
    "its networks must be 1..1000": lambda m: m.update(networks=[]),
    "its columns must be a list": lambda m: m.update(columns=[]),
    "a column must|a column|columns must be": lambda m: m["columns"].append(3),
    "one of the kinds": lambda m: m["columns"][0].update(kind="code"),
    "column": lambda m: m["columns"][0].update(scale=0.0),
    "names must differ": lambda m: m["columns"][0].update(name="kind"),
    "must have 3 inputs|must have 4 inputs|must have 2 inputs": lambda m: m["columns"].pop(),
    "its target must be classes": lambda m: m["target"].update(task="code"),
    "its labels must be a list": lambda m: m["target"].update(labels=["aster"]),
    "its labels must differ": lambda m: m["target"].update(labels=["a", "a", "b"]),
    "its labels must be texts": lambda m: m["target"].update(labels=["a", 1, "b"]),
    "its shares must be": lambda m: m["target"].update(shares=[0.5, 0.5]),
    "the sum 1": lambda m: m["target"].update(shares=[0.5, 0.5, 0.5]),
    "training scores must be measures": lambda m: m["scores"]["training"].update(r2=1.0),
    "scores must be finite": lambda m: m["scores"]["baseline"].update(accuracy="1"),
    "rows held out": lambda m: m["scores"].update(held_out=None),
    "confusion must be": lambda m: m["scores"].update(confusion=[[1, 2]]),
    "its notes must be": lambda m: m.update(notes=[1]),
    "no progress": lambda m: m["networks"][0].update(progress=PROGRESS),
    "must have output_activation='softmax'|log_loss": lambda m: m["networks"][0]["options"].update(
        output_activation="sigmoid"
    ),
    "its tensors must be those": lambda m: m["networks"].pop(),
}
PROGRESS = {
    "seed": 1, "rows": 9, "position": 27, "steps": 1, "steps_before": 0, "without_progress": 0,
    "error": None, "loss": None, "best_loss": None, "loss_to_beat": None, "best_epoch": -1,
    "learning_rate_factor": 1.0,
}  # fmt: skip


@pytest.mark.parametrize(("message", "change"), CHANGES.items(), ids=list(CHANGES))
def test_what_a_model_cannot_be_is_refused(data, message, change, tmp_path):
    (tmp_path / "model").write_bytes(changed(data, change))
    with pytest.raises(TableError, match=message) as caught:
        load(tmp_path / "model")
    assert len(str(caught.value)) < 1000


def test_an_unchanged_model_is_loaded(data, tmp_path):
    (tmp_path / "model").write_bytes(changed(data, lambda _: None))
    assert load(tmp_path / "model").target.name == "kind"


def test_a_network_that_is_not_finite_is_not_saved(tmp_path):
    model = fit(straight(), "y", **QUICK)
    model.networks[0].weights[0][0, 0] = np.inf
    with pytest.raises(TableError, match=r"cannot be saved: its weights\.0 must be finite"):
        model.save(tmp_path / "model")
    assert not list(tmp_path.iterdir())
