"""`fusedmlp train`: what it learns, what it says, and what it refuses."""

import gzip
import json
import re

import pytest

from tests.command.commands import QUICK, WINES, run, scores


def test_classes(wine):
    result = run("train", wine, "--target", "target")
    assert result.exit_code == 0, result.output
    held_out, usual, learnt = scores(result.stdout, "accuracy")
    assert held_out > 93
    assert learnt > 97
    assert usual == 40
    for measure in ("balanced accuracy", "F1", "log loss", "ROC AUC"):
        assert len(scores(result.stdout, measure)) == 3
    assert sum(sum(scores(result.stdout, name)) for name in WINES) == 45  # the confusion matrix
    assert "always 'Grignolino'" in result.stdout
    assert "Learnt 'target' (3 classes) from 133 rows" in result.stdout
    assert "the mean of 5 networks 13-64-32-3" in result.stdout


def test_numbers(diabetes):
    result = run("train", diabetes, "--target", "target")
    assert result.exit_code == 0, result.output
    held_out, usual, learnt = scores(result.stdout, "R²")
    assert held_out > 0.3
    assert learnt < 0.75  # not by heart
    assert usual == pytest.approx(0, abs=0.05)
    error, usual_error, _ = scores(result.stdout, "root mean squared error")
    assert error < 64 < 70 < usual_error  # in the target's units, of which it has 25 to 346
    assert "Learnt 'target' (numbers) from 331 rows" in result.stdout


def test_mixed_columns(mixed):
    result = run("train", mixed, "--target", "[red]ja oder nein")
    assert result.exit_code == 0, result.output
    held_out, usual, _ = scores(result.stdout, "accuracy")
    assert held_out > 85
    assert usual < 60
    assert "Learnt '[red]ja oder nein' (2 classes) from 297 rows" in result.stdout
    assert "Left out 4 rows without a target." in result.stdout
    assert "'name'" in result.stdout
    assert "'constant'" in result.stdout


def test_flags_reach_the_network(wine):
    words = ["train", wine, "--target", "target", "--backend", "reference", "--epochs", 7]
    words += ["--hidden", "8,4", "--no-bias", "--activation", "tanh,relu", "--dtype", "float64"]
    words += ["--networks", 2, "--validation", "none", "--patience", "none", "--json"]
    result = run(*words, "--test-size", 0.5, "--batch-size", "none", "--random-state", 3)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["layers"] == [13, 8, 4, 3]
    assert told["rows"] == {"training": 89, "held_out": 89}
    assert [network["epochs"] for network in told["networks"]] == [7, 7]
    chosen = {"backend": "reference", "bias": False, "dtype": "float64", "batch_size": None}
    chosen |= {"activation": ["tanh", "relu"], "validation": None, "patience": None}
    assert {name: told["options"][name] for name in chosen} == chosen


def test_what_a_column_is_can_be_chosen(tmp_path):
    table = tmp_path / "table.csv"
    lines = [
        f"{row},{row % 3},{row % 7},{'n.v.' if row % 5 else row},{row % 2}" for row in range(60)
    ]
    table.write_text("\n".join(["row,code,other,gaps,target", *lines]))
    words = ["train", table, "--target", "target", *QUICK, "--json"]
    words += ["--categories", "code", "--numbers", "row", "--drop", "other"]
    told = json.loads(run(*words, "--missing", "n.v.", "--task", "classes").stdout)
    kinds = {column["name"]: column["kind"] for column in told["columns"]}
    assert kinds == {"row": "number", "code": "category", "gaps": "number"}
    assert told["classes"] == [0, 1]


