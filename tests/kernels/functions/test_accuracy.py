"""The kernels' activations, to the last place; `benchmarks.accuracy` tries every float32."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from benchmarks.accuracy import MOST_ULPS, float32_bit_patterns, largest_error, random_float64
from fusedmlp import kernels
from fusedmlp.plan.codes import Activation


@pytest.mark.parametrize("activation", MOST_ULPS)
def test_every_997th_float32_is_close(activation):
    tried = 0
    for x in float32_bit_patterns(997):
        error, where = largest_error(activation, x)
        assert error <= MOST_ULPS[activation], f"{error} ULP at {where!r}"
        tried += x.size
    assert tried == -(-(1 << 32) // 997)


@pytest.mark.parametrize("activation", MOST_ULPS)
def test_float64_is_close_for_every_normal_result(activation):
    error, where = largest_error(activation, random_float64(activation, 300_000))
    assert error <= MOST_ULPS[activation], f"{error} ULP at {where!r}"


@pytest.mark.parametrize("activation", MOST_ULPS)
@pytest.mark.parametrize("real", [np.float32, np.float64])
def test_borders_of_the_types_are_close(activation, real):
    info = np.finfo(real)
    whole = real is np.float32 or activation in (Activation.TANH, Activation.ELU)
    lowest = -info.max if whole else -708.0
    edges = [info.tiny, info.smallest_subnormal, info.eps, info.max, 1.0, np.log(2), 88.8, 104.0]
    edges = np.array([sign * edge for edge in edges for sign in (1, -1)], real)
    with np.errstate(over="ignore"):  # past the largest number is infinity, which is left out
        around = np.concatenate([np.nextafter(edges, real(to)) for to in (-np.inf, np.inf)])
    x = np.concatenate([edges, around, real([0.0, -0.0, 17.4, 19.1, 20.0, -20.0, 40.0])])
    error, where = largest_error(activation, x[np.isfinite(x) & (x >= lowest)])
    assert error <= MOST_ULPS[activation], f"{error} ULP at {where!r}"


@pytest.mark.parametrize("real", [np.float32, np.float64])
def test_limits(real):
    x = np.array([[np.inf, -np.inf, np.nan, 0.0, 1e4, -1e4]], real)
    sigmoid, tanh = x.copy(), x.copy()
    kernels.activate(Activation.SIGMOID, sigmoid)
    kernels.activate(Activation.TANH, tanh)
    assert_array_equal(sigmoid, [[1, 0, np.nan, 0.5, 1, 0]])
    assert_array_equal(tanh, [[1, -1, np.nan, 0, 1, -1]])


def test_one_number_gets_the_same_bits_wherever_it_stands():
    """The last few of an array go through a masked vector."""
    for size in range(1, 40):
        x = np.linspace(-5, 5, size).reshape(1, -1)
        whole = np.concatenate([x, np.zeros((1, 40 - size))], axis=1)
        kernels.activate(Activation.SIGMOID, x)
        kernels.activate(Activation.SIGMOID, whole)
        assert_array_equal(x, whole[:, :size])
