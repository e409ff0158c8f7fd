"""What the file of a network may not say, where its checksum is right."""

import re

import numpy as np
import pytest

from tests.files.file_parts import about, changed, option


def metadata(**values):
    return lambda file: file.metadata.update(values)


def without(*names):
    def change(file):
        for name in names:
            for tree in (file.header, file.metadata, file.run, file.run["options"]):
                tree.pop(name, None)

    return change


def tensor(name, **values):
    return lambda file: file.header[name].update(values)


def number(name, value):
    """Set the first number of a tensor."""

    def change(file):
        begin, _ = file.header[name]["data_offsets"]
        given = np.int64(value) if file.header[name]["dtype"] == "I64" else np.float64(value)
        file.tensors[begin : begin + 8] = given.tobytes()

    return change


def progress(**values):
    return lambda file: file.run["progress"].update(values)


def direction_of_two(file):
    begin, _ = file.header["continuation.last_direction"]["data_offsets"]
    file.tensors[begin] = 2


def reshaped(file):
    """As many numbers in other shapes: weights that do not chain."""
    file.header["weights.0"]["shape"], file.header["weights.1"]["shape"] = [4, 3], [2, 4]


def without_columns(file):
    """A network of no inputs, whose tensors fill the file."""
    for name in ("weights.0", "direction_changes.0"):
        begin, end = file.header[name]["data_offsets"]
        del file.tensors[begin:end]
        file.header[name]["shape"] = [0, 4]
        for entry in file.header.values():
            if "data_offsets" in entry:
                places = entry["data_offsets"]
                entry["data_offsets"] = [p - (end - begin) * (p >= end) for p in places]


def in_one_place(file):
    """Two tensors of the same numbers."""
    file.header["biases.0"]["data_offsets"] = file.header["direction_changes.1"]["data_offsets"]


def one_more(file):
    file.header["weights.9"] = file.header["weights.0"]


