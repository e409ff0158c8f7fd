import importlib.util
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, load_wine
from typer.testing import CliRunner, Result

import fusedmlp
from fusedmlp.command.app import app


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def python(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, encoding="utf-8", check=False
    )


def scores(output: str, measure: str) -> list[float]:
    """Return the numbers of a row of the table that is printed."""
    (row,) = (line for line in output.splitlines() if re.match(rf"\W*{measure} ", line))
    cells = re.split("[│|]", row.removeprefix("│").removeprefix("|"))[1:]
    return [float(cell.strip().strip("%").replace(",", "")) for cell in cells if cell.strip()]


@pytest.fixture
def wine(tmp_path):
    frame = load_wine(as_frame=True).frame
    names = dict(enumerate(["Barolo", "Grignolino", "Barbera"]))
    frame.assign(target=frame["target"].map(names)).to_csv(tmp_path / "wine.csv", index=False)
    return tmp_path / "wine.csv"


@pytest.fixture
def diabetes(tmp_path):
    frame = load_diabetes(as_frame=True, scaled=False).frame
    frame.to_csv(tmp_path / "diabetes.tsv.gz", sep="\t", index=False)
    return tmp_path / "diabetes.tsv.gz"


@pytest.fixture
def mixed(tmp_path):
    """Semicolons, spaces and other alphabets, a rule to learn, and columns of no use."""
    random, rows = np.random.default_rng(0), 400
    frame = pd.DataFrame(
        {
            "name": [f"person {row}" for row in range(rows)],
            "größe in cm": random.normal(170, 10, rows),
            "都市": random.choice(["東京", "大阪", None], rows),
            "smoker": random.choice([True, False], rows),
            "constant": 1,
        }
    )
    tall = frame["größe in cm"] > 170
    frame["[red]ja oder nein"] = np.where(tall ^ frame["smoker"], "ja", "nein")
    frame.loc[::40, "größe in cm"] = None
    frame.loc[1::100, "[red]ja oder nein"] = None
    frame.to_csv(tmp_path / "mixed.csv", sep=";", decimal=",", index=False)
    return tmp_path / "mixed.csv"


def test_without_arguments_it_learns_digits_in_a_pipe():
    done = python("-m", "fusedmlp")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", done.stdout)
    assert "Kernels ready in" in done.stdout
    compiled, twin = scores(done.stdout, "accuracy on held-out rows")
    assert compiled > 96.5
    assert twin == pytest.approx(compiled, abs=1)
    assert len(scores(done.stdout, "seconds")) == 2
    rates = scores(done.stdout, "epochs per second")
    assert all(rate > 0 for rate in rates)
    assert "times as long" in done.stdout
    assert "python -m fusedmlp train table.csv --target COLUMN" in done.stdout


def test_classes(wine):
    result = run("train", wine, "--target", "target")
    assert result.exit_code == 0, result.output
    held_out, usual, learnt = scores(result.stdout, "accuracy")
    assert held_out > 93
    assert learnt > 97
    assert usual == 40
    assert "always 'Grignolino'" in result.stdout
    assert "A 13-64-3 network learnt 'target' (3 classes) from 133 rows in 50 epochs" in (
        result.stdout
    )
    assert result.stderr == ""


def test_numbers(diabetes):
    result = run("train", diabetes, "--target", "target")
    assert result.exit_code == 0, result.output
    held_out, usual, learnt = scores(result.stdout, "R²")
    assert 0.2 < held_out < learnt
    assert usual == pytest.approx(0, abs=0.01)
    error, usual_error, _ = scores(result.stdout, "root mean squared error")
    assert error < 64 < 70 < usual_error  # in the target's units, of which it has 25 to 346
    assert "A 10-64-1 network learnt 'target' (numbers) from 331 rows" in result.stdout


def test_mixed_columns(mixed):
    result = run("train", mixed, "--target", "[red]ja oder nein")
    assert result.exit_code == 0, result.output
    held_out, usual, _ = scores(result.stdout, "accuracy")
    assert held_out > 85
    assert usual < 60
    for note in (
        "Left out 4 rows without a target.",
        "Left out column 'name': nearly every row has another text.",
        "Left out column 'constant': it is 1 wherever it has a value.",
        "Missing values taken as their median: 'größe in cm' (10 rows).",
        "Missing values taken as a category of its own: '都市'",
        "learnt '[red]ja oder nein' (2 classes) from 297 rows",
    ):
        assert note in result.stdout


def test_flags_reach_the_network(wine):
    words = ["train", wine, "--target", "target", "--backend", "reference", "--epochs", 7]
    words += ["--hidden", "8,4", "--no-bias", "--activation", "tanh", "--dtype", "float64"]
    result = run(*words, "--test-size", 0.5, "--batch-size", 16, "--random-state", 3)
    assert result.exit_code == 0, result.output
    assert "A 13-8-4-3 network learnt 'target' (3 classes) from 89 rows in 7 epochs" in (
        result.stdout
    )
    assert "Kernels" not in result.stdout  # nothing is compiled


@pytest.mark.parametrize("optimizer", ["adam", "rprop", "lbfgs", "rmsprop"])
def test_another_optimizer_needs_no_other_flag(wine, optimizer):
    words = ["train", wine, "--target", "target", "--backend", "reference", "--epochs", 9]
    result = run(*words, "--optimizer", optimizer)
    assert result.exit_code == 0, result.output
    refused = run(*words, "--optimizer", "adam", "--momentum", 0.9)
    assert refused.exit_code == 2
    assert "momentum=0.9 must come with optimizer 'sgd'" in refused.output


