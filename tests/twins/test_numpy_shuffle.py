"""Shuffles with NumPy's own random numbers."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from fusedmlp import kernels, reference

PACKAGES = pytest.mark.parametrize("package", [kernels, reference], ids=["kernels", "reference"])


def state_of(random):
    state = random.get_state(legacy=False)["state"]
    return state["key"].copy(), int(state["pos"])


@PACKAGES
@pytest.mark.parametrize("rows", [1, 2, 3, 4, 5, 8, 9, 63, 64, 65, 623, 1000, 5000])
@pytest.mark.parametrize("drawn", [0, 1, 300, 623, 624])
def test_orders_and_state_are_those_of_numpy(package, rows, drawn):
    random = np.random.RandomState(rows)
    random.randint(2**32, size=drawn, dtype=np.uint32)
    key, position = state_of(random)
    first = random.permutation(rows)
    random.set_state(("MT19937", key, position))
    orders, before = np.empty((3, rows), np.int64), first.copy()
    position = package.numpy_shuffles(key, position, first, orders)
    for order in orders:
        random.shuffle(before)
        assert_array_equal(order, before)
    assert_array_equal(key, state_of(random)[0])
    assert position == state_of(random)[1]


def arguments(**changed):
    given = {
        "key": np.zeros(624, np.uint32),
        "position": 0,
        "first": np.arange(5),
        "orders": np.zeros((2, 5), np.int64),
    }
    return {**given, **changed}


@PACKAGES
@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        ({"key": np.zeros(623, np.uint32)}, ValueError, "key must have shape"),
        ({"key": np.zeros(624, np.int64)}, TypeError, "key must have dtype uint32, got int64"),
        ({"position": 625}, ValueError, "position must be in 0..624, got 625"),
        ({"position": -1}, ValueError, "position must be in 0..624, got -1"),
        ({"first": np.arange(4)}, ValueError, "orders must have shape"),
        ({"orders": np.zeros((2, 5))}, TypeError, "orders must have dtype int64, got float64"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(package, wrong, error, words):
    with pytest.raises(error, match=words):
        package.numpy_shuffles(**arguments(**wrong))
