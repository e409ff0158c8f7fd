"""Functions that kernels share: compiled once, found on disk, or else compiled again."""

import textwrap

import pytest

from tests.processes import run_python

BOTH = """
from tests.kernels.compilation.tiny_shared import *
print(square_plus_3(42), square_minus_3(42))
print(*(sum(f._compiled.stats.cache_misses.values()) for f in (square.shared, square_and.shared)))
"""
RESULTS = [42 * 42 + 3, 42 * 42 - 3]


def both_in(cache):
    """Run both kernels; return how often `square` and `square_and` were not found on disk."""
    plus, minus, *missed = map(int, run_python(BOTH, NUMBA_CACHE_DIR=str(cache)).split())
    assert [plus, minus] == RESULTS
    return missed


def files_of(cache):
    return {path.name.partition("-")[0]: path for path in cache.rglob("*.kernel")}


def test_kernels_share_a_function(tmp_path):
    assert both_in(tmp_path) == [1, 2]  # square_and: for a number and for None
    assert len(list(tmp_path.rglob("*.kernel"))) == 5
    assert both_in(tmp_path) == [0, 0]


@pytest.mark.parametrize("missing", ["square", "square_and", "square_plus_3"])
def test_what_is_missing_is_compiled_again(tmp_path, missing):
    both_in(tmp_path)
    files_of(tmp_path)[missing].unlink()
    both_in(tmp_path)
    assert both_in(tmp_path) == [0, 0]


def test_a_damaged_file_is_compiled_again(tmp_path):
    both_in(tmp_path)
    file = files_of(tmp_path)["square"]
    file.write_bytes(file.read_bytes()[:-1])
    assert both_in(tmp_path) == [1, 0]
    assert both_in(tmp_path) == [0, 0]


def test_without_files_each_process_compiles(tmp_path):
    (tmp_path / "file").touch()
    for _ in range(2):
        assert both_in(tmp_path / "file") == [1, 2]


def test_nothing_is_compiled_where_numba_is_told_so(tmp_path):
    script = BOTH.rpartition("print")[0].rpartition("print")[0] + "print(square_plus_3(42))"
    printed = run_python(script, NUMBA_CACHE_DIR=str(tmp_path), NUMBA_DISABLE_JIT="1")
    assert int(printed) == RESULTS[0]


def test_a_change_in_another_file_is_seen(tmp_path):
    """The kernel's own file is the same: its machine code would call what is no longer there."""
    (tmp_path / "kernel.py").write_text(
        textwrap.dedent("""
            from fusedmlp.kernels.compilation.jit import compiled
            from called import f
            @compiled
            def g(x): return f(x)
        """)
    )
    lines = """
        from numba import types
        from fusedmlp.kernels.compilation.jit import shared
        @shared(types.int64)
        def f(x): return x + {}
    """
    script = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from kernel import g; print(g(1))"
    for constant in (1, 20):
        (tmp_path / "called.py").write_text(textwrap.dedent(lines).format(constant))
        for _ in range(2):
            assert int(run_python(script, NUMBA_CACHE_DIR=str(tmp_path))) == 1 + constant
