"""Progress on a terminal, in a notebook and in a pipe; it says when a kernel is being compiled."""

import io
import os
import pty
import re
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

import fusedmlp
from fusedmlp.plan import compiling
from fusedmlp.training import display
from fusedmlp.training.display import COMPILING, STARTING, Shown, displayed
from tests.cases import Case, same_weights
from tests.processes import run_python

CASE = Case("", (3, 5, 2), 11, {"batch_size": 4, "backend": "reference"})
RUN = """
    import fusedmlp
    X, y = [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], [0, 1, 1, 0]
    fusedmlp.{}(
        X, y, epochs=300, patience=300, tol=0.0, progress=True, random_state=1, backend="reference"
    )
"""


def test_lines_in_a_pipe(capsys):
    X, y = CASE.data()
    quiet = fusedmlp.train(X, y, **CASE.arguments(epochs=500))
    assert capsys.readouterr().out == ""
    assert same_weights(quiet, fusedmlp.train(X, y, **CASE.arguments(epochs=500, progress=True)))
    lines = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"epoch 500 of 500  loss 0\.\d+  [\d,]+ epochs/s", lines[-1])


@pytest.mark.parametrize("optimizer", ["sgd", "lbfgs"])
def test_the_loss_is_that_of_the_history(optimizer, capsys):
    X, y = CASE.data()
    given = CASE.arguments(
        epochs=50, batch_size=None, optimizer=optimizer, sample_weight=np.full(11, 1000.0),
        learning_rate=None, loss="log_loss" if optimizer == "sgd" else "squared_error",
    )  # fmt: skip
    run = fusedmlp.train(X, y, **given, progress=True)
    shown = capsys.readouterr().out.splitlines()[-1].partition("loss ")[2].split()[0]
    assert shown == f"{run.history['loss'][-1]:.4g}"


def test_a_resumed_run_shows_no_loss_before_its_first_record(capsys):
    X, y = CASE.data()

    def train(epochs, **more):
        return fusedmlp.train(X, y, **CASE.arguments(epochs=epochs, record_every=100, **more))

    run = train(150)
    train(40, warm_start=run, progress=True)
    assert "loss" not in capsys.readouterr().out
    run = train(60, warm_start=run, progress=True)
    shown = capsys.readouterr().out.splitlines()[-1].partition("loss ")[2].split()[0]
    assert shown == f"{run.history['loss'][-1]:.4g}"


@pytest.mark.parametrize("function", ["train", "train_many"])
def test_a_pipe_gets_no_control_characters(function):
    printed = run_python(RUN.format(function))
    assert printed.replace("\n", "").isprintable()
    assert " of " in printed.splitlines()[-1]
    assert len(printed.splitlines()) < 10


def test_compiling_is_said_while_it_lasts(capsys, monkeypatch):
    monkeypatch.setattr(display, "FIRST_SECONDS", 0.01)
    monkeypatch.setattr(display, "MOST_SECONDS", 0.01)
    shown = Shown(7, "epoch {} of {}")
    with displayed(shown):
        for text in (STARTING, COMPILING, "loss 1"):
            (compiling.begin if text is COMPILING else compiling.end)(shown)
            shown.now = "loss 1" if text == "loss 1" else ""
            printed = ""
            while text not in printed:
                printed = capsys.readouterr().out
                time.sleep(0.01)
        shown.done = 7.0
    assert capsys.readouterr().out.splitlines()[-1] == "epoch 7 of 7  loss 1"


def test_lines_become_rare(capsys, monkeypatch):
    monkeypatch.setattr(display, "FIRST_SECONDS", 0.001)
    with displayed(Shown(7, "epoch {} of {}")):
        time.sleep(0.5)
    assert 2 <= len(capsys.readouterr().out.splitlines()) <= 10  # after 1, 3, 7 ms and so on


def test_a_kernel_says_that_it_is_being_compiled():
    printed = run_python("""
        from fusedmlp.plan.compiling import is_compiling
        from fusedmlp import kernels
        from fusedmlp.kernels.compilation import files
        seen = [is_compiling()]
        files.read = lambda name: None  # nothing is kept: it is compiled
        files.write = lambda *given: seen.append(is_compiling())
        kernels.mix(1, 2)
        print(*seen, is_compiling())
    """)
    assert printed.split() == ["False", "True", "False"]


def test_a_bar_on_a_terminal():
    """The script is given a pseudo-terminal, whose output is read until it ends."""
    main, other = pty.openpty()
    script = textwrap.dedent(RUN.format("train"))
    command, environment = (
        [sys.executable, "-W", "error", "-c", script],
        {**os.environ, "TERM": "xterm"},
    )
    with subprocess.Popen(command, stdout=other, env=environment) as process:
        os.close(other)
        printed = io.BytesIO()
        while chunk := _read(main):
            printed.write(chunk)
        assert process.wait() == 0
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", printed.getvalue().decode())
    assert "epoch 300 of 300" in text
    assert "━" in text
    assert "epochs/s" in text


def _read(descriptor):
    try:
        return os.read(descriptor, 4096)
    except OSError:  # the other end is closed
        return b""
