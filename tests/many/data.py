"""The data of the tests of many networks, and how close each must come to `train`."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

import fusedmlp
from tests.cases import Case

CASE = Case("", (3, 5, 2), 23, {"bias": True, "reduction": "mean", "record_every": 10})
X, Y = CASE.data()

# What 100 epochs make of sums in another order.
ROUNDING = {"float64": 1e-12, "float32": 1e-4}


def arguments(**more):
    return CASE.arguments(**{"epochs": 100, **more})


def flat(run):
    parts = zip(run.weights, run.biases, strict=True)
    return np.concatenate([part.ravel() for layer in parts for part in layer])


def all_params(runs):
    """The parameters of all networks, whose bits are compared."""
    return [flat(run).tobytes() for run in runs]


def assert_same_bits(runs, others):
    assert all_params(runs) == all_params(others)
    for name in ("error", "loss", "validation_loss", "epochs"):
        assert_array_equal(getattr(runs, name), getattr(others, name))
    assert runs.stopped == others.stopped
    for run, other in zip(runs, others, strict=True):
        assert {n: v.tolist() for n, v in run.history.items()} == {
            n: v.tolist() for n, v in other.history.items()
        }


def assert_equals(run, single, exact=False):
    """A network of many is the one that `train` gives: the bits, or to rounding."""
    assert (run.epochs, run.stopped) == (single.epochs, single.stopped)
    assert run.history.keys() == single.history.keys()
    rounding = 0 if exact else ROUNDING[str(flat(single).dtype)]
    close = {"rtol": rounding, "atol": rounding}
    assert_allclose(flat(run), flat(single), **close)
    for name, values in single.history.items():
        assert_allclose(run.history[name], values, **close)


def assert_each_equals_train(runs, exact=False, networks=None, **given):
    """Each network is the one that `train` gives for its options, rows and held-out rows."""
    inputs, targets = np.vstack(given.pop("X", [X])), np.vstack(given.pop("y", [Y]))
    for k in range(len(runs)) if networks is None else networks:
        options = dict(runs[k].options)
        options.update(given, random_state=int(runs.options["random_state"][k]))
        rows, held_out = runs.rows(k), runs.held_out(k)
        if held_out.size:
            options["validation"] = inputs[held_out], targets[held_out]
        single = fusedmlp.train(inputs[rows], targets[rows], **options)
        assert_equals(runs[k], single, exact)
