"""`fusedmlp predict` and `fusedmlp show`: from a model in a file to answers in a table."""

import io
import json
import subprocess
import sys

import pandas as pd
import pytest
from packaging.version import Version

import fusedmlp
from tests.command.commands import QUICK, WINES, fresh, run
from tests.processes import ROOT

# Later pandas reads all digits by default, and warns of the argument.
EXACT = {"float_precision": "round_trip"} if Version(pd.__version__) < Version("3.1") else {}
CHANCES = [f"probability_of_{name}" for name in sorted(WINES)]


def answers(*words, stdin=None):
    """Run predict; return what it printed on standard output as a table."""
    done = run("predict", *words, "--quiet", stdin=stdin)
    assert done.exit_code == 0, done.output
    return pd.read_csv(io.StringIO(done.stdout), **EXACT)


def test_classes_and_their_probabilities_are_the_models_own(of_wine):
    model, table = of_wine
    found = answers(model, table)
    assert list(found) == ["target", *CHANCES]
    frame = pd.read_csv(table)
    assert (found["target"] == frame["target"]).mean() > 0.9
    own = fusedmlp.tables.load(model).predict_proba(frame)
    assert (found[CHANCES].to_numpy() == own.to_numpy()).all()
    assert (found[CHANCES].idxmax(axis=1) == "probability_of_" + found["target"]).all()


def test_the_order_of_rows_stays_and_that_of_columns_is_free(of_wine):
    model, table = of_wine
    frame = pd.read_csv(table)
    other = frame.iloc[::-1, ::-1].drop(columns="target").assign(more="text")
    found = answers(model, "-", stdin=other.to_csv(index=False).encode())
    pd.testing.assert_frame_equal(found, answers(model, table)[::-1].reset_index(drop=True))


@pytest.mark.parametrize(
    ("name", "separator"),
    [("out.csv", ","), ("out.tsv", "\t"), ("out.csv.gz", ","), ("out.TSV.xz", "\t")],
)
def test_the_files_suffix_says_what_is_written(of_wine, tmp_path, name, separator):
    model, table = of_wine
    output = tmp_path / name
    output.write_text("what was there before")
    done = run("predict", model, table, "--output", output)
    assert done.exit_code == 0, done.output
    assert done.stdout == f"Wrote 178 rows to {output}.\n"
    compression = {".gz": "gzip", ".xz": "xz"}.get(output.suffix)
    found = pd.read_csv(output, sep=separator, compression=compression, **EXACT)
    pd.testing.assert_frame_equal(found, answers(model, table))
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_parquet(of_wine, tmp_path):
    model, table = of_wine
    output = tmp_path / "out.parquet"
    done = run("predict", model, table, "--output", output)
    assert done.exit_code == 0, done.output
    pd.testing.assert_frame_equal(pd.read_parquet(output), answers(model, table), check_dtype=False)


def test_the_tables_columns_can_be_kept(of_wine):
    model, table = of_wine
    found, frame = answers(model, table, "--keep-columns"), pd.read_csv(table)
    pd.testing.assert_frame_equal(found[list(frame)], frame)
    assert list(found)[len(frame.columns) :] == ["predicted_target", *CHANCES]


def test_numbers_are_in_their_own_unit(diabetes, tmp_path):
    model = tmp_path / "model.fmlp"
    trained = run("train", diabetes, "--target", "target", "--save", model, *QUICK, "--quiet")
    assert trained.exit_code == 0, trained.output
    found = answers(model, diabetes)
    truth = pd.read_csv(diabetes, sep="\t")["target"]
    assert list(found) == ["target"]
    assert found["target"].corr(truth) > 0.5
    assert found["target"].mean() == pytest.approx(truth.mean(), rel=0.2)


def test_what_is_strange_in_new_rows_is_noted_beside_them(mixed, tmp_path):
    model = tmp_path / "model.fmlp"
    words = ["--target", "[red]ja oder nein", "--save", model, *QUICK, "--quiet"]
    assert run("train", mixed, *words).exit_code == 0
    new = tmp_path / "new.csv"
    new.write_text("größe in cm;都市;smoker\n170,5;京都;True\nsehr groß;東京;False\n")
    done = run("predict", model, new)
    assert done.exit_code == 0, done.output
    assert len(done.stdout.splitlines()) == 3
    assert "'京都'" in done.stderr
    assert "'sehr groß'" in done.stderr


