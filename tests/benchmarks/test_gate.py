"""benchmarks/gate: what it calls slower, and that a planted regression does not pass."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.gate import __main__ as command
from benchmarks.gate import versions
from benchmarks.gate.measure import Version, measured, prepared, workers
from benchmarks.gate.selection import BENCHMARKS
from benchmarks.gate.verdict import factor, judged
from tests.cases import SPEED_CASES

ROOT = Path(__file__).parents[2]
BENCHMARK = "gradient, 20-64-64-2"

# Put at the end of kernels/__init__.py: every call does its work four times, which is plain to see
# on a busy machine too. The limit itself is tested with given times.
PLANTED = """

_once = gradient


def gradient(*arguments):
    for _ in range(4):
        value = _once(*arguments)
    return value
"""


def times(base, head):
    return np.array([base, head], float).T


def test_seconds_that_are_allowed_are_not_counted():
    assert factor(times([2, 2, 2], [3, 3, 3]), allowed=0.5) == 1.25


def test_the_factor_is_what_all_rounds_show():
    assert factor(times([2, 2, 2], [3, 3, 3])) == 1.5
    assert factor(times([2, 4, 2], [3, 6, 3])) == 1.5


def test_slow_rounds_of_one_side_are_no_regression():
    assert factor(times([2, 2, 2], [2, 9, 9])) == 1.0  # the quickest was as quick
    assert factor(times([1, 2, 2], [2, 2, 2])) == 1.0  # most were as quick


def test_a_slow_core_is_no_regression():
    assert factor(times([2, 2, 3.2, 3.2], [2, 2, 3.2, 3.2])) == 1.0


def judge(first, again):
    asked = []

    def measure(names, second_time):
        asked.append(names)
        return {name: (again if second_time else first)[name] for name in names}

    return judged(measure, list(first), 1.25), asked


def test_what_looks_slower_is_measured_again_before_it_counts():
    even, slow = times([2, 2], [2, 2]), times([2, 2], [3, 3])
    verdict, asked = judge({"a": even, "b": slow}, {"b": even})
    assert asked == [["a", "b"], ["b"]]
    assert verdict.passed
    assert not verdict.slower

    verdict, asked = judge({"a": even, "b": slow}, {"b": slow})
    assert not verdict.passed
    assert verdict.slower == {"b": 1.5}
    assert "SLOWER: b takes 1.50 times as long as at abc, the limit is 1.25" in command.report(
        verdict, "abc"
    )


def test_nothing_is_measured_again_without_a_reason():
    even = times([2, 2], [2.4, 2.4])
    verdict, asked = judge({"a": even}, {})
    assert asked == [["a"]]
    assert "Nothing takes more than 1.25 times as long as at abc." in command.report(verdict, "abc")


def test_the_gate_covers_the_shared_cases():
    longest = "784-512-512-10"
    trained = {name.removeprefix("train ") for name in BENCHMARKS if name.startswith("train")}
    assert trained == {case.name for case in SPEED_CASES} - {longest}


def test_a_base_that_lacks_a_kernel_is_left_out_and_a_head_that_does_fails(tmp_path):
    def copy(name, more=""):
        source = tmp_path / name
        shutil.copytree(ROOT / "src", source)
        with (source / "fusedmlp" / "kernels" / "__init__.py").open("a") as file:
            file.write(more)
        return Version(source, tmp_path / f"{name} machine code")

    whole, lacking = copy("whole"), copy("lacking", "\ndel gradient\n")
    names = [BENCHMARK, "update, 20-64-64-2"]
    with workers((lacking, whole)) as pair:
        comparable, notes = prepared(pair, names)
        assert comparable == names[1:]
        assert notes[0].startswith(f"left out: {BENCHMARK}, which the base cannot do (Attribute")
        seconds = measured(pair, comparable, rounds=3)
        assert seconds[names[1]].shape == (3, 2)
        assert (seconds[names[1]] > 0).all()
    with (
        workers((whole, lacking)) as pair,
        pytest.raises(RuntimeError, match=f"{BENCHMARK}: AttributeError"),
    ):
        prepared(pair, names)


@pytest.fixture
def clone(tmp_path):
    """A repository of this package, with one commit."""
    root = tmp_path / "clone"
    for part in ("src", "benchmarks"):
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "tests").mkdir()
    for name in ("__init__.py", "cases.py"):
        shutil.copy(ROOT / "tests" / name, root / "tests")
    in_clone(root, "git", "init", "-q")
    commit(root)
    return root


def in_clone(root, *command):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root / "src"), str(root)])}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)


def commit(root):
    in_clone(root, "git", "add", "-A")
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    assert in_clone(root, "git", *who, "commit", "-q", "-m", "All").returncode == 0


def gate(root, *arguments):
    done = in_clone(root, sys.executable, "-m", "benchmarks.gate", *arguments)
    assert not done.stderr
    return done.returncode, done.stdout


def test_a_kernel_that_takes_four_times_as_long_does_not_pass(clone):
    assert gate(clone) == (
        0,
        "Passed: nothing to compare with (fatal: Needed a single revision).\n",
    )
    with (clone / "src" / "fusedmlp" / "kernels" / "__init__.py").open("a") as file:
        file.write(PLANTED)
    commit(clone)
    code, printed = gate(clone, "--only", "gradient")
    assert code == 1
    assert f"SLOWER: {BENCHMARK} takes " in printed
    assert "the limit is 1.25" in printed

    (clone / "README.md").write_text("Words")
    commit(clone)
    assert gate(clone)[1].startswith("Passed: src is the same as at ")


def test_a_kernel_that_does_something_else_does_not_pass(clone):
    with (clone / "src" / "fusedmlp" / "kernels" / "__init__.py").open("a") as file:
        file.write(PLANTED.replace("return value", "return 2 * value"))
    code, printed = gate(clone, "--base", "HEAD", "--only", "gradient")
    assert code == 1
    assert printed.startswith(f"Failed: {BENCHMARK}: AssertionError: Not equal to tolerance")


def test_a_base_that_is_asked_for_must_be_there(capsys):
    assert command.main(["--base", "no-such-commit"]) == 1
    assert capsys.readouterr().out.startswith("Failed: nothing to compare with (fatal: ")
    with pytest.raises(SystemExit):
        command.main(["--only", "nothing"])
    assert "--only must begin one of train 3-4-1, " in capsys.readouterr().err


def test_without_git_it_says_so_and_passes(monkeypatch, capsys):
    monkeypatch.setenv("PATH", "")
    assert command.main([]) == 0
    assert capsys.readouterr().out == "Passed: nothing to compare with (git is not installed).\n"


def test_files_that_git_does_not_know_are_a_change(clone, monkeypatch):
    monkeypatch.setattr(versions, "ROOT", clone)
    assert versions.same_source("HEAD")
    (clone / "src" / "fusedmlp" / "more.py").touch()
    assert not versions.same_source("HEAD")


def test_it_counts_its_false_alarms(monkeypatch, capsys):
    verdicts = iter(
        [
            judge({"a": times([2, 2], [2, 2])}, {})[0],
            judge({"a": times([2, 2], [3, 3])}, {"a": times([2, 2], [3, 3])})[0],
        ]
    )
    monkeypatch.setattr(command, "compared", lambda *_: next(verdicts))
    assert command.main(["--against-itself", "2"]) == 1
    printed = capsys.readouterr().out
    assert "1: at most 1.000 (a), measured again 0, slower 0\n" in printed
    assert "1 of 2 comparisons with itself failed at a limit of 1.25; the largest" in printed