CHANGES = {
    "no format": (metadata(fusedmlp="4"), "a file of fusedmlp's format 1, 2 or 3"),
    "older than it is": (metadata(fusedmlp="1"), "its metadata must be fusedmlp, run, got"),
    "no checksum": (without("sha256"), "its metadata must be fusedmlp, run, sha256, got"),
    "more metadata": (metadata(more="1"), "its metadata must be fusedmlp, run, sha256, got"),
    "metadata not text": (metadata(more=1), "its metadata are not text"),
    "no run": (without("epochs"), "its metadata must have options, epochs, stopped, progress"),
    "names": (about(feature_names="abc"), "its feature_names must be a list of text"),
    "names of numbers": (about(feature_names=["a", "b", 3]), "its feature_names must be a list of"),
    "fewer names": (about(feature_names=["a", "b"]), "its feature_names must be 3, got 2"),
    "more of a run": (about(more=1), "its metadata must have options, epochs, stopped, progress"),
    "epochs": (about(epochs=12), "its epochs must be an integer in 0..11"),
    "epochs below": (about(epochs=-1), "its epochs must be an integer in 0..11"),
    "epochs True": (about(epochs=True), "its epochs must be an integer in 0..11"),
    "fewer epochs": (about(epochs=8), "its history.epoch must be int64 of shape (2,), got"),
    "stopped": (about(stopped=None), "its stopped must be a line of text"),
    "stopped early": (about(stopped="a\nb"), "its stopped must be a line of text"),
    "stopped for long": (about(stopped="a" * 1001), "its stopped must have 1..1000 characters"),
    "not stopped": (about(stopped=""), "its stopped must have 1..1000 characters"),
    "an older run": (metadata(fusedmlp="2"), "its metadata must have options, epochs, stopped"),
    "no progress": (about(progress=None), "it must have no 'continuation."),
    "progress of a list": (about(progress=[1]), "its progress must have seed, rows, position"),
    "progress of less": (lambda f: f.run["progress"].pop("seed"), "its progress must have seed,"),
    "a seed": (progress(seed=-1), "its progress must have another seed than -1"),
    "a position": (progress(position=2**60), "its progress must have another position than"),
    "a position before": (progress(position=1), "its progress must have the position of its"),
    "no rows": (progress(rows=0), "its progress must have rows, and no fewer steps"),
    "a rate of text": (progress(learning_rate_factor="1"), "another learning_rate_factor than"),
    "rows of a flag": (progress(rows=True), "its progress must have another rows than True"),
    "fewer steps": (progress(steps_before=10**6), "its progress must have rows, and no fewer"),
    "no best epoch": (progress(best_epoch=-2), "its progress must have another best_epoch"),
    "an array of nan": (number("continuation.velocity", np.nan), "continuation.velocity must be"),
    "a direction": (direction_of_two, "its continuation.last_direction must be -1, 0 or 1"),
    "options": (about(options=[1]), "its options must be numbers, text or lists of them"),
    "no options": (about(options={}), "its options must have hidden, a list"),
    "an option of no version": (option(speed=11), "unknown option 'speed'"),
    "an activation": (option(activation="relux"), "activation must be one of 'sigmoid'"),
    "activations": (option(activation=["relu"] * 9), "activation must be one for all"),
    "a list of lists": (option(activation=[["relu"]]), "its options must be numbers, text or"),
    "a range": (option(momentum=1.5), "momentum must be a finite number"),
    "contradictions": (option(momentum=0.0, nesterov=True), "nesterov=True must come with"),
    "no bias": (option(bias=False), "its option bias must be saved as True, got False"),
    "another spelling": (option(dtype="f8"), "dtype must be one of 'float64', 'float32', got 'f8'"),
    "no spelling": (option(dtype=","), "dtype must be one of 'float64', 'float32', got ','"),
    "a default": (option(learning_rate=None), "its option learning_rate must be saved as 1.0"),
    "hidden": (option(hidden=[5]), "must be"),
    "hidden of 0": (option(hidden=[0]), "hidden must be an integer or a sequence"),
    "hidden, large": (option(hidden=[10**12] * 3), "it must have"),
    "hidden of none": (option(hidden=[]), "it must have"),
    "hidden of one": (option(hidden=4), "its options must have hidden, a list"),
    "threads of none": (option(threads=0), "threads must be at least 1"),
    "threads by half": (option(threads=1.5), "threads must be an integer"),
    "data": (option(sample_weight=[1.0]), "its option sample_weight must be None or say that"),
    "a function": (option(callback="print"), "its option callback must be None or say that"),
    "a network": (option(warm_start=True), "its option warm_start must be None or say that"),
    "a share": (option(validation=1), "validation must be a finite number above 0 and below 1"),
    "no validation": (option(validation=None), "it must have no 'history.validation_loss'"),
    "a list as init": (option(init=["he"]), "its option init must not be a list"),
    "not kept": (option(loss="given, not kept"), "loss must be one of"),
    "another dtype": (option(dtype="float32"), "must be float32 of shape"),
    "records": (option(record_every=5), "its history.epoch must be the epochs that were recorded"),
    "fewer records": (option(record_every=10), "its history.epoch must be int64 of shape (2,)"),
    "no tensor": (without("weights.1"), "it must have the weights of its first and of its last"),
    "fewer tensors": (without("biases.1"), "it must have 'biases.1'"),
    "no history": (without("history.loss"), "it must have 'history.loss'"),
    "more tensors": (one_more, "it must have no 'weights.9'"),
    "a dtype": (tensor("weights.0", dtype="I64"), "its weights.0 must be float64 of shape (3, 4)"),
    "a dtype of none": (tensor("weights.0", dtype="X"), "its weights.0 must be float64 of shape"),
    "a longer one": (tensor("history.loss", shape=[6]), "its history.loss must be float64 of"),
    "a huge one": (tensor("weights.0", shape=[2**61, 4]), "must be"),
    "a negative one": (tensor("weights.0", shape=[-3, 4]), "'weights.0' has no type or shape"),
    "shapes that do not chain": (reshaped, "must be float64 of shape"),
    "no columns": (without_columns, "it must have the weights of its first and of its last layer"),
    "places": (in_one_place, "a safetensors file"),
    "more of a tensor": (tensor("weights.0", more=1), "'weights.0' is not a tensor"),
    "nan": (number("weights.1", np.nan), "its weights.1 must be finite, got nan at index (0, 0)"),
    "infinity": (
        number("biases.0", -np.inf),
        "its biases.0 must be finite, got -inf at index (0,)",
    ),
    "a scale": (number("scales.0", np.inf), "its scales.0 must be finite, got inf at index (0,)"),
    "a mean": (number("means.0", np.nan), "its means.0 must be finite, got nan at index (0,)"),
    "a variance": (number("variances.0", -1), "its variances.0 must be at least 0, got -1.0"),
    "a count": (number("direction_changes.0", -1), "its direction_changes.0 must be at least 0"),
    "an epoch": (number("history.epoch", 1), "its history.epoch must be the epochs"),
}


@pytest.mark.parametrize(("change", "message"), CHANGES.values(), ids=CHANGES)
def test_what_a_file_may_not_say(data, load, change, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        load(changed(data, change))
    assert re.match(
        "path must be a (whole network|safetensors file|file of fused)", str(caught.value)
    )
    assert len(str(caught.value)) < 1000
