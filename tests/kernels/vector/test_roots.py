"""Square roots of vectors: by an instruction, or in float64 with AVX-512 by Newton's method."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from fusedmlp.kernels.compilation.jit import compiled
from fusedmlp.kernels.vector import address, lane_count, load, sqrt, store
from fusedmlp.kernels.vector.elementwise import replace_each

roots_in_wide_vectors = replace_each(sqrt)


@compiled
def replace_by_roots(x, wide):
    if wide:
        roots_in_wide_vectors(x.size, address(x))
    else:
        for k in range(0, x.size, lane_count(address(x))):
            store(address(x), k, sqrt(load(address(x), k)))


def roots_of(x, wide):
    roots = x.copy()
    replace_by_roots(roots, wide)
    return roots


WIDTHS = pytest.mark.parametrize("wide", [True, False])


@WIDTHS
@pytest.mark.parametrize("real", [np.float32, np.float64])
def test_roots_are_within_one_unit_in_the_last_place(real, wide):
    info = np.finfo(real)
    exponents = np.random.default_rng(0).uniform(info.minexp, info.maxexp, 100_000)
    x = np.exp2(exponents).astype(real)
    x = np.concatenate([x, [info.tiny, info.max] * 8])
    expected = np.sqrt(x)
    off = np.abs(roots_of(x, wide) - expected) / np.spacing(expected)
    assert off.max() <= 1
    assert (off > 0).mean() < 0.02


@WIDTHS
@pytest.mark.parametrize("real", [np.float32, np.float64])
def test_roots_of_numbers_that_are_none(real, wide):
    x = np.tile(np.array([0.0, -0.0, np.inf, np.nan, -1.0, -np.inf, 1.0, 4.0], real), 8)
    with np.errstate(invalid="ignore"):
        expected = np.sqrt(x)
    roots = roots_of(x, wide)
    assert_array_equal(roots, expected)
    assert_array_equal(np.signbit(roots[:64:8]), False)
    assert_array_equal(np.signbit(roots[1:64:8]), True)


@WIDTHS
def test_roots_of_subnormal_numbers_have_eight_digits(wide):
    """They are smaller than 1e-153: what is added to them decides."""
    x = np.random.default_rng(0).uniform(0, 1, 640) * np.finfo(float).tiny
    x[:8] = np.finfo(float).smallest_subnormal
    assert_allclose(roots_of(x, wide), np.sqrt(x), rtol=1e-8)
