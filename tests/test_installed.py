"""How the package behaves in processes of its own: imports, caches, other processors."""

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import fusedmlp

PACKAGE = Path(fusedmlp.__file__).parent
ROOT = Path(__file__).parent.parent

CACHE_VARIABLES = {"NUMBA_CACHE_DIR", "XDG_CACHE_HOME"}

TRAIN = """
import fusedmlp
run = fusedmlp.train([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], [0, 1, 1, 0],
                     epochs=1000, random_state=1)
print(run.history["error"][-1])
"""


def run_python(script, prefix=(), **environment):
    """Run a script in a new process; return what it printed, with its errors if it failed."""
    inherited = {k: v for k, v in os.environ.items() if k not in CACHE_VARIABLES}
    done = subprocess.run(
        [*prefix, sys.executable, "-W", "error", "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        env={**inherited, **environment},
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_import_loads_nothing_heavy():
    loaded = run_python("import sys, fusedmlp; print(*sys.modules)").split()
    assert "fusedmlp" in loaded
    assert not {"numpy", "numba", "sklearn", "scipy", "safetensors"} & set(loaded)


def test_training_loads_numba_but_not_scikit_learn():
    loaded = run_python(TRAIN + "import sys; print(*sys.modules)").split()
    assert "numba" in loaded
    assert not {"sklearn", "safetensors", "rich", "pandas"} & set(loaded)


def test_the_reference_does_without_numba():
    script = TRAIN.replace("random_state=1", "random_state=1, backend='reference'")
    loaded = run_python(script + "import sys; print(*sys.modules)").split()
    assert not {"numba", "sklearn", "scipy"} & set(loaded)


def test_train_is_the_function_whatever_was_imported_first():
    for first in ("fusedmlp.training", "fusedmlp.trained", "fusedmlp.kernels", "fusedmlp.storage"):
        run_python(f"import {first}, fusedmlp; assert callable(fusedmlp.train)")


def test_public_names():
    names = run_python("import fusedmlp; print(*fusedmlp.__all__)").split()
    assert sorted(names) == [
        "Surface", "Trained", "error_surface", "kernels", "load", "reference", "save", "train"
    ]  # fmt: skip


def hits(cache):
    script = TRAIN + (
        "from fusedmlp.kernels.lanes.small_batch import fit_small_batch\n"
        "from fusedmlp.kernels.blocked.training_loop import fit_blocks\n"
        "hits = [kernel.stats.cache_hits for kernel in (fit_small_batch, fit_blocks)]\n"
        "print(sum(sum(each.values()) for each in hits))"
    )
    return int(run_python(script, NUMBA_CACHE_DIR=str(cache)).split()[-1])


def test_a_second_process_compiles_nothing(tmp_path):
    assert hits(tmp_path) == 0
    assert hits(tmp_path) == 1


def test_a_second_process_loads_the_kernel_with_constants(tmp_path):
    constants = """
        from fusedmlp.kernels.lanes import specialized
        make, made = specialized._with_constants, []
        specialized._with_constants = lambda *constants: made.append(make(*constants)) or made[-1]
        specialized.BEFORE_LOADING = 0.0
        specialized.BEFORE_COMPILING = specialized.BEFORE_COMPILING_ALL = float("{}")
    """
    hits = "print(sum(made[0].stats.cache_hits.values()), len(made[0].signatures))"
    printed = []
    for seconds in (0, "inf"):
        script = textwrap.dedent(constants).format(seconds) + TRAIN + hits
        printed.append(run_python(script, NUMBA_CACHE_DIR=str(tmp_path)).split())
    (first, *compiled), (second, *loaded) = printed
    assert first == second
    assert compiled == ["0", "1"]
    assert loaded == ["1", "1"]


def test_a_change_in_any_file_of_the_kernels_is_seen(tmp_path):
    """Numba alone would go on with the machine code of `fit`, whose own file did not change."""
    shutil.copytree(PACKAGE, tmp_path / "fusedmlp", ignore=shutil.ignore_patterns("__pycache__"))
    environment = {"PYTHONPATH": str(tmp_path), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    script = TRAIN + "print(fusedmlp.__file__)"
    before, where = run_python(script, **environment).split()
    assert where.startswith(str(tmp_path))
    activations = tmp_path / "fusedmlp/kernels/activations.py"
    line = "Activation.SIGMOID: Formula(sigmoid, "
    assert line in activations.read_text()
    activations.write_text(
        activations.read_text().replace(line, "Activation.SIGMOID: Formula(tanh, ")
    )
    after, _ = run_python(script, **environment).split()
    assert before != after


def test_a_read_only_package_without_a_home_trains(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "fusedmlp", ignore=shutil.ignore_patterns("__pycache__"))
    for folder in [tmp_path / "fusedmlp", *(tmp_path / "fusedmlp").rglob("*/")]:
        folder.chmod(0o555)
    environment = {"PYTHONPATH": str(tmp_path), "HOME": "/dev/null"}
    # To root everything is writable, until it gives up the right to be an exception.
    prefix = (
        ["setpriv", "--inh-caps=-dac_override", "--bounding-set=-dac_override"]
        if os.geteuid() == 0
        else []
    )
    script = TRAIN + "print(fusedmlp.__file__, type(fusedmlp.kernels.gradient._cache).__name__)"
    error, where, cache = run_python(script, prefix, **environment).split()
    assert float(error) < 0.2
    assert where.startswith(str(tmp_path))
    assert cache == "NullCache"


# Processors differ in how many numbers a register holds, and in how many registers there are. Each
# takes a part of the twin tests, in one type only: the other would compile for as long again.
KERNELS = (
    "products_of_every_size or transposes or sums_of_rows or in_parts"
    " or activations or updates_agree or losses or layers_agree and {layers}"
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
    return f"{kernels} or {FITS[real]} and not aw_sgd and not batch_norm"


PROCESSORS = {
    "AVX2": {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx2,+fma,+avx,+sse4.2,+bmi2"},
    "SSE2": {"NUMBA_CPU_NAME": "x86-64", "NUMBA_CPU_FEATURES": "+sse2"},
}
CHOSEN = {
    "AVX2": part_of_the_twin_tests("float64", "7-13"),
    "SSE2": part_of_the_twin_tests("float32", "7-13"),
    "AVX-512": part_of_the_twin_tests("float32", "33-13"),
    "bounds checks": FITS["float64"],  # of arrays: most of a kernel reads at addresses
    # The whole takes minutes where nothing is compiled.
    "no compiler": (
        "activations or updates_agree or"
        " ten_epochs and (everything or relu or rmsprop or all and extras)"
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
    run_twin_tests(["-m", "pytest"], CHOSEN["no compiler"], {"NUMBA_DISABLE_JIT": "1"})


def run_twin_tests(start, chosen, environment):
    done = subprocess.run(
        [
            sys.executable,
            *start,
            "-q",
            "tests/twins/test_twins.py",
            "tests/kernels/matmul/test_gemm.py",
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
    """LLVM makes two instructions of one on a processor without: the layout is what is tried."""
    as_if = """
        import sys, numba, pytest
        numba.njit(lambda: 0)()  # from here on Numba compiles for the processor that is there
        numba.config.CPU_NAME, numba.config.CPU_FEATURES = "skylake-avx512", "+avx512f"
        from fusedmlp.kernels.vector import simd
        numba.config.CPU_NAME = numba.config.CPU_FEATURES = None
        assert (simd.REGISTER, simd.WIDE) == (64, 4)
        sys.exit(pytest.main(sys.argv[1:]))
    """
    cache = {"NUMBA_CACHE_DIR": str(tmp_path)}
    run_twin_tests(["-c", textwrap.dedent(as_if)], CHOSEN["AVX-512"], cache)
