"""What a first call says while it compiles: once, to a terminal or a notebook, after a second."""

import io
import sys
import time

import pytest

from fusedmlp.kernels.compilation import notice
from fusedmlp.kernels.compilation.notice import notice_of_compilation
from tests.processes import run_python

TEXT = "fusedmlp: compiling for this processor, which takes some seconds; kept on disk"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def _unsaid(monkeypatch):
    monkeypatch.setattr(notice._Notice, "said", False)
    monkeypatch.setattr(notice, "SECONDS", 0.02)
    monkeypatch.setattr(notice._Notice, "promised", False)
    monkeypatch.setattr(notice, "why_not_kept", lambda: "")
    monkeypatch.setattr(notice, "why_it_would_not_be_kept", lambda: "")
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)


def compile_for(seconds):
    with notice_of_compilation():
        time.sleep(seconds)


def test_a_terminal_is_told_once(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    compile_for(0.3)
    compile_for(0.3)
    assert sys.stderr.getvalue().count(TEXT) == 1


def test_what_is_quick_needs_no_words(monkeypatch):
    monkeypatch.setattr(notice, "SECONDS", 5.0)
    monkeypatch.setattr(sys, "stderr", Terminal())
    compile_for(0)
    assert sys.stderr.getvalue() == ""


def test_a_file_or_pipe_is_told_nothing(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    compile_for(0.1)
    assert sys.stderr.getvalue() == ""


def test_a_notebook_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipykernel", io)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    compile_for(0.3)
    assert TEXT in sys.stderr.getvalue()


def test_why_nothing_is_kept_is_told(monkeypatch):
    monkeypatch.setattr(notice, "why_it_would_not_be_kept", lambda: "the disk is full")
    monkeypatch.setattr(sys, "stderr", Terminal())
    compile_for(0.3)
    assert sys.stderr.getvalue().endswith("not kept on disk: the disk is full.\n")


def test_a_promise_that_was_not_kept_is_taken_back_once(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    with notice_of_compilation():
        time.sleep(0.3)
        assert TEXT in sys.stderr.getvalue()
        monkeypatch.setattr(notice, "why_not_kept", lambda: "the disk is full")
    compile_for(0)
    said = "fusedmlp: the machine code could not be kept on disk: the disk is full.\n"
    assert sys.stderr.getvalue().count(said) == 1


@pytest.mark.parametrize("kept", [True, False])
def test_what_is_promised_is_what_happens(tmp_path, kept):
    """A home below a file cannot be written to, not even by root."""
    home = tmp_path if kept else tmp_path / "file" / "home"
    (tmp_path / "file").touch()
    script = """
        import io, sys, time
        from fusedmlp.kernels.compilation import notice

        class Terminal(io.StringIO):
            isatty = lambda self: True

        sys.stderr, notice.SECONDS = Terminal(), 0.0
        from tests.kernels.compilation.tiny import tiny
        with notice.notice_of_compilation():
            while not notice._Notice.said:
                time.sleep(0.01)
            tiny(42)
        print(sys.stderr.getvalue())
    """
    said = run_python(script, HOME=str(home))
    assert ("kept on disk for the next time" in said) == kept
    assert ("not kept on disk: File exists" in said) != kept
    assert "could not be kept" not in said
    assert bool(list(tmp_path.rglob("*.kernel"))) == kept
