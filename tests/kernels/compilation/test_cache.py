"""Machine code on disk: found by the next process, out of date with any source, or not writable."""

import os
import shutil
import textwrap

from tests.processes import PACKAGE, TRAIN, run_python


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
