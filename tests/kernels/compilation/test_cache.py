"""Machine code on disk: found by the next process, out of date with any source, or not writable."""

import os
import pickle
import shutil
import textwrap
from concurrent.futures import ThreadPoolExecutor

import pytest

from fusedmlp.kernels.compilation.files import _header
from tests.kernels.compilation.tiny import RESULT
from tests.processes import PACKAGE, TRAIN, run_python

TINY = """
from tests.kernels.compilation.tiny import tiny
print(tiny(42), sum(tiny.stats.cache_hits.values()))
"""


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


# To root everything is writable, until it gives up the right to be an exception.
NO_EXCEPTION = ["setpriv", "--inh-caps=-dac_override", "--bounding-set=-dac_override"]
WITHOUT_RIGHTS = NO_EXCEPTION if hasattr(os, "geteuid") and os.geteuid() == 0 else []


@pytest.mark.parametrize("home", ["none", "read-only"])
def test_a_read_only_package_without_a_home_trains(tmp_path, home):
    shutil.copytree(PACKAGE, tmp_path / "fusedmlp", ignore=shutil.ignore_patterns("__pycache__"))
    for folder in [tmp_path / "fusedmlp", *(tmp_path / "fusedmlp").rglob("*/")]:
        folder.chmod(0o555)
    (tmp_path / "home").mkdir(mode=0o555)
    homes = {"none": "/dev/null", "read-only": str(tmp_path / "home")}
    environment = {"PYTHONPATH": str(tmp_path), "HOME": homes[home]}
    script = TRAIN + (
        "from fusedmlp.kernels.compilation.cache import why_not_kept\n"
        "print(fusedmlp.__file__, why_not_kept())"
    )
    error, where, *why = run_python(script, WITHOUT_RIGHTS, **environment).split()
    assert float(error) < 0.2
    assert where.startswith(str(tmp_path))
    reason = {"none": "File exists: /dev/null", "read-only": "Permission denied"}[home]
    assert " ".join(why).startswith(reason)


def filled(cache):
    """Fill a cache with machine code for `tiny`; return its file."""
    assert tiny_in(cache) == (RESULT, 0)
    (file,) = [path for path in cache.rglob("*") if path.is_file()]
    return file


def tiny_in(cache, before="", after="", prefix=()):
    """Run `tiny` in a process of its own; return its result, and how often it was loaded."""
    result, loaded = run_python(before + TINY + after, prefix, NUMBA_CACHE_DIR=str(cache)).split()
    return int(result), int(loaded)


def test_machine_code_that_is_not_whole_is_compiled_again(tmp_path):
    """Numba's own cache raises, or runs code that crashes."""
    file = filled(tmp_path)
    whole = file.read_bytes()
    half = len(whole) // 2
    for content in (whole[:half], whole[:half] + b"\0\xff" + whole[half + 2 :]):
        file.write_bytes(content)
        assert tiny_in(tmp_path) == (RESULT, 0)
    assert tiny_in(tmp_path) == (RESULT, 1)


def test_directories_in_the_place_of_files_are_no_error(tmp_path):
    file = filled(tmp_path)
    file.unlink()
    (file / "full").mkdir(parents=True)
    assert tiny_in(tmp_path) == (RESULT, 0)


def test_a_disk_that_takes_nothing_is_no_error(tmp_path):
    limit = """
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    """
    assert tiny_in(tmp_path, textwrap.dedent(limit)) == (RESULT, 0)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


class Payload:
    """What unpickling runs if nothing prevents it."""

    def __init__(self, marker):
        self.marker = str(marker)

    def __reduce__(self):
        return os.mkdir, (self.marker,)


def plant(file, marker):
    """Put a payload into a file of the cache, with a checksum that is right."""
    content = pickle.dumps(Payload(marker))
    file.write_bytes(_header(file.name, content) + content)


