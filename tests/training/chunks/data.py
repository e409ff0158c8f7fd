"""The data of the tests of chunks, and how close runs on them must come."""

from itertools import accumulate, pairwise

import numpy as np
from numpy.testing import assert_allclose

from tests.cases import Case

SIZES = (10, 1, 39, 53)  # rows of each chunk
CASE = Case("", (4, 8, 2), sum(SIZES), {"bias": True, "reduction": "mean", "record_every": 1})

# Sums in another order differ in their last digits, which a few epochs, and L-BFGS's divisions by
# small differences, multiply: by up to 400 here.
ROUNDING = {"float64": {"rtol": 1e-10, "atol": 1e-12}, "float32": {"rtol": 1e-3, "atol": 1e-5}}


def in_chunks(array, sizes=SIZES):
    return [array[first:end] for first, end in pairwise(accumulate(sizes, initial=0))]


def flat(run):
    parts = zip(run.weights, run.biases, strict=True)
    return np.concatenate([part.ravel() for layer in parts for part in layer])


def assert_same_to_rounding(run, other, dtype="float64"):
    assert_allclose(flat(run), flat(other), **ROUNDING[dtype])
    assert run.history.keys() == other.history.keys()
    for name, values in other.history.items():
        assert_allclose(run.history[name], values, **ROUNDING[dtype])
    assert (run.epochs, run.stopped) == (other.epochs, other.stopped)