def test_the_answers_are_in_utf8_in_every_locale(mixed, tmp_path):
    model = tmp_path / "model.fmlp"
    words = ["--target", "[red]ja oder nein", "--save", model, *QUICK, "--quiet"]
    assert run("train", mixed, *words).exit_code == 0
    words = ["predict", model, mixed, "--keep-columns", "--quiet"]
    done = fresh(*words, environment={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert done.returncode == 0, done.stderr
    assert list(pd.read_csv(io.StringIO(done.stdout)))[1:3] == ["größe in cm", "都市"]


def test_json(of_wine, tmp_path):
    model, table = of_wine
    done = run("predict", model, table, "--json")
    told = json.loads(done.stdout)
    assert told["target"] == list(answers(model, table)["target"])
    assert told["rows"] == 178
    assert len(told[CHANCES[0]]) == 178
    output = tmp_path / "out.csv"
    told = json.loads(run("predict", model, table, "--output", output, "--json").stdout)
    assert told["output"] == str(output)
    assert len(pd.read_csv(output)) == 178


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["MODEL", "TABLE", "--output", "out.txt"], 2, "--output must end in .csv or .tsv"),
        (["MODEL", "TABLE", "--output", "TABLE"], 2, "--output must name another file than the"),
        (["MODEL", "TABLE", "--output", "/nowhere/out.csv"], 2, "--output must name a file in a"),
        (["TABLE", "TABLE"], 1, "MODEL must be a safetensors file"),
        (["nothing", "TABLE"], 1, "MODEL must be a file, and there is no 'nothing'"),
        (["MODEL", "nothing"], 1, "there is no file 'nothing'"),
    ],
)
def test_wrong_words(of_wine, words, code, message):
    model, table = of_wine
    names = {"MODEL": model, "TABLE": table}
    done = run("predict", *(names.get(word, word) for word in words), "--quiet")
    assert (done.exit_code, done.stdout) == (code, "")
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert message in done.stderr


def test_a_missing_column_is_named(of_wine, tmp_path):
    model, table = of_wine
    pd.read_csv(table).drop(columns=["hue"]).to_csv(tmp_path / "new.csv", index=False)
    done = run("predict", model, tmp_path / "new.csv", "--quiet")
    assert done.exit_code == 1
    assert "'hue'" in done.stderr


def test_a_network_is_no_model_of_a_table(tmp_path):
    path = tmp_path / "xor.safetensors"
    fusedmlp.train([[0, 1], [1, 0]], [0, 1], epochs=2, random_state=0).save(path)
    done = run("show", path)
    assert done.exit_code == 1
    assert "fusedmlp.load" in done.stderr


def test_whoever_has_read_enough_hears_no_complaint(of_wine, tmp_path):
    """As in `fusedmlp predict ... | head -1`, with more than a pipe holds."""
    model, table = of_wine
    frame = pd.read_csv(table)
    pd.concat([frame] * 50).to_csv(tmp_path / "long.csv", index=False)
    words = [sys.executable, "-m", "fusedmlp", "predict", str(model), str(tmp_path / "long.csv")]
    with subprocess.Popen(
        [*words, "--quiet"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout.readline().startswith("target,probability_of")
        process.stdout.close()
        assert process.stderr.read() == ""


def test_show_tells_what_a_model_is(of_wine):
    model, _ = of_wine
    done = run("show", model)
    assert done.exit_code == 0, done.output
    for words in (
        "Predicts 'target': 3 classes.",
        "Barbera, Barolo, Grignolino",
        "alcalinity_of_ash",
        "network 13-64-32-3",
        "20 epochs",
        "balanced accuracy",
    ):
        assert words in done.stdout
    told = json.loads(run("show", model, "--json").stdout)
    assert told["layers"] == [13, 64, 32, 3]
    assert [column["name"] for column in told["columns"]][:2] == ["alcohol", "malic_acid"]


def test_from_a_table_to_predictions_in_fresh_processes(mixed, tmp_path):
    """As a new user does; the model takes all that is needed with it."""
    model, output = tmp_path / "model.fmlp", tmp_path / "out.csv"
    trained = fresh("train", mixed, "--target", "[red]ja oder nein", "--save", model)
    assert trained.returncode == 0, trained.stderr
    assert f"predict {model} new.csv" in trained.stdout
    shown = fresh("show", model)
    assert "3 categories" in shown.stdout or "2 categories" in shown.stdout
    done = fresh("predict", model, mixed, "--output", output)
    assert done.returncode == 0, done.stderr
    truth = pd.read_csv(mixed, sep=";")["[red]ja oder nein"]
    found = pd.read_csv(output)["[red]ja oder nein"]
    assert (found == truth)[truth.notna()].mean() > 0.85
