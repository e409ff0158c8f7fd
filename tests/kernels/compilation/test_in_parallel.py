"""Other processes compile shared functions; whatever becomes of them, this one gets its results."""

import signal
import sys

import pytest
from numba import config

from fusedmlp.kernels.compilation import in_parallel
from tests.processes import TRAIN, run_python

START = """
import os, sys
sys.path.insert(1, os.getcwd())
from numba import types
from fusedmlp.kernels.compilation import in_parallel
from fusedmlp.kernels.compilation.shared import SharedCall
from tests.kernels.compilation.tiny_shared import square, square_plus_3
in_parallel.available_threads = lambda: 2
call = SharedCall("tests.kernels.compilation.tiny_shared", "square", (types.int64,))
symbol = call.function().symbol(call.arguments)
in_parallel.prepare()
(process, requests), = in_parallel._helpers
"""
ASK = START + "in_parallel.ask_for(symbol, call)\n"
LET_IT_END = "requests.close(); process.wait(60); in_parallel._helpers.clear()"
RESULT = """
print(square_plus_3(42), sum(square.shared._compiled.stats.cache_misses.values()))
in_parallel.end()
assert in_parallel._helpers == []
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
    # A shell that runs the tests in its background has them, and their children, ignore Ctrl-C.
    heeded = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    assert result_of(heeded + ASK + f"process.send_signal({int(sent)})", tmp_path) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal there")
def test_a_process_that_has_ended_sends_no_signal(tmp_path):
    """Programs that want to end with the process that reads their output have this of SIGPIPE."""
    default = "import signal; signal.signal(signal.SIGPIPE, signal.SIG_DFL)\n"
    killed = "process.kill(); process.wait()\n" + 2 * "in_parallel.ask_for(symbol, call)\n"
    assert result_of(default + START + killed, tmp_path) == 1


def test_what_cannot_be_pickled_is_compiled_here(tmp_path):
    assert result_of(START + "in_parallel.ask_for(symbol, lambda: call)", tmp_path) == 1


def test_types_that_are_only_tried_need_not_compile(tmp_path):
    tried = "from types import SimpleNamespace\ndef fails(): raise TypeError\n" + START
    asked = "call = SimpleNamespace(function=fails)\nin_parallel._asked.append(call)\n"
    assert result_of(tried + asked, tmp_path) == 1


def test_a_default_timeout_of_sockets_is_not_that_of_a_process(tmp_path):
    timeout = "import socket; socket.setdefaulttimeout(10)\n"
    assert result_of(timeout + ASK + LET_IT_END, tmp_path) == 0


def test_a_process_with_other_settings_compiles_nothing(tmp_path):
    assert result_of(ASK.replace("(symbol, call)", "('x', call)") + LET_IT_END, tmp_path) == 1


def test_a_process_imports_nothing_from_the_current_folder(tmp_path):
    (tmp_path / "numba.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    there = START.replace(
        "in_parallel.prepare()", f"os.chdir({str(tmp_path)!r}); in_parallel.prepare()"
    )
    assert "os.chdir" in there
    assert result_of(there + "in_parallel.ask_for(symbol, call)\n" + LET_IT_END, tmp_path) == 0
    assert not (tmp_path / "ran").exists()


def test_processes_end_where_a_compilation_fails(tmp_path):
    script = """
        from fusedmlp.kernels.compilation import in_parallel, pipeline
        in_parallel.available_threads = lambda: 2
        started = []
        def interrupted():
            started.extend(in_parallel._helpers)
            raise KeyboardInterrupt
        compile_all, pipeline.compile_what_was_asked = pipeline.compile_what_was_asked, interrupted
        import fusedmlp
        def train():
            return fusedmlp.train([[0.0], [1.0]] * 8, [0.0, 1.0] * 8, batch_size=4, epochs=2)
        try:
            train()
        except KeyboardInterrupt:
            assert in_parallel._helpers == []
            assert [helper.process.returncode is None for helper in started] == [False]
        pipeline.compile_what_was_asked = compile_all
        print(train().epochs)
    """
    assert run_python(script, NUMBA_CACHE_DIR=str(tmp_path)).split() == ["2"]


@pytest.fixture
def could_start(tmp_path, monkeypatch):
    """Start no process, but count those that would be."""
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(in_parallel, "available_threads", lambda: 3)
    monkeypatch.setattr(in_parallel, "_helpers", [])
    monkeypatch.setattr(in_parallel, "_start", lambda: in_parallel._helpers.append(object()))

    def count():
        for _ in range(4):
            in_parallel.prepare()
        return len(in_parallel._helpers)

    return count


def test_a_process_that_is_interrupted_at_its_start_ends(tmp_path):
    script = """
        from fusedmlp.kernels.compilation import in_parallel
        in_parallel.available_threads = lambda: 2
        started = []
        def interrupted(helper, message):
            started.append(helper.process)
            raise KeyboardInterrupt
        in_parallel.Helper.send = interrupted
        import fusedmlp
        try:
            fusedmlp.train([[0.0], [1.0]] * 8, [0.0, 1.0] * 8, batch_size=4, epochs=2)
        except KeyboardInterrupt:
            print(in_parallel._helpers, [process.returncode is None for process in started])
    """
    assert run_python(script, NUMBA_CACHE_DIR=str(tmp_path)) == "[] [False]\n"


def test_there_is_a_process_for_each_further_core(could_start, monkeypatch):
    assert could_start() == 2
    monkeypatch.setattr(in_parallel, "available_threads", lambda: 100)
    assert could_start() == in_parallel.MOST_PROCESSES


def test_a_process_that_cannot_be_started_is_no_error(could_start, monkeypatch):
    def forbidden():
        raise RuntimeError("no subprocesses here")

    monkeypatch.setattr(in_parallel, "_start", forbidden)
    assert could_start() == 0


@pytest.mark.parametrize(
    ("where", "name", "value"),
    [
        (in_parallel, "available_threads", lambda: 1),
        (sys, "executable", "/usr/bin/uwsgi"),
        (sys, "executable", ""),
        (sys, "executable", None),
        (sys, "frozen", True),
        (sys, "platform", "win32"),
        (config, "CACHE_DIR", "/dev/null"),
    ],
    ids=["one core", "a server", "empty", "unknown", "frozen", "no locks", "nothing is kept"],
)
def test_no_process_is_started(could_start, monkeypatch, where, name, value):
    monkeypatch.setattr(where, name, value, raising=False)
    assert could_start() == 0


def test_a_run_is_the_same_with_and_without_other_processes(tmp_path):
    script = TRAIN.replace("epochs=1000", "epochs=20, batch_size=2, optimizer='adam'")
    alone = run_python(script, NUMBA_CACHE_DIR=str(tmp_path / "alone"), NUMBA_NUM_THREADS="1")
    helped = run_python(script, NUMBA_CACHE_DIR=str(tmp_path / "helped"))
    assert alone == helped
