"""Checkpoints: a call goes on from the batches that an earlier one has finished."""

import json
import threading

import numpy as np
import pytest

import fusedmlp
from fusedmlp.many import jobs
from fusedmlp.many.manifest import Manifest
from tests.many.data import X, Y, arguments, assert_same_bits

GIVEN = {"grid": {"learning_rate": [0.1, 1.0], "dropout": [0.0, 0.1]}, "starts": 40, "patience": 9}


def sweep(folder=None, X=X, Y=Y, **options):
    return fusedmlp.train_many(X, Y, checkpoint=folder, **arguments(**{**GIVEN, **options}))


def batches(folder):
    return sorted(folder.glob("*.safetensors"))


@pytest.fixture
def trained(monkeypatch):
    """The places of the batches that are trained."""
    train, places = jobs._train_place, []

    def count(*given):
        places.append(given[-2])
        return train(*given)

    monkeypatch.setattr(jobs, "_train_place", count)
    return places


def test_a_second_call_trains_what_is_missing(tmp_path, trained):
    folder = tmp_path / "new" / "sweep"
    runs = sweep(folder)
    count = len(trained)
    assert len(batches(folder)) == count > 4
    assert_same_bits(runs, sweep())
    trained.clear()
    assert_same_bits(sweep(folder), runs)
    assert not trained
    for file in batches(folder)[::2]:
        file.unlink()
    assert_same_bits(sweep(folder, threads=2, progress=False), runs)
    assert len(trained) == (count + 1) // 2


def test_an_error_keeps_the_batches_before_it(tmp_path, monkeypatch):
    train, called = jobs.train_batch, []

    def fail_in_the_fourth(*given):
        called.append(1)
        if len(called) == 4:
            raise MemoryError
        return train(*given)

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "train_batch", fail_in_the_fourth)
        with pytest.raises(MemoryError):
            sweep(tmp_path, threads=1)
    assert len(batches(tmp_path)) == 3
    assert_same_bits(sweep(tmp_path), sweep())


@pytest.mark.parametrize("place", [0, 200, -1])
def test_a_damaged_batch_is_trained_again(tmp_path, place, trained):
    runs = sweep(tmp_path)
    first, second, third, *_ = batches(tmp_path)
    content = bytearray(first.read_bytes())
    content[place] ^= 1
    first.write_bytes(content)
    second.write_bytes(second.read_bytes()[:-9])
    third.write_bytes(b"")
    trained.clear()
    assert_same_bits(sweep(tmp_path), runs)
    assert len(trained) == 3


def test_a_batch_at_another_place_or_of_another_sweep_is_trained_again(tmp_path, trained):
    runs, _ = sweep(tmp_path / "a"), sweep(tmp_path / "b", random_state=2)
    first, second, *_ = batches(tmp_path / "a")
    first.write_bytes(second.read_bytes())
    other = batches(tmp_path / "b")[1]
    assert other.name == second.name
    second.write_bytes(other.read_bytes())
    trained.clear()
    assert_same_bits(sweep(tmp_path / "a"), runs)
    assert len(trained) == 2


CHANGED = {
    "X": {"X": X + 1},
    "y": {"Y": Y / 2},
    "learning_rate": {"grid": {**GIVEN["grid"], "learning_rate": [0.1, 1.1]}},
    "random_state": {"random_state": 2},
    "starts": {"starts": 41},
    "folds": {"folds": 3, "starts": 40},
    "bootstrap": {"bootstrap": True},
    "validation": {"validation": 0.2},
    "hidden": {"hidden": 6},
    "epochs": {"epochs": 99},
    "patience": {"patience": 8},
    "backend": {"backend": "reference"},
    "dtype": {"dtype": "float32"},
}


@pytest.mark.parametrize("name", CHANGED)
def test_a_changed_argument_is_refused_by_its_name(name, tmp_path_factory):
    folder = tmp_path_factory.getbasetemp() / "unchanged"  # one sweep for all of these
    if not folder.exists():
        sweep(folder)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    with pytest.raises(ValueError, match=rf"checkpoint must be .* another [^:]*\b{name}\b"):
        sweep(folder, **CHANGED[name])
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_validation_data_and_first_weights_that_are_changed_are_refused(tmp_path):
    init = [np.ones((3, 5)), np.ones((5, 2))]
    given = {"validation": (X[:5], Y[:5]), "init": init, "bias": False, "starts": None}
    sweep(tmp_path, **given)
    sweep(tmp_path, **given)
    with pytest.raises(ValueError, match="has another validation:"):
        sweep(tmp_path, **{**given, "validation": (X[:5], Y[:5] / 2)})
    with pytest.raises(ValueError, match="has another init:"):
        sweep(tmp_path, **{**given, "init": [init[0] / 2, init[1]]})


def test_without_a_random_state_a_second_call_goes_on_with_the_same_seeds(tmp_path, trained):
    runs = sweep(tmp_path, random_state=None, folds=3)
    batches(tmp_path)[1].unlink()
    trained.clear()
    assert_same_bits(sweep(tmp_path, random_state=None, folds=3), runs)
    assert len(trained) == 1
    with pytest.raises(ValueError, match="has another folds, random_state:"):
        sweep(tmp_path, random_state=1, folds=3)  # the first seed shuffles the folds
    sweep(tmp_path / "one", random_state=1)
    with pytest.raises(ValueError, match="has another random_state:"):
        sweep(tmp_path / "one", random_state=None)


