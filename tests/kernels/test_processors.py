"""The twins on other processors, with bounds checks, and where nothing is compiled."""

import os
import subprocess
import sys
import textwrap

import pytest

from tests.processes import ROOT

# Processors differ in how many numbers a register holds, and in how many registers there are. Each
# takes a part of the twin tests, in one type only: the other would compile for as long again.
KERNELS = (
    "products_of_every_size or transposes or sums_of_rows or in_parts"
    " or activations or updates_agree or losses or layers_agree and {layers}"
)
# Networks in the lanes: one combination that is compiled, the tiles, and the gathering of rows.
NETWORKS = (
    "networks_agree and {real} and (small or everything or vectors)"
    " or of_vectors and {real} or gathered and {real}"
)
OTHER_TYPE = {"float64": "float32", "float32": "float64"}

# Each kind of fit once: blocks with extras and lanes in float64, plain blocks and lanes in float32.
FITS = {
    "float64": "ten_epochs_agree and not float32 and (few and everything or all and extras)",
    "float32": "ten_epochs_agree and float32 and everything",
}


def part_of_the_twin_tests(real, layers):
    """Name the tests for pytest's -k."""
    kernels = f"({KERNELS.format(layers=layers)}) and not {OTHER_TYPE[real]}"
    fits = f"{FITS[real]} and not aw_sgd and not batch_norm"
    return f"{kernels} or {fits} or {NETWORKS.format(real=real)}"


PROCESSORS = {
    "AVX2": {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx2,+fma,+avx,+sse4.2,+bmi2"},
    "SSE2": {"NUMBA_CPU_NAME": "x86-64", "NUMBA_CPU_FEATURES": "+sse2"},
}
CHOSEN = {
    "AVX2": part_of_the_twin_tests("float64", "7-13"),
    "SSE2": part_of_the_twin_tests("float32", "7-13"),
    "AVX-512": part_of_the_twin_tests("float32", "33-13"),
    # Of arrays: most of a kernel reads at addresses.
    "bounds checks": f"{FITS['float64']} or networks_agree and small and float64",
    # The whole takes minutes where nothing is compiled.
    "no compiler": (
        "activations or updates_agree or"
        " ten_epochs and (everything or relu or rmsprop or all and extras) or gathered or"
        " of_vectors or networks_agree and (small or vectors or epsilon or warm) or depend_on_lanes"
    ),
}


@pytest.mark.parametrize("processor", PROCESSORS)
def test_twins_agree_on_other_processors(processor, tmp_path):
    environment = {**PROCESSORS[processor], "NUMBA_CACHE_DIR": str(tmp_path)}
    run_twin_tests(["-m", "pytest"], CHOSEN[processor], environment)


def test_twins_agree_with_bounds_checks(tmp_path):
    environment = {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    run_twin_tests(["-m", "pytest"], CHOSEN["bounds checks"], environment)


def test_twins_agree_where_nothing_is_compiled():
    """On a processor whose registers are not as wide as the arrays that stand for vectors."""
    environment = {**PROCESSORS["SSE2"], "NUMBA_DISABLE_JIT": "1"}
    run_twin_tests(["-m", "pytest"], CHOSEN["no compiler"], environment)


def run_twin_tests(start, chosen, environment):
    done = subprocess.run(
        [
            sys.executable,
            *start,
            "-q",
            "tests/twins/test_twins.py",
            "tests/twins/test_networks.py",
            "tests/kernels/matmul/test_gemm.py",
            "tests/kernels/many",
            "-k",
            chosen,
        ],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr
    assert " passed" in done.stdout


def test_twins_agree_with_the_widths_of_avx512(tmp_path):
    """LLVM makes two instructions of one on a processor without: the layout is what is tried.

    The instruction for powers of two is tried on a processor that has them.
    """
    as_if = """
        import sys, numba, pytest
        numba.njit(lambda: 0)()  # from here on Numba compiles for the processor that is there
        from llvmlite import binding
        more = ",+avx512vl" if binding.get_host_cpu_features().get("avx512vl") else ""
        numba.config.CPU_NAME, numba.config.CPU_FEATURES = "skylake-avx512", "+avx512f" + more
        from fusedmlp.kernels.vector import simd
        numba.config.CPU_NAME = numba.config.CPU_FEATURES = None
        assert (simd.REGISTER, simd.WIDE, simd.USES_AVX512_MATH) == (64, 4, bool(more))
        sys.exit(pytest.main(sys.argv[1:]))
    """
    cache = {"NUMBA_CACHE_DIR": str(tmp_path)}
    run_twin_tests(["-c", textwrap.dedent(as_if)], CHOSEN["AVX-512"], cache)
