"""The stubs: up to date, and what type checkers and editors make of them in a user's program."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import fusedmlp
from fusedmlp.many.grid import REFUSED
from fusedmlp.options import OPTIONS

ROOT = Path(__file__).parents[1]
SOURCES = Path(fusedmlp.__file__).parents[1]

HEAD = """\
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

import fusedmlp

X, y = np.zeros((4, 3)), np.zeros(4)
options: dict[str, Any] = {"epochs": 3}


def chunks() -> Iterator[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
    yield X, y


"""
RIGHT = """\
run = fusedmlp.train(X, y, 4, epochs=10, learning_rate=1, momentum=0.9)
fusedmlp.train([[0, 1], [1, 1]], [0, 1], hidden=(), optimizer="lbfgs", learning_rate=None)
fusedmlp.train(pd.DataFrame(X), pd.Series(y), hidden=[4, 3], activation=["relu", "tanh"])
fusedmlp.train(chunks, hidden=2, batch_size=2, loss="poisson", output_activation="exp")
fusedmlp.train([X, X], [y, y], init=[np.ones((3, 4)), np.ones((4, 1))], dtype=np.float32)
fusedmlp.train(X, y, init=([np.ones((3, 1))], [np.ones(1)]), hidden=(), dtype="float32")
fusedmlp.train(X, y, validation=(X, y), patience=3, callback=lambda record: record.loss < 0.1)
fusedmlp.train(X, y, validation=0.2, warm_start=run, sample_weight=[1, 2, 3, 4], threads=1)
fusedmlp.train(X, y, random_state=np.random.default_rng(0), clip_norm=1.0, backend="reference")
fusedmlp.train(X, y, random_state=np.random.RandomState(0), learning_rate_schedule="cosine")
fusedmlp.train(X, y, **options)
fusedmlp.train(X, y, **run.options | {"epochs": 5})
run.predict(X).sum() + run.history["loss"][-1] + run.weights[0][0, 0]
runs = fusedmlp.train_many(X, y, starts=3, grid={"l2": [0.1], "learning_rate": np.ones(2)})
fusedmlp.train_many(X, y, (4,), folds=3, bootstrap=True, checkpoint="folder", reduction="mean")
fusedmlp.train_many(X, y, **options)
runs.best().predict(X).sum() + runs[0].epochs + runs.loss.min()
model = fusedmlp.tables.fit(pd.DataFrame(X), "y", task="counts", drop="x", hidden=8, epochs=3)
fusedmlp.tables.fit(pd.DataFrame(X), "y", class_weight={"a": 2.0}, decimal=",", **options)
model.predict(pd.DataFrame(X)).sum() + model.scores.training["r2"] + len(model.notes)
fusedmlp.tables.load("file").save("other")
"""
WRONG = """\
fusedmlp.train(X, y, epochs="10")
fusedmlp.train(X, y, epochs=10.5)
fusedmlp.train(X, y, activation="rleu")
fusedmlp.train(X, y, activation=["relu", "rleu"])
fusedmlp.train(X, y, output_activation="relu")
fusedmlp.train(X, y, nosuch=1)
fusedmlp.train(X, y, 4, 10)
fusedmlp.train()
fusedmlp.train(X, y, hidden="4")
fusedmlp.train(X, y, loss="log-loss")
fusedmlp.train(X, y, init="normal")
fusedmlp.train(X, y, optimizer="adagrade")
fusedmlp.train(X, y, learning_rate="0.1")
fusedmlp.train(X, y, learning_rate_schedule="step")
fusedmlp.train(X, y, reduction="max")
fusedmlp.train(X, y, bias="yes")
fusedmlp.train(X, y, epochs=None)
fusedmlp.train(X, y, random_state="seed")
fusedmlp.train(X, y, callback=3)
fusedmlp.train(X, y, callback=lambda record: record.los)
fusedmlp.train(X, y, warm_start=X)
fusedmlp.train(X, y, backend="numpy")
run.nosuch
fusedmlp.train_many(X, y, startz=3)
fusedmlp.train_many(X, y, starts="3")
fusedmlp.train_many(X, y, epochs="10")
fusedmlp.train_many(X, y, callback=print)
fusedmlp.train_many(X, y, grid=["l2"])
runs.nosuch
fusedmlp.tables.fit(pd.DataFrame(X), "y", task="count")
fusedmlp.tables.fit(pd.DataFrame(X), "y", epochs="10")
fusedmlp.tables.fit(pd.DataFrame(X), "y", nosuch=1)
fusedmlp.tables.fit(pd.DataFrame(X))
model.nosuch
"""
MODULES = "import fusedmlp\nfusedmlp.kernels.fit\nfusedmlp.storage\nfusedmlp.training\n"
REVEALED = ["fusedmlp.train", "run", "fusedmlp.train_many", "runs"]
PROGRAM = HEAD + RIGHT + WRONG + "".join(f"reveal_type({shown})\n" for shown in REVEALED)
FIRST_WRONG = (HEAD + RIGHT).count("\n") + 1
FIRST_REVEALED = FIRST_WRONG + WRONG.count("\n")
WRONG_LINES = set(range(FIRST_WRONG, FIRST_REVEALED))


def test_the_stubs_are_up_to_date():
    command = [sys.executable, ROOT / ".ci" / "stubs.py", "--check"]
    environment = {**os.environ, "PYTHONPATH": str(SOURCES)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """A folder with the user's program."""
    folder = tmp_path_factory.mktemp("user")
    (folder / "program.py").write_text(PROGRAM)
    return folder


def require_types(revealed):
    """Check the types of train, its result, train_many and its result, as a checker shows them."""
    train, run, train_many, runs = revealed
    assert re.search(r"\bepochs: (builtins\.)?int", train)
    assert re.search(r"-> (fusedmlp\.trained\.)?Trained$", train)
    assert re.search(r"\bstarts: ", train_many)
    assert re.search(r"-> (fusedmlp\.many\.trained_many\.)?TrainedMany$", train_many)
    assert (run.rpartition(".")[2], runs.rpartition(".")[2]) == ("Trained", "TrainedMany")
    for name in OPTIONS:
        assert f"{name}: " in train
        assert (f"{name}: " in train_many) == (name not in REFUSED)


def test_mypy_tells_right_calls_from_wrong_ones(program):
    pytest.importorskip("mypy")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--no-pretty",
         "--config-file=", "program.py"],
        cwd=program, env={**os.environ, "MYPYPATH": str(SOURCES)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    found = re.findall(r"^program\.py:(\d+): (error|note): (.*)$", done.stdout, re.MULTILINE)
    errors = {int(line): text for line, kind, text in found if kind == "error"}
    assert errors.keys() == WRONG_LINES, done.stdout + done.stderr
    pattern = 'Revealed type is "(.*)"'
    require_types([m[1].rstrip("?") for _, _, text in found if (m := re.match(pattern, text))])


def test_pyright_tells_right_calls_from_wrong_ones(program):
    pytest.importorskip("pyright")
    settings = {"extraPaths": [str(SOURCES)], "typeCheckingMode": "standard"}
    (program / "modules.py").write_text(MODULES)
    (program / "pyrightconfig.json").write_text(json.dumps(settings))
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable,
         "--project", "pyrightconfig.json"],
        cwd=program, capture_output=True, text=True, check=False,
    )  # fmt: skip
    every = json.loads(done.stdout)["generalDiagnostics"]
    found = [d for d in every if Path(d["file"]).name == "program.py"]
    errors = {d["range"]["start"]["line"] + 1 for d in found if d["severity"] == "error"}
    assert errors == WRONG_LINES, done.stdout
    others = [d["message"] for d in every if d not in found and d["severity"] == "error"]
    assert len(others) == 2  # modules that are not public
    assert '"storage" is not a known attribute' in others[0]
    assert '"training" is not a known attribute' in others[1]
    shown = {
        d["range"]["start"]["line"] + 1: re.sub(r"\s+", " ", d["message"])
        for d in found
        if d["severity"] == "information"
    }
    revealed = [shown[FIRST_REVEALED + place] for place in range(len(REVEALED))]
    require_types([re.sub(r'^Type of ".*?" is "(.*)"$', r"\1", text) for text in revealed])


