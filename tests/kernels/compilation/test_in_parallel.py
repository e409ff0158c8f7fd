"""Other processes compile shared functions; whatever becomes of them, this one gets its results."""

import signal
import sys

import pytest
from numba import config

from fusedmlp.kernels.compilation import in_parallel
from tests.processes import TRAIN, run_python

START = """
import sys
from numba import types
from fusedmlp.kernels.compilation import in_parallel
from fusedmlp.kernels.compilation.shared import SharedCall
from tests.kernels.compilation.tiny_shared import square, square_plus_3
in_parallel.available_threads = lambda: 2
call = SharedCall("tests.kernels.compilation.tiny_shared", "square", (types.int64,))
"""
ASK = START + "in_parallel.ask_for(call.symbol(), call)\n(process,) = in_parallel._processes\n"
LET_IT_END = "in_parallel.SECONDS_TO_END = 60; in_parallel.end()"
RESULT = """
print(square_plus_3(42), sum(square.shared._compiled.stats.cache_misses.values()))
assert in_parallel._processes == []
assert process.returncode is not None
"""


def result_of(script, cache):
    """Return the result, and how often `square` was not found on disk."""
    result, missed = run_python(script + RESULT, NUMBA_CACHE_DIR=str(cache)).split()
    assert int(result) == 42 * 42 + 3
    return int(missed)


def test_another_process_compiles(tmp_path):
    assert result_of(ASK + LET_IT_END + "; assert process.returncode == 0", tmp_path) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT, signal.SIGSTOP])
def test_a_process_that_is_ended_or_stopped_is_not_waited_for(tmp_path, sent):
    assert result_of(ASK + f"process.send_signal({int(sent)})", tmp_path) == 1


def test_a_process_that_cannot_work_is_no_error(tmp_path):
    broken = START + "in_parallel.SCRIPT = 'raise SystemExit(3)'\nin_parallel.prepare()\n"
    ended = "(process,) = in_parallel._processes; assert process.wait(60) == 3"
    assert result_of(broken + ended, tmp_path) == 1


def test_a_process_with_other_settings_compiles_nothing(tmp_path):
    other = ASK.replace("call.symbol()", "'another'")
    assert result_of(other + LET_IT_END, tmp_path) == 1


def test_processes_end_where_a_compilation_fails(tmp_path):
    script = """
        from fusedmlp.kernels.compilation import in_parallel, pipeline
        in_parallel.available_threads = lambda: 2
        started, start = [], in_parallel._start
        in_parallel._start = lambda: started.append(start()) or started[-1]
        def interrupted(calls):
            assert in_parallel._processes == started != []
            raise KeyboardInterrupt
        pipeline.provide_all, provide_all = interrupted, pipeline.provide_all
        import fusedmlp
        def train():
            return fusedmlp.train([[0.0], [1.0]] * 8, [0.0, 1.0] * 8, batch_size=4, epochs=2)
        try:
            train()
        except KeyboardInterrupt:
            assert in_parallel._processes == []
            assert all(process.returncode is not None for process in started)
        pipeline.provide_all = provide_all
        print(train().epochs)
    """
    assert run_python(script, NUMBA_CACHE_DIR=str(tmp_path)).split() == ["2"]


@pytest.fixture
def could_start(tmp_path, monkeypatch):
    """Start no process, but count those that would be."""
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(in_parallel, "available_threads", lambda: 3)
    monkeypatch.setattr(in_parallel, "_processes", [])
    monkeypatch.setattr(in_parallel, "_start", object)

    def count():
        for _ in range(4):
            in_parallel.prepare()
        return len(in_parallel._processes)

    return count


def test_there_is_a_process_for_each_further_core(could_start, monkeypatch):
    assert could_start() == 2
    monkeypatch.setattr(in_parallel, "available_threads", lambda: 100)
    assert could_start() == in_parallel.MOST_PROCESSES


@pytest.mark.parametrize(
    ("where", "name", "value"),
    [
        (in_parallel, "available_threads", lambda: 1),
        (sys, "executable", "/usr/bin/uwsgi"),
        (sys, "executable", ""),
        (sys, "executable", None),
        (sys, "frozen", True),
        (config, "CACHE_DIR", "/dev/null"),
    ],
    ids=["one core", "a server", "empty", "unknown", "frozen", "nothing is kept"],
)
def test_no_process_is_started(could_start, monkeypatch, where, name, value):
    monkeypatch.setattr(where, name, value, raising=False)
    assert could_start() == 0


def test_a_run_is_the_same_with_and_without_other_processes(tmp_path):
    script = TRAIN.replace("epochs=1000", "epochs=20, batch_size=2, optimizer='adam'")
    alone = run_python(script, NUMBA_CACHE_DIR=str(tmp_path / "alone"), NUMBA_NUM_THREADS="1")
    helped = run_python(script, NUMBA_CACHE_DIR=str(tmp_path / "helped"))
    assert alone == helped