def test_two_calls_at_once_without_a_random_state_train_one_sweep(tmp_path, monkeypatch):
    """The other one makes the folder after this one has drawn its seed."""
    read, others = Manifest._read, []

    def read_before_the_other_call(manifest):
        kept = read(manifest)
        if not others:
            others.append(None)
            others[0] = sweep(tmp_path, random_state=None, folds=3)
        return kept

    monkeypatch.setattr(Manifest, "_read", read_before_the_other_call)
    assert_same_bits(sweep(tmp_path, random_state=None, folds=3), others[0])


def test_data_sets_of_the_same_rows_are_another_sweep(tmp_path):
    one_each = {"starts": None, "checkpoint": tmp_path, **arguments(epochs=2)}
    fusedmlp.train_many(X[:20].reshape(4, 5, 3), Y[:20].reshape(4, 5, 2), **one_each)
    for data_sets, starts in ((1, 4), (2, 2)):
        shape = (data_sets, 20 // data_sets, -1) if data_sets > 1 else (20, -1)
        given = {**one_each, "starts": starts if data_sets == 1 else None}
        with pytest.raises(ValueError, match=r"has another .*data sets"):
            fusedmlp.train_many(X[:20].reshape(shape), Y[:20].reshape(shape), **given)


def test_a_call_that_is_refused_leaves_no_folder(tmp_path):
    given = {"bias": False, "starts": None, "checkpoint": tmp_path / "new", **arguments()}
    with pytest.raises(ValueError, match="init"):
        fusedmlp.train_many(X, Y, **given | {"init": [np.ones((3, 4)), np.ones((4, 2))]})
    assert not (tmp_path / "new").exists()


def test_a_sweep_that_another_version_divided_otherwise_is_refused(tmp_path):
    sweep(tmp_path)
    file = tmp_path / "sweep.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "batches": "[([0], 16)]"}))
    with pytest.raises(ValueError, match="has another version of fusedmlp: give another folder"):
        sweep(tmp_path)


def test_other_seeds_in_the_grid_are_refused(tmp_path):
    options = {k: v for k, v in arguments().items() if k != "random_state"}
    for seeds, refused in (([1, 2], False), ([1, 2], False), ([1, 3], True)):
        given = {"grid": {"random_state": seeds}, "checkpoint": tmp_path, **options}
        if refused:
            with pytest.raises(ValueError, match="has another random_state:"):
                fusedmlp.train_many(X, Y, **given)
        else:
            fusedmlp.train_many(X, Y, **given)


@pytest.mark.parametrize("name", ["notes.txt", "sweep.json", "model.safetensors"])
@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": "1"}', "\0"])
def test_a_folder_with_something_else_is_refused_and_untouched(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(ValueError, match=r"checkpoint must .*(holds|says nothing)"):
        sweep(tmp_path)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [(name, content)]


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    file = tmp_path / "file"
    file.write_text("mine")
    with pytest.raises(ValueError, match="checkpoint must be a folder, got the file"):
        sweep(file)
    assert file.read_text() == "mine"


def test_a_folder_in_place_of_a_batch_is_named(tmp_path):
    sweep(tmp_path)
    file = batches(tmp_path)[0]
    file.unlink()
    file.mkdir()
    with pytest.raises(ValueError, match=f"checkpoint must have files alone, .*{file.name}"):
        sweep(tmp_path)


def test_progress_of_a_sweep_that_is_whole(tmp_path, capsys):
    sweep(tmp_path)
    sweep(tmp_path, progress=True)
    networks = len(GIVEN["grid"]["learning_rate"]) ** 2 * GIVEN["starts"]
    said = capsys.readouterr().out
    assert f"network {networks} of {networks}  all are in the checkpoint" in said


def test_bad_arguments_make_no_folder(tmp_path):
    with pytest.raises(ValueError, match="starts must"):
        sweep(tmp_path / "new", starts=0)
    assert not (tmp_path / "new").exists()


def test_what_a_killed_call_leaves_is_no_obstacle(tmp_path):
    (tmp_path / "sweep.json-0123456789abcdef.tmp").write_text("{")
    (tmp_path / ".fusedmlp-0123456789abcdef-0123456789abcdef.tmp").write_text("x")
    assert_same_bits(sweep(tmp_path), sweep())


def test_two_calls_at_once(tmp_path):
    results = []
    calls = [threading.Thread(target=lambda: results.append(sweep(tmp_path))) for _ in range(2)]
    for call in calls:
        call.start()
    for call in calls:
        call.join()
    assert len(results) == 2
    assert_same_bits(*results)
    assert_same_bits(sweep(tmp_path), results[0])
    assert json.loads((tmp_path / "sweep.json").read_text())["starts"] == "40"
    assert not list(tmp_path.glob("*.tmp"))
