"""What `load` refuses: every file that is not exactly what `save` writes; what it takes."""

import dataclasses
import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from safetensors.numpy import save_file

import fusedmlp
from fusedmlp.network_file.network import decoded
from fusedmlp.network_file.refused import RefusedFileError
from fusedmlp.options import OPTIONS
from tests.files.cases import CASE
from tests.files.file_parts import FORMAT_1, about, changed, joined, option, parts

TEXTS = {
    "deep": (lambda text: text.replace("11", "[" * 100_000, 1), "it is nested too deeply"),
    "deep objects": (lambda text: text.replace("11", '{"a":' * 90_000, 1), "nested too deeply"),
    "not deep enough": (
        lambda text: text.replace("11", "[" * 400 + "]" * 400, 1),
        "its options must be numbers, text or lists of them",
    ),
    "twice": (lambda text: '{"epochs": 11, ' + text[1:], "it has 'epochs' twice"),
    "nan": (lambda text: text.replace("11", "NaN", 1), "it has the number NaN"),
    "long number": (lambda text: text.replace("11", "9" * 10_000, 1), "Exceeds the limit"),
    "large number": (lambda text: text.replace("11", "9" * 4000, 1), "epochs must be at most"),
    "no JSON": (lambda text: text[:-1], "Expecting"),
    "no object": (lambda _: "[1, 2]", "its metadata must have options, epochs, stopped, progress"),
}


@pytest.mark.parametrize(("text", "message"), TEXTS.values(), ids=TEXTS)
def test_text_that_no_writer_of_json_writes(data, load, text, message):
    with pytest.raises(ValueError, match=message) as caught:
        load(changed(data, about(), text))
    assert len(str(caught.value)) < 1000
    header, rest = parts(data)
    with pytest.raises(ValueError, match="path must be a"):
        load(joined(text(json.dumps(header)).encode(), rest))


def test_no_byte_can_be_changed(data):
    def decode(data):
        return decoded(io.BytesIO(data), len(data))

    assert decode(data).about.epochs == 11
    for place in range(len(data)):
        wrong = bytearray(data)
        wrong[place] ^= 1 << place % 8
        with pytest.raises(RefusedFileError):
            decode(wrong)
        with pytest.raises(RefusedFileError):
            decode(data[:place])


def test_a_large_file_is_not_read_before_its_header_is_right(data, tmp_path):
    path = tmp_path / "network"
    for begin in (data, (2**40).to_bytes(8, "little"), (2**22 + 1).to_bytes(8, "little")):
        path.write_bytes(begin)
        os.truncate(path, 1 << 42)  # no memory has room for it
        with pytest.raises(ValueError, match="path must be a"):
            fusedmlp.load(path)
    header, rest = parts(data)
    header["weights.0"] |= {"shape": [2**36, 4]}
    path.write_bytes(joined(json.dumps(header).encode(), rest))
    os.truncate(path, 1 << 42)
    with pytest.raises(ValueError, match="path must be a"):
        fusedmlp.load(path)


def test_only_files_are_read(tmp_path):
    os.mkfifo(tmp_path / "fifo")  # which would be waited for
    cases = {tmp_path / "fifo": "FIFO", tmp_path: "folder", Path("/dev/zero"): "device"}
    for path, kind in cases.items():
        with pytest.raises(ValueError, match=f"path must be a file, got '{path}': it is a {kind}"):
            fusedmlp.load(path)


def test_a_file_that_cannot_be_read_is_an_os_error(tmp_path, monkeypatch, data):
    with pytest.raises(FileNotFoundError):
        fusedmlp.load(tmp_path / "nothing")
    (tmp_path / "network").write_bytes(data)
    with pytest.raises(NotADirectoryError):
        fusedmlp.load(tmp_path / "network" / "network")

    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(os, "open", refuse)  # root may read any file
    with pytest.raises(PermissionError):
        fusedmlp.load(tmp_path / "network")


def test_files_that_are_not_ours(tmp_path, load):
    for text in (b"", b"not a network", b"\0" * 100, b"\2" + b"\0" * 7 + b"[]", b"{}" * 50):
        with pytest.raises(ValueError, match="path must be a safetensors file"):
            load(text)
    save_file({"a": np.ones(3)}, tmp_path / "foreign")
    with pytest.raises(ValueError, match="path must be a file of fusedmlp's format 1, 2 or 3"):
        fusedmlp.load(tmp_path / "foreign")


def test_threads_of_a_larger_machine_are_not_obeyed(data, load, monkeypatch):
    assert load(changed(data, option(threads=2))).options["threads"] == 2
    assert load(changed(data, option(threads=10**13))).options["threads"] is None

    def at_most_8(name, value):
        if value is not None and value > 8:
            raise ValueError(f"{name} must be at most 8, got {value}")
        return value

    smaller = dataclasses.replace(OPTIONS["threads"], check=at_most_8)
    monkeypatch.setitem(OPTIONS, "threads", smaller)
    assert load(changed(data, option(threads=9))).options["threads"] is None
    assert load(changed(data, option(threads=8))).options["threads"] == 8


def test_options_that_a_file_has_not_are_at_their_defaults(data, load):
    def forget(file):
        for name in ("huber_delta", "epsilon", "progress"):
            del file.run["options"][name]

    network = load(changed(data, forget))
    assert network.options == load(data).options
    assert network.options["epsilon"] == OPTIONS["epsilon"].default


def test_a_file_of_the_first_format():
    network = fusedmlp.load(FORMAT_1)
    assert_array_equal(network.weights[0], (np.arange(12).reshape(3, 4) - 5) / 8)
    assert_array_equal(network.biases[1], [-1, 0.75])
    assert_array_equal(
        network.predict(np.arange(12.0).reshape(4, 3)),
        [[1.375, 5.125], [4.1875, 8.5], [6.15625, 11.3125], [8.125, 14.125]],
    )
    assert network.options["activation"] == "relu"
    assert network.options["validation"] == "given, not kept"  # it has a validation_loss
    assert network.options["sample_weight"] is None  # the format did not say
    assert network.history["validation_loss"].shape == network.history["epoch"].shape == (3,)
    assert (network.epochs, network.stopped) == (30, "all epochs run")
    assert network.direction_changes[0].shape == (3, 4)


def test_a_file_of_the_first_format_is_checked(load):
    data = FORMAT_1.read_bytes()
    for change in (about(epochs=0), option(hidden=[5]), about(stopped=1)):
        with pytest.raises(ValueError, match="path must be a whole network"):
            load(changed(data, change))
    assert load(changed(data, about(stopped="early"))).stopped == "early"


def test_what_was_loaded_can_be_edited_and_saved(data, load, tmp_path):
    network = load(data)
    assert network._params.ctypes.data % 64 == 0
    for array in (*network.weights, *network.history.values(), *network.direction_changes):
        array[:1] = array[:1]
    network.save(tmp_path / "again")
    again = fusedmlp.load(tmp_path / "again")
    X, _ = CASE.data()
    assert_array_equal(again.predict(X), network.predict(X))
    assert again.options == network.options