def test_no_hidden_layer_and_the_other_task(wine, diabetes):
    result = run("train", wine, "--target", "alcohol", "--hidden", "none", "--separator", ",")
    assert "A 15-1 network learnt 'alcohol' (numbers)" in result.stdout
    result = run("train", diabetes, "--target", "sex", "--task", "numbers", "--separator", "tab")
    assert "A 10-64-1 network learnt 'sex' (numbers)" in result.stdout


def test_same_seed_same_scores(diabetes):
    tables = [
        re.findall("[│|].*", run("train", diabetes, "--target", "target", *more).stdout)
        for more in ((), (), ("--random-state", 1))
    ]
    assert tables[0] == tables[1] != tables[2]


def test_run_that_learns_by_heart_is_told(diabetes):
    result = run("train", diabetes, "--target", "target", "--epochs", 300)
    assert "no better than always the mean" in result.stdout


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 2, "choose what to predict with --target; the columns are 'alcohol', 'malic_acid'"),
        (["--target", "nope"], 1, "there is no column 'nope'; the columns are 'alcohol'"),
        (["--target", "target", "--task", "numbers"], 1, "column 'target' holds no numbers"),
        (["--target", "alcohol", "--task", "classes"], 1, "126 different values in 178 rows"),
        (["--target", "target", "--task", "both"], 2, "task must be one of 'classes', 'numbers'"),
        (["--target", "target", "--momentum", "2"], 2, "below 1, got 2.0"),
        (["--target", "target", "--activation", "soft"], 2, "activation must be one of 'sigmoid'"),
        (["--target", "target", "--init", "zero"], 2, "init must be one of 'uniform', 'glorot'"),
        (["--target", "target", "--dtype", "int8"], 2, "dtype must be 'float32' or 'float64'"),
        (["--target", "target", "--hidden", "a"], 2, "hidden must be as 64,32 or none, got 'a'"),
        (["--target", "target", "--hidden", "0"], 2, "each at least 1, got (0,)"),
        (["--target", "target", "--test-size", "1"], 2, "test_size must be a finite number above"),
        (["--target", "target", "--test-size", "0.999"], 1, "two rows or more on either side"),
        (["--target", "target", "--random-state", "-1"], 2, "random_state must be in 0..2**32"),
        (["--target", "target", "--nesterov", "--momentum", "0"], 2, "must come with momentum > 0"),
        (["--target", "target", "--separator", "ab"], 1, "separator must be one character"),
    ],
)
def test_wrong_words(wine, words, code, message):
    result = run("train", wine, *words)
    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert message in result.stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no file"),
        ("", "is empty"),
        ("a,b\n", "at least 10 rows with a target, got 0"),
        ("a,b\n1,2\n3,4\n", "at least 10 rows with a target, got 2"),
        ("b\n" + "1\n2\n" * 10, "there is no column left to learn from"),
        ("a,b\n" + "1,x\n2,x\n" * 10, "got x in every row"),
    ],
)
def test_wrong_files(tmp_path, content, message):
    path = tmp_path / "table.csv"
    if content is not None:
        path.write_text(content)
    result = run("train", path, "--target", "b")
    assert result.exit_code == 1
    assert re.fullmatch(r"error: .*\n", result.stderr)
    assert message in result.stderr


@pytest.mark.parametrize("backend", ["kernels", "reference"])
def test_diverging_run_is_an_error_with_advice(diabetes, backend):
    words = ["--learning-rate", 1e6, "--activation", "identity", "--backend", backend]
    result = run("train", diabetes, "--target", "target", *words)
    assert result.exit_code == 1
    assert re.fullmatch(
        r"error: training diverged: a weight was no longer finite after epoch \d+; "
        r"try a smaller --learning-rate, such as 100000\n",
        result.stderr,
    )


def test_words_that_typer_refuses(wine):
    result = run("train", wine, "--epochs", "many")
    assert result.exit_code == 2
    assert "--epochs" in result.stderr


def test_help_names_the_commands():
    result = run("--help")
    assert result.exit_code == 0
    assert "Train on a table of your own" in result.stdout


def test_version():
    assert run("--version").stdout == f"fusedmlp {fusedmlp.__version__}\n"


@pytest.mark.parametrize("package", ["typer", "rich", "pandas"])
def test_missing_package_names_the_extra(tmp_path, package):
    assert importlib.util.find_spec(package)
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    block = f"""
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name == {package!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Block())
from fusedmlp.__main__ import main
sys.argv = ["fusedmlp", "train", {str(tmp_path / "table.csv")!r}, "--target", "b"]
main()
"""
    done = python("-c", block)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        f"error: the command line needs the package {package}, which is not installed: "
        "pip install 'fusedmlp[cli]'\n"
    )


def test_the_script_is_the_module(wine):
    words = ["train", str(wine), "--target", "nope"]
    code = "import sys; from fusedmlp.__main__ import main; sys.argv[0] = 'fusedmlp'; main()"
    script, module = python("-c", code, *words), python("-m", "fusedmlp", *words)
    assert script.returncode == module.returncode == 1
    assert script.stderr == module.stderr
