"""What the command line tells about the machine, and about what it keeps on its disk."""

import os
import re
import subprocess
import sys

import pytest

import fusedmlp
from tests.processes import CACHE_VARIABLES, ROOT, run_python

NAME = "tiny-" + "0123456789abcdef" * 4 + ".kernel"


def info(*words, **environment):
    inherited = {k: v for k, v in os.environ.items() if k not in CACHE_VARIABLES}
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "fusedmlp", "info", *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**inherited, **environment},
        check=False,
    )


def lines(done):
    """The lines that were printed: names and what they are."""
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return dict(re.split(r"  +", line, maxsplit=1) for line in done.stdout.splitlines())


def test_versions_machine_and_cache_are_told_and_the_cache_is_emptied(tmp_path):
    environment = {"NUMBA_CACHE_DIR": str(tmp_path), "NUMBA_NUM_THREADS": "1"}
    told = lines(info(**environment))
    assert told["fusedmlp"] == fusedmlp.__version__
    packages = ["Python", "NumPy", "Numba", "llvmlite", "SciPy", "scikit-learn"]
    assert all(re.match(r"\d+\.\d+", told[name]) for name in packages)
    assert re.fullmatch(r".+; to LLVM, [\w.-]+", told["processor"])
    assert re.match(r"(16|32|64) bytes: (4|8|16) numbers of float32", told["vector width"])
    assert told["threads"] == "1"
    folder = tmp_path / "fusedmlp"
    assert told["cache folder"] == str(folder)
    assert told["cache size"] == "0 files, 0.0 MB"

    (folder / NAME).write_bytes(bytes(1_500_000))
    (folder / "tmp-a_1.kernel").write_bytes(bytes(500_000))
    (folder / "notes.kernel").touch()  # not this package's
    assert lines(info(**environment))["cache size"] == "2 files, 2.0 MB"
    done = info("--clear-cache", **environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"Removed 2 files, 2.0 MB, from {folder}.\n"
    assert [path.name for path in folder.iterdir()] == ["notes.kernel"]


def test_what_cannot_be_removed_is_told(tmp_path):
    folder = tmp_path / "fusedmlp"
    (folder / NAME / "full").mkdir(parents=True)
    (folder / NAME.replace("tiny", "other")).touch()
    done = info("--clear-cache", NUMBA_CACHE_DIR=str(tmp_path))
    assert done.returncode == 1
    assert done.stdout == f"Removed 1 files, 0.0 MB, from {folder}.\n"
    assert re.fullmatch(rf"error: cannot remove .*: {folder / NAME}\n", done.stderr)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no owner here")
def test_a_folder_that_is_refused_is_told_and_left_alone(tmp_path):
    folder = tmp_path / "fusedmlp"
    folder.mkdir()
    (folder / NAME).touch()
    folder.chmod(0o777)
    told = lines(info(NUMBA_CACHE_DIR=str(tmp_path)))["cache folder"]
    assert told == f"none: others may write to {folder}; forbid it with: chmod go-w '{folder}'"
    done = info("--clear-cache", NUMBA_CACHE_DIR=str(tmp_path))
    assert done.returncode == 1
    assert f"error: there is no cache to clear: others may write to {folder}" in done.stderr
    assert (folder / NAME).exists()


def test_without_a_home_there_is_none():
    assert lines(info(HOME="/dev/null"))["cache folder"] == "none: File exists: /dev/null"


@pytest.mark.parametrize(("place", "sentence"), [
    ({"NUMBA_CACHE_DIR": "{folder}"}, "compiled once, they are kept in {folder}/fusedmlp."),
    ({"XDG_CACHE_HOME": "{folder}"}, "compiled once, they are kept in {folder}/fusedmlp."),
    ({"HOME": "/dev/null"}, "they are not kept on disk: File exists: /dev/null."),
    ({"NUMBA_DISABLE_JIT": "1"}, "they are not kept on disk: nothing is compiled, since "
     "NUMBA_DISABLE_JIT is set."),
])  # fmt: skip
def test_what_is_said_about_the_kernels_is_true(tmp_path, place, sentence):
    script = """
        from fusedmlp.command.info import where_kept
        from tests.kernels.compilation.tiny import tiny
        tiny(42)
        print(where_kept())
    """
    environment = {name: value.format(folder=tmp_path) for name, value in place.items()}
    said = run_python(script, **environment).strip()
    assert said == sentence.format(folder=tmp_path)
    assert bool(list(tmp_path.rglob("*.kernel"))) == said.startswith("compiled once")


def test_the_command_does_not_say_that_kernels_are_kept_where_they_are_not(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("a,b\n" + "1,2\n2,3\n3,5\n" * 10)
    words = ["train", str(table), "--target", "b", "--epochs", "1", "--networks", "1"]
    done = subprocess.run(
        [sys.executable, "-m", "fusedmlp", *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "NUMBA_CACHE_DIR": "/dev/null"},
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(
        r"kernels were ready in .* they are not kept on disk: .*/dev/null", done.stdout
    )