def test_decimal_decides_what_is_ambiguous(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("a;b\n" + "".join(f"{row + 1}.{row:03}\t;{row}\n" for row in range(60)))
    words = ["train", table, "--target", "b", *QUICK, "--json", "--separator", ";"]
    refused = run(*words)
    assert refused.exit_code == 1
    assert "column 'a'" in refused.stderr
    assert "--decimal" in refused.stderr
    means = [
        json.loads(run(*words, "--decimal", mark).stdout)["columns"][0]["mean"] for mark in ".,"
    ]
    assert means[0] == pytest.approx(30.5, abs=3)
    assert means[1] == pytest.approx(30_500, abs=3000)


def test_losses_and_tasks(diabetes):
    words = ["train", diabetes, "--target", "sex", *QUICK, "--json"]
    assert json.loads(run(*words).stdout)["task"] == "classes"
    told = json.loads(run(*words, "--task", "numbers", "--loss", "huber").stdout)
    assert (told["task"], told["options"]["loss"]) == ("numbers", "huber")
    told = json.loads(run(*words, "--task", "counts").stdout)
    assert told["options"]["loss"] == "poisson"


def test_a_note_says_which_flag_decides_otherwise(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("a,rooms\n" + "".join(f"{row},{row % 5 + 1}\n" for row in range(200)))
    model = tmp_path / "model.fmlp"
    words = ["train", table, "--target", "rooms", "--save", model, "--categories", "a"]
    said = run(*words, *QUICK).stdout
    assert "Column 'rooms' holds 5 different whole numbers" in said
    assert "taken as classes. --task numbers or --task counts changes that." in said
    assert "--task numbers or --task counts changes that." in run("show", model).stdout


def test_rare_classes_can_count_as_much(tmp_path):
    table = tmp_path / "fraud.csv"
    rows = [f"{row % 100},{row % 7},{'yes' if row % 100 > 96 else 'no'}" for row in range(2000)]
    table.write_text("\n".join(["a,b,fraud", *rows]))
    words = ["train", table, "--target", "fraud", "--epochs", 3, "--networks", 1, "--json"]
    plain, balanced = (
        json.loads(run(*words, *more).stdout)["scores"]["held_out"]["balanced_accuracy"]
        for more in ((), ("--class-weight", "balanced"))
    )
    assert plain == 0.5
    assert balanced > 0.8


@pytest.mark.parametrize("optimizer", ["sgd", "rprop", "lbfgs", "rmsprop"])
def test_another_optimizer_needs_no_other_flag(wine, optimizer):
    words = ["train", wine, "--target", "target", "--backend", "reference", *QUICK]
    result = run(*words, "--optimizer", optimizer)
    assert result.exit_code == 0, result.output


def test_no_hidden_layer(wine):
    words = ["train", wine, "--target", "alcohol", "--hidden", "none", "--separator", ","]
    result = run(*words, *QUICK)
    assert "Learnt 'alcohol' (numbers)" in result.stdout
    assert ": a network 15-1." in result.stdout


def test_same_seed_same_scores(diabetes):
    told = [
        json.loads(run("train", diabetes, "--target", "target", *QUICK, "--json", *more).stdout)
        for more in ((), (), ("--random-state", 1))
    ]
    assert told[0]["scores"] == told[1]["scores"] != told[2]["scores"]


def test_json_is_all_that_is_printed(wine, tmp_path):
    model = tmp_path / "wine.fmlp"
    words = ["train", wine, "--target", "target", "--save", model, *QUICK, "--json"]
    result = run(*words)
    assert result.exit_code == 0, result.output
    assert result.stdout.count("\n") == 1
    told = json.loads(result.stdout)
    assert (told["target"], told["task"]) == ("target", "classes")
    assert told["classes"] == sorted(WINES)
    assert told["saved"] == str(model)
    assert told["scores"]["held_out"]["accuracy"] > 0.9
    assert told["seconds"] > 0
    assert run(*words, "--quiet").stderr == ""


def test_standard_input_is_a_table_too(wine):
    words = ["train", "-", "--target", "target", *QUICK, "--json"]
    told = json.loads(run(*words, stdin=gzip.compress(wine.read_bytes())).stdout)
    assert told["rows"] == {"training": 133, "held_out": 45}


def test_a_table_is_not_replaced_by_a_model(wine, tmp_path):
    before, link = wine.read_bytes(), tmp_path / "model.fmlp"
    link.symlink_to(wine)
    for path in (wine, link):
        done = run("train", wine, "--target", "target", "--save", path)
        assert done.exit_code == 2
        assert "--save must name another file than the table" in " ".join(done.stderr.split())
    assert wine.read_bytes() == before


def test_a_model_that_could_not_be_written_is_not_trained(wine, tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)
    done = run("train", wine, "--target", "target", "--save", tmp_path / "model.fmlp")
    assert done.exit_code == 2
    assert "--save must name a file that may be written" in done.stderr


def test_quiet_prints_nothing_and_keeps_the_model(wine, tmp_path):
    model = tmp_path / "wine.fmlp"
    result = run("train", wine, "--target", "target", "--save", model, *QUICK, "--quiet")
    assert (result.exit_code, result.output) == (0, "")
    assert model.stat().st_size > 1000


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 2, "choose what to predict with --target; the columns are 'alcohol', 'malic_acid'"),
        (["--target", "nope"], 1, "there is no column 'nope'; the columns are 'alcohol'"),
        (["--target", "target", "--task", "numbers"], 1, "column 'target' must hold numbers"),
        (["--target", "alcohol", "--task", "classes"], 1, "126 different values in 178 rows"),
        (["--target", "target", "--task", "both"], 2, "--task must be one of 'classes'"),
        (["--target", "target", "--momentum", "2"], 2, "--momentum must be a finite number"),
        (["--target", "target", "--activation", "soft"], 2, "--activation must be one of"),
        (["--target", "target", "--init", "zero"], 2, "--init must be one of 'uniform'"),
        (["--target", "target", "--dtype", "int8"], 2, "--dtype must be 'float32' or 'float64'"),
        (["--target", "target", "--hidden", "a"], 2, "--hidden must be as 64,32 or none, got 'a'"),
        (["--target", "target", "--hidden", "0"], 2, "--hidden must have at least 1 unit"),
        (["--target", "target", "--test-size", "1"], 2, "--test-size must be a finite number"),
        (["--target", "target", "--test-size", "0.999"], 1, "2 rows or more on either side"),
        (["--target", "target", "--random-state", "-1"], 2, "--random-state must be in 0..2**32"),
        (["--target", "target", "--separator", "ab"], 2, "--separator must be"),
        (["--target", "target", "--networks", "1001"], 2, "--networks must be at most 1000"),
        (["--target", "target", "--batch-size", "0"], 2, "--batch-size must be at least 1, got 0"),
        (["--target", "target", "--momentum", "0.9"], 2, "--momentum 0.9 must come with --optim"),
        (["--target", "target", "--drop", "no"], 1, "--drop no must name a column"),
        (["--target", "target", "--loss", "poisson"], 1, "--loss must be 'log_loss' for classes"),
        (["--target", "alcohol", "--class-weight", "balanced"], 1, "--class-weight is for classes"),
        (["--target", "target", "--class-weight", "x"], 2, "--class-weight must be one of"),
        (["--target", "target", "--save", "/nowhere/model"], 2, "--save must name a file in a f"),
        (["--target", "target", "--save", "/"], 2, "--save must name a file, got the folder '/'"),
        (
            ["--target", "target", "--optimizer", "sgd", "--momentum", "0", "--nesterov"],
            2,
            "--nesterov must come with --momentum > 0, got --momentum 0.0",
        ),
        (
            ["--target", "target", "--optimizer", "lbfgs", "--batch-size", "32"],
            1,
            "it must come with --batch-size none, got --batch-size 32 for",
        ),
    ],
)
def test_wrong_words(wine, words, code, message):
    result = run("train", wine, *words, "--quiet")
    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert message in result.stderr


