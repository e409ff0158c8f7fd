"""Vectors of any width through instructions of one register, and where memory begins."""

import numpy as np
import pytest
from numba import config
from numpy.testing import assert_array_equal

from fusedmlp.kernels.compilation.jit import compiled
from fusedmlp.kernels.vector import (
    REGISTER,
    USES_AVX512_MATH,
    WIDE,
    address,
    first_line,
    load,
    load_wide,
    put,
    store,
)

if USES_AVX512_MATH:
    from fusedmlp.kernels.vector.wide_registers import scale_by_power, table_of_16

    look_up = table_of_16([k + 0.5 for k in range(16)], [k - 0.5 for k in range(16)])

    @compiled
    def scale(x, exponents, wide):
        powers = address(exponents)
        if wide:
            store(address(x), 0, scale_by_power(load_wide(address(x), 0), load_wide(powers, 0)))
        else:
            store(address(x), 0, scale_by_power(load(address(x), 0), load(powers, 0)))

    @compiled
    def read(x, wide):
        if wide:
            store(address(x), 0, look_up(load_wide(address(x), 0)))
        else:
            store(address(x), 0, look_up(load(address(x), 0)))


needs_avx512 = pytest.mark.skipif(not USES_AVX512_MATH, reason="no instruction of AVX-512 is used")


def lanes(real, wide):
    return REGISTER * (WIDE if wide else 1) // np.dtype(real).itemsize


@needs_avx512
@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("real", [np.float32, np.float64])
def test_each_lane_is_scaled_by_its_own_power(real, wide):
    count = lanes(real, wide)
    powers = np.arange(count, dtype=real) - 7.25  # rounded down
    x = np.linspace(1, 2, count, dtype=real)
    expected = np.ldexp(x, np.floor(powers).astype(int))
    scale(x, powers, wide)
    assert_array_equal(x, expected)


@needs_avx512
@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("real", [np.float32, np.float64])
def test_each_lane_reads_the_number_at_its_last_four_bits(real, wide):
    count = lanes(real, wide)
    integer = np.dtype(f"i{np.dtype(real).itemsize}")
    places = (np.arange(count) * 5 + 3).astype(integer)
    x = (places + (1 << 20)).view(real).copy()
    read(x, wide)
    half = 0.5 if real is np.float64 else -0.5
    assert_array_equal(x, places % 16 + half)


@compiled
def put_at_first_line(x, number):
    put(first_line(x), 0, number)


@pytest.mark.skipif(bool(config.DISABLE_JIT), reason="arrays have no addresses there")
def test_the_first_line_is_the_next_multiple_of_64_bytes():
    memory = np.zeros(64)
    for start in range(17):
        x = memory[start : start + 32]
        x[:] = 0
        put_at_first_line(x, 1.0)
        (place,) = np.flatnonzero(x)
        assert (x.ctypes.data + 8 * place) % 64 == 0
        assert place < 8
