"""What is said while something takes long: on a terminal, in a pipe, and never where not wanted."""

import os
import pty
import re
import subprocess
import sys
import threading

import pytest

from fusedmlp.command import progress
from fusedmlp.command.learning import Watch
from tests.processes import ROOT


class Record:
    def __init__(self, epoch, loss=0.5, validation_loss=None):
        self.epoch, self.loss, self.validation_loss = epoch, loss, validation_loss


def on_a_terminal(*words):
    """Run a command with a terminal of 80 columns for both outputs; return code and what it has."""
    leader, follower = pty.openpty()
    environment = {**os.environ, "COLUMNS": "80", "TERM": "xterm"}
    process = subprocess.Popen(
        [sys.executable, "-m", "fusedmlp", *map(str, words)],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env=environment,
        cwd=ROOT,
        close_fds=True,
    )
    os.close(follower)
    parts = []
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:  # Linux says so that the other side is closed
            break
        if not part:
            break
        parts.append(part)
    os.close(leader)
    return process.wait(), b"".join(parts).decode()


def test_a_terminal_sees_reading_preparing_and_training(diabetes):
    words = ["--epochs", 3000, "--patience", "none", "--networks", 2]
    code, shown = on_a_terminal("train", diabetes, "--target", "target", *words)
    assert code == 0, shown
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)
    places = [plain.find(words) for words in ("Reading", "Preparing", "Training", "R²")]
    assert -1 not in places
    assert places == sorted(places)
    assert re.search(r"network [12] of 2", plain)
    assert "Learnt 'target'" in plain
    assert "Traceback" not in plain


def test_a_pipe_gets_a_line_for_what_takes_long_and_not_twice(monkeypatch, capfd):
    monkeypatch.setattr(progress, "SECONDS_TO_FIRST_LINE", 0.05)
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.05)
    said, wait = [], threading.Event().wait
    with progress.progress(quiet=False) as show:
        show("Reading [red]x.csv")
        wait(0.5)
        show("Reading [red]x.csv", 0.5)
        wait(0.5)
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == ["Reading [red]x.csv ...", "Reading [red]x.csv 50% ..."]


@pytest.mark.parametrize("quiet", [True, False])
def test_what_is_quick_or_quiet_needs_no_words(monkeypatch, capfd, quiet):
    monkeypatch.setattr(progress, "SECONDS_TO_FIRST_LINE", 0.01 if quiet else 100.0)
    with progress.progress(quiet) as show:
        show("Reading")
        threading.Event().wait(0.2)
    assert capfd.readouterr() == ("", "")


def test_training_is_shown_as_a_share_of_all_networks(monkeypatch):
    monkeypatch.setattr("fusedmlp.command.learning.SECONDS_BETWEEN", 0.0)
    shown = []
    watch = Watch(lambda *words: shown.append(words), epochs=10, networks=2)
    for record in (Record(0), Record(9, validation_loss=0.25), Record(0), Record(4)):
        watch(record)
    assert [words[1:] for words in shown[1:]] == [
        (0.05, "network 1 of 2, epoch 1 of at most 10, loss 0.5"),
        (0.5, "network 1 of 2, epoch 10 of at most 10, loss 0.25"),
        (0.55, "network 2 of 2, epoch 1 of at most 10, loss 0.5"),
        (0.75, "network 2 of 2, epoch 5 of at most 10, loss 0.5"),
    ]
    assert watch.seconds_to_start > 0
