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
    return {path.name.partition("-")[0]: path for path in cache.rglob("square*.kernel")}


def test_kernels_share_a_function(tmp_path):
    assert both_in(tmp_path) == [1, 2]  # square_and: for a number and for None
    assert len(files_of(tmp_path)) == 4
    assert len(list(tmp_path.rglob("square_and-*.kernel"))) == 2
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


def test_an_error_is_raised_where_the_kernel_is_called(tmp_path):
    script = """
        from tests.kernels.compilation.tiny_shared import refused_or_square
        try:
            refused_or_square(-1)
        except ValueError as error:
            print(error, refused_or_square(3))
    """
    for _ in range(2):
        printed = run_python(script, NUMBA_CACHE_DIR=str(tmp_path))
        assert printed == "x must be at least 0 9\n"


def test_machine_code_of_others_is_kept_without_addresses(tmp_path):
    """Numba's own cache would keep the symbol of a place that the next process does not have."""
    (tmp_path / "caller.py").write_text(
        textwrap.dedent("""
            import warnings
            import numba
            from tests.kernels.compilation.tiny_shared import square_plus_3
            @numba.njit(cache=True)
            def f(x): return square_plus_3(x)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", numba.NumbaWarning)
                print(f(42))
        """)
    )
    script = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import caller"
    for _ in range(2):
        assert int(run_python(script, NUMBA_CACHE_DIR=str(tmp_path))) == RESULTS[0]


def test_a_kernel_in_another_that_cannot_be_compiled_runs(tmp_path):
    script = """
        import numba
        from fusedmlp.kernels.compilation.jit import compiled
        from tests.kernels.compilation.tiny_shared import square_plus_3
        @numba.njit
        def fails(x): return x.missing
        @compiled
        def caller(x): return square_plus_3(x) + fails(x)
        try:
            caller(42)
        except numba.TypingError:
            print(square_plus_3(42))
    """
    assert int(run_python(script, NUMBA_CACHE_DIR=str(tmp_path))) == RESULTS[0]


def test_a_kernel_in_another_may_come_from_disk(tmp_path):
    script = """
        from fusedmlp.kernels.compilation.jit import compiled
        from tests.kernels.compilation.tiny_shared import square_plus_3
        @compiled
        def caller(x): return square_plus_3(x)
        print(caller(42))
    """
    both_in(tmp_path)
    assert int(run_python(script, NUMBA_CACHE_DIR=str(tmp_path))) == RESULTS[0]


def test_a_module_that_is_reloaded_leaves_its_functions_alive(tmp_path):
    script = """
        import gc, importlib
        from tests.kernels.compilation import tiny_shared
        before = tiny_shared.square_plus_3
        for _ in range(3):
            print(before(42), tiny_shared.square_plus_3(42))
            importlib.reload(tiny_shared)
            gc.collect()
            more = [bytes(100) for _ in range(10_000)]
    """
    printed = run_python(script, NUMBA_CACHE_DIR=str(tmp_path)).split()
    assert [int(result) for result in printed] == 6 * [RESULTS[0]]


def test_a_first_call_that_is_interrupted_can_be_repeated(tmp_path):
    """Ctrl-C comes while Numba imports what its compiler needs."""
    script = """
        import importlib.abc, sys
        from tests.kernels.compilation.tiny_shared import square_plus_3
        class Interruption(importlib.abc.MetaPathFinder):
            def find_spec(self, name, path, target=None):
                if name == "numba.np.random.generator_methods":
                    sys.meta_path.remove(self)
                    raise KeyboardInterrupt
        sys.meta_path.insert(0, Interruption())
        assert "numba.np.random.generator_methods" not in sys.modules
        try:
            square_plus_3(42)
        except KeyboardInterrupt:
            print(square_plus_3(42))
    """
    assert int(run_python(script, NUMBA_CACHE_DIR=str(tmp_path))) == RESULTS[0]


def test_a_function_whose_address_was_not_set_is_not_called(tmp_path):
    """Ctrl-C comes when the address is there, and before it is set."""
    script = """
        from fusedmlp.kernels.compilation.shared import Place
        from tests.kernels.compilation.tiny_shared import square_plus_3
        class Interrupted:
            def __init__(self, result):
                self.fndesc, self.library = result.fndesc, self
            def get_pointer_to_function(self, name):
                raise KeyboardInterrupt
        place_set = Place.set
        def interrupted(self, result):
            Place.set = place_set
            self.set(Interrupted(result))
        Place.set = interrupted
        try:
            square_plus_3(42)
        except KeyboardInterrupt:
            print(square_plus_3(42))
    """
    for _ in range(2):
        assert int(run_python(script, NUMBA_CACHE_DIR=str(tmp_path))) == RESULTS[0]