def editor(code):
    """Return jedi's view of a program that ends where the user types."""
    jedi = pytest.importorskip("jedi")
    project = jedi.Project(ROOT, sys_path=[str(SOURCES), *sys.path])
    return jedi.Script(f"import fusedmlp\n{code}", project=project)


@pytest.mark.parametrize(("name", "without"), [("train", ()), ("train_many", REFUSED)])
def test_an_editor_shows_each_option_with_type_default_and_meaning(name, without):
    script = editor(f"fusedmlp.{name}(X, y, ")
    (signature,) = script.get_signatures()
    shown = {parameter.name: parameter.to_string() for parameter in signature.params}
    assert shown.keys() >= OPTIONS.keys() - set(without)
    assert not shown.keys() & set(without)
    assert shown["epochs"] == "epochs: int=10000"
    assert shown["activation"] == 'activation: Activation | Sequence[Activation]="sigmoid"'
    doc = signature.docstring()
    assert "{options}" not in doc
    assert all(f"\n{option} : default " in doc for option in OPTIONS if option not in without)
    completed = {completion.name for completion in script.complete()}
    assert completed >= {f"{option}=" for option in OPTIONS if option not in without}


def test_completion_shows_the_public_names_alone():
    jedi = pytest.importorskip("jedi")
    fusedmlp.train_many([[0.0]], [0.0], epochs=1)  # which imports the modules
    completed = jedi.Interpreter("fusedmlp.", [{"fusedmlp": fusedmlp}]).complete()
    assert {c.name for c in completed if not c.name.startswith("_")} == set(fusedmlp.__all__)


def test_an_editor_completes_the_attributes_of_the_results():
    completed = {c.name for c in editor("fusedmlp.train([[0]], [0]).").complete()}
    assert completed >= {"predict", "weights", "biases", "history", "save", "stopped"}
    completed = {c.name for c in editor("fusedmlp.train_many([[0]], [0]).").complete()}
    assert completed >= {"best", "predict", "loss", "options", "ensemble"}
