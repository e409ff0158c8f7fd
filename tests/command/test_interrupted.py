"""Ctrl-C while `fusedmlp train` works: one line, exit code 130, and what was learnt, if kept."""

import os
import signal
import subprocess
import sys
import time

import pytest

import fusedmlp
from tests.processes import ROOT

SECONDS = 120  # in which a process must get to what is waited for

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")

# The signal is ignored in processes that a shell starts in the background, and in theirs.
START = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from fusedmlp.__main__ import main
main()
"""


def interrupted(*words, when):
    """Run a command until it prints `when` on standard error; interrupt it, and return its end."""
    with subprocess.Popen(
        [sys.executable, "-c", START, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        begun, said = time.monotonic(), ""
        while when not in said:
            said = process.stderr.readline()
            assert said or process.poll() is None, "it ended by itself"
            assert time.monotonic() - begun < SECONDS
        os.kill(process.pid, signal.SIGINT)
        stdout, stderr = process.communicate(timeout=SECONDS)
    return process.returncode, stdout, stderr


def test_what_was_learnt_is_kept(diabetes, tmp_path):
    model = tmp_path / "model.fmlp"
    words = ["train", diabetes, "--target", "target", "--save", model]
    words += ["--epochs", 100_000_000, "--patience", "none", "--networks", 3]
    code, stdout, stderr = interrupted(*words, when="Training")
    last = stderr.splitlines()[-1]
    assert (code, stdout) == (130, "")
    assert last.startswith("error: interrupted; what was learnt in ")
    assert last.endswith(f"is kept in {model}")
    loaded = fusedmlp.tables.load(model)
    assert loaded.networks[-1].stopped.startswith("interrupted")
    assert loaded.scores.training["r2"] > 0.3


def test_what_nobody_keeps_is_gone(diabetes):
    words = ["train", diabetes, "--target", "target"]
    words += ["--epochs", 100_000_000, "--patience", "none", "--networks", 1]
    code, stdout, stderr = interrupted(*words, when="Training")
    assert (code, stdout) == (130, "")
    assert stderr.splitlines()[-1] == "error: interrupted"
    assert "Traceback" not in stderr


def test_while_it_reads():
    """Standard input that does not end is waited for."""
    with subprocess.Popen(
        [sys.executable, "-c", START, "train", "-", "--target", "b"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    ) as process:
        while b"Reading standard input" not in process.stderr.readline():
            assert process.poll() is None
        time.sleep(1)
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(SECONDS) == 130
        assert process.stderr.read().splitlines()[-1] == b"error: interrupted"