@pytest.mark.parametrize("word", ["--epochs", "--batch-size", "--learning-rate"])
def test_words_that_are_no_numbers(wine, word):
    result = run("train", wine, "--target", "target", word, "many")
    assert result.exit_code == 2
    assert f"'{word}': 'many' is not a" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no file"),
        ("", "is empty"),
        ("a,b\n", "has no rows"),
        ("a,b\n1,2\n3,4\n", "got 2 with a value in column 'b'"),
        ("b\n" + "1\n2\n" * 10, "there is no column left to learn from"),
        ("a,b\n" + "1,x\n2,x\n" * 10, "got x in every row"),
    ],
)
def test_wrong_files(tmp_path, content, message):
    path = tmp_path / "table.csv"
    if content is not None:
        path.write_text(content)
    result = run("train", path, "--target", "b", "--quiet")
    assert result.exit_code == 1
    assert re.fullmatch(r"error: .*\n", result.stderr)
    assert message in result.stderr


@pytest.mark.parametrize("backend", ["kernels", "reference"])
def test_diverging_run_is_an_error_with_advice(diabetes, backend):
    words = ["--learning-rate", 1e6, "--activation", "identity", "--optimizer", "sgd", "--quiet"]
    result = run("train", diabetes, "--target", "target", *words, "--backend", backend)
    assert result.exit_code == 1
    assert re.fullmatch(
        r"error: training diverged: a weight was no longer finite after epoch \d+; "
        r"a --learning-rate below 1000000\.0 or --clip-norm 1\.0 may help\n",
        result.stderr,
    )
