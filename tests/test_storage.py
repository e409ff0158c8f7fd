"""save and load."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from safetensors.numpy import load_file

import fusedmlp
from tests.cases import EVERYTHING, Case


@pytest.mark.parametrize(
    "options",
    [
        {},
        EVERYTHING,
        {"dtype": "float32"},
        {"activation": "silu", "loss": "huber", "huber_delta": 2.0},
    ],
    ids=str,
)
@pytest.mark.parametrize("sizes", [(3, 1), (3, 4, 2), (2, 3, 4, 5)], ids=str)
def test_what_comes_back_is_what_was_saved(tmp_path, options, sizes):
    if sizes[-1] == 1 and "output_activation" in options:  # softmax
        options = {k: v for k, v in options.items() if k not in ("output_activation", "loss")}
    case = Case("", sizes, 9, options)
    X, y = case.data()
    run = fusedmlp.train(X, y, **case.arguments())
    run.save(tmp_path / "network.safetensors")
    again = fusedmlp.load(tmp_path / "network.safetensors")
    for ours, theirs in zip(run.weights + run.biases, again.weights + again.biases, strict=True):
        assert_array_equal(ours, theirs)
        assert ours.dtype == theirs.dtype
    assert_array_equal(run.predict(X), again.predict(X))
    assert run.options == again.options
    assert (run.epochs, run.stopped) == (again.epochs, again.stopped)
    assert run.history.keys() == again.history.keys()
    for name, values in run.history.items():
        assert_array_equal(values, again.history[name])
    for a, b in zip(run.direction_changes or [], again.direction_changes or [], strict=True):
        assert_array_equal(a, b)


def test_given_arrays_and_generators_are_not_kept(tmp_path):
    init = [np.ones((2, 1))]
    random = np.random.RandomState(0)
    run = fusedmlp.train([[0, 1]], [1], hidden=(), epochs=1, init=init, random_state=random)
    fusedmlp.save(run, str(tmp_path / "network"))
    again = fusedmlp.load(str(tmp_path / "network"))
    assert again.options["random_state"] == again.options["init"] == "given, not kept"
    assert_array_equal(again.weights[0], run.weights[0])


def test_other_programs_can_read_the_weights(tmp_path):
    run = fusedmlp.train([[0, 1]], [1], epochs=1, bias=True)
    run.save(tmp_path / "network")
    tensors = load_file(tmp_path / "network")
    assert_array_equal(tensors["weights.0"], run.weights[0])
    assert_array_equal(tensors["biases.1"], run.biases[1])
