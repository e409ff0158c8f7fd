"""Help that reads: at any width no name is cut, and what matters most comes first."""

import os
import re
import subprocess
import sys

import pytest

from fusedmlp.command.flags import NO_FLAGS
from fusedmlp.options import OPTIONS
from tests.command.commands import fresh, run
from tests.processes import ROOT

FLAG = re.compile(r"^  (--[\w-]+)", re.MULTILINE)
MATTERS = ["--target", "--save", "--task", "--numbers", "--categories", "--drop"]
MATTERS += ["--class-weight", "--hidden", "--epochs", "--learning-rate"]
ALL_FLAGS = {f"--{name.replace('_', '-')}" for name in OPTIONS if name not in NO_FLAGS}


@pytest.mark.parametrize("columns", [80, 60, 200])
@pytest.mark.parametrize("words", [[], ["train"], ["predict"], ["show"], ["info"], ["warm-up"]])
def test_help_fits_the_terminal(columns, words):
    done = fresh(*words, "--help", environment={"COLUMNS": str(columns)})
    assert (done.returncode, done.stderr) == (0, "")
    assert max(len(line) for line in done.stdout.splitlines()) <= columns
    assert "…" not in done.stdout
    assert "..." not in done.stdout.replace("[ARGS]...", "")


@pytest.mark.parametrize("columns", [80, 60])
def test_all_names_are_whole(columns):
    shown = fresh("train", "--help-all", environment={"COLUMNS": str(columns)}).stdout
    assert max(len(line) for line in shown.splitlines()) <= columns
    assert set(FLAG.findall(shown)) >= ALL_FLAGS | set(MATTERS)
    assert not re.search(r"--[\w-]+-\n", shown)
    titles = re.findall(r"^(\w+):$", shown, re.MULTILINE)
    assert titles[:4] == ["Arguments", "Options", "Table", "Network"]
    assert titles[4:] == ["Steps", "Regularisation", "Control"]


def test_the_ten_options_that_matter_come_first():
    shown = run("train", "--help").stdout
    found = FLAG.findall(shown)
    assert found[:10] == MATTERS
    assert set(found[10:]) == {"--json", "--quiet", "--help-all", "--help"}
    hidden = len(FLAG.findall(run("train", "--help-all").stdout)) - len(found)
    assert f"{hidden} more options" in shown
    assert "train --help-all" in shown
    assert len(shown.splitlines()) < 50


def completed(*words):
    """What bash is told when a user types the words and presses the tabulator."""
    line = " ".join(["fusedmlp", *words])
    script = "import sys; sys.argv[0] = 'fusedmlp'; from fusedmlp.__main__ import main; main()"
    environment = {"_FUSEDMLP_COMPLETE": "complete_bash", "COMP_WORDS": line}
    environment["COMP_CWORD"] = str(len(words))
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        cwd=ROOT,
        check=False,
    )
    return done.stdout.split()


def test_the_shell_completes_commands_flags_and_choices():
    assert set(completed("tr")) == {"train"}
    assert set(completed("train", "x.csv", "--learning-rate-f")) == {"--learning-rate-final"}
    assert set(completed("train", "x.csv", "--optimizer", "adam")) == {"adam", "adamw"}
    assert set(completed("train", "x.csv", "--task", "c")) == {"classes", "counts"}
    assert "--install-completion" in run("--help").stdout