TOLD = """
import warnings
warnings.simplefilter("always")
warnings.showwarning = lambda message, category, *_: told.append(f"{category.__name__} {message}")
told = []
"""


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no owner here")
@pytest.mark.parametrize("where", ["file", "folder", "folder above", "nowhere"])
def test_a_planted_file_does_not_run(tmp_path, where):
    file, marker = filled(tmp_path), tmp_path / "marker"
    plant(file, marker)
    places = {"file": file, "folder": file.parent, "folder above": tmp_path}
    if where == "nowhere":  # in the user's own folder it would: that is what is not trusted
        assert tiny_in(tmp_path) == (RESULT, 0)
        assert marker.exists()
        return
    others = places[where]
    others.chmod(others.stat().st_mode | 0o002)
    script = TOLD + TINY + "assert len(told) == 1; print(told[0])"
    result, loaded, warned = run_python(script, NUMBA_CACHE_DIR=str(tmp_path)).split(maxsplit=2)
    assert (int(result), int(loaded)) == (RESULT, 0)
    assert not marker.exists()
    assert warned.startswith("RuntimeWarning machine code on disk is not used, but compiled again")
    assert str(others) in warned


def test_processes_may_fill_a_cache_at_once(tmp_path):
    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(tiny_in, [tmp_path] * 3)) <= {(RESULT, 0), (RESULT, 1)}
    assert tiny_in(tmp_path) == (RESULT, 1)
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_each_combination_of_types_and_each_kernel_has_a_file(tmp_path):
    more = "from tests.kernels.compilation.tiny import other_tiny\ntiny(2.0); other_tiny(2)"
    for loaded in (0, 1):
        assert tiny_in(tmp_path, after=more) == (RESULT, loaded)
    names = sorted(path.name.partition("-")[0] for path in tmp_path.rglob("*.kernel"))
    assert names == ["other_tiny", "tiny", "tiny"]


def test_a_change_in_a_kernel_outside_the_package_is_seen(tmp_path):
    """Its bytecode stays the same: a constant is only named there."""
    script = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from own import f; print(f(1))"
    lines = (
        "from fusedmlp.kernels.compilation.jit import compiled\n@compiled\ndef f(x): return x + {}"
    )
    for constant in (1, 20):
        (tmp_path / "own.py").write_text(lines.format(constant))
        assert int(run_python(script, NUMBA_CACHE_DIR=str(tmp_path))) == 1 + constant


def test_another_setting_of_the_compiler_has_files_of_its_own(tmp_path):
    filled(tmp_path)
    environment = {"NUMBA_CACHE_DIR": str(tmp_path), "NUMBA_OPT": "1"}
    assert run_python(TINY, **environment).split() == [str(RESULT), "0"]
    assert len(list(tmp_path.rglob("*.kernel"))) == 2


def test_a_file_that_is_no_kernel_is_compiled_again(tmp_path):
    """Only a bug, or another build of a library, leaves a checksum that is right before it."""
    file = filled(tmp_path)
    for content in (pickle.dumps((1, 2, 3)), b"\x80\x05c."):
        file.write_bytes(_header(file.name, content) + content)
        assert tiny_in(tmp_path) == (RESULT, 0)


def test_nothing_is_compiled_or_kept_where_numba_is_told_so(tmp_path):
    script = TRAIN + (
        "from fusedmlp.kernels.compilation.cache import why_not_kept\nprint(why_not_kept())"
    )
    printed = run_python(script, NUMBA_CACHE_DIR=str(tmp_path), NUMBA_DISABLE_JIT="1")
    assert "nothing is compiled, since NUMBA_DISABLE_JIT is set" in printed
    assert not list(tmp_path.iterdir())


def test_no_inner_function_is_seen_by_other_machine_code(tmp_path):
    """Two of the same name, compiled by two processes, would be taken for one by a third."""
    printed = run_python(
        """
        import numpy as np
        from fusedmlp import kernels
        kernels.activate(1, np.zeros((2, 3)))
        (compiled,) = kernels.activate.overloads.values()
        seen = [f for f in compiled.library._final_module.functions
                if not f.is_declaration and f.linkage.name != "internal"]
        print(len(seen), *[f.name for f in seen if "fusedmlp" in f.name])
        """,
        NUMBA_CACHE_DIR=str(tmp_path),
    )
    count, *names = printed.split()
    assert int(count) > 0
    assert names
    assert all("activate" in name and "choose" not in name for name in names)
