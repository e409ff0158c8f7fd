"""The command line as a whole: digits, versions, missing packages, both ways to start it."""

import importlib.util
import re
import subprocess
import sys

import pytest

import fusedmlp
from tests.command.commands import fresh, run, scores


def test_without_arguments_it_learns_digits_in_a_pipe():
    done = fresh()
    assert done.returncode == 0, done.stderr
    assert "rror" not in done.stderr
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", done.stdout + done.stderr)
    assert "Kernels ready in" in done.stdout
    compiled, twin = scores(done.stdout, "accuracy on held-out rows")
    assert compiled > 96.5
    assert twin == pytest.approx(compiled, abs=1)
    assert len(scores(done.stdout, "seconds")) == 2
    rates = scores(done.stdout, "epochs per second")
    assert all(rate > 0 for rate in rates)
    assert "times as long" in done.stdout
    assert "python -m fusedmlp train table.csv --target COLUMN" in done.stdout


def test_version():
    assert run("--version").stdout == f"fusedmlp {fusedmlp.__version__}\n"


def test_a_command_that_is_none_is_a_wrong_word():
    done = run("trian")
    assert done.exit_code == 2
    assert "No such command 'trian'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("package", ["typer", "rich", "pandas"])
def test_missing_package_names_the_extra(tmp_path, package):
    assert importlib.util.find_spec(package)
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    block = f"""
import importlib.util, sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name == {package!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Block())
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == {package!r} else find(name, *rest)
from fusedmlp.__main__ import main
sys.argv = ["fusedmlp", "train", {str(tmp_path / "table.csv")!r}, "--target", "b", "--quiet"]
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", block], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert re.fullmatch(rf"error: .*{package}.*: pip install 'fusedmlp\[cli\]'\n", done.stderr)


def test_the_script_is_the_module(wine):
    words = ["train", str(wine), "--target", "nope", "--quiet"]
    code = "import sys; from fusedmlp.__main__ import main; sys.argv[0] = 'fusedmlp'; main()"
    script = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=False
    )
    module = fresh(*words)
    assert script.returncode == module.returncode == 1
    assert script.stderr == module.stderr
