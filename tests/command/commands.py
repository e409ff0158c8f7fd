"""Commands in this process and in fresh ones, and tables for them."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes, load_wine
from typer.testing import CliRunner, Result

from fusedmlp.command.app import app
from tests.processes import ROOT

WINES = ["Barolo", "Grignolino", "Barbera"]
QUICK = ("--networks", 1, "--epochs", 20)


def run(*words: object, stdin: bytes | None = None) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(app, [str(word) for word in words], input=stdin)


def fresh(*words: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command as users do, in a process of its own."""
    environment = {**os.environ, **options.pop("environment", {})}
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "fusedmlp", *map(str, words)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment,
        cwd=ROOT,
        check=False,
        **options,
    )


def scores(output: str, measure: str) -> list[float]:
    """Return the numbers of a row of the table that is printed."""
    (row,) = (line for line in output.splitlines() if re.match(rf"\W*{measure} ", line))
    cells = re.split("[│|]", row.removeprefix("│").removeprefix("|"))[1:]
    return [float(cell.strip().strip("%").replace(",", "")) for cell in cells if cell.strip()]


def wine_table(folder: Path) -> Path:
    """Write numbers with three classes of text."""
    frame = load_wine(as_frame=True).frame
    names = dict(enumerate(WINES))
    frame.assign(target=frame["target"].map(names)).to_csv(folder / "wine.csv", index=False)
    return folder / "wine.csv"


def diabetes_table(folder: Path) -> Path:
    """Write numbers with a number to predict, with tabs and compressed."""
    frame = load_diabetes(as_frame=True, scaled=False).frame
    frame.to_csv(folder / "diabetes.tsv.gz", sep="\t", index=False)
    return folder / "diabetes.tsv.gz"


def mixed_table(folder: Path) -> Path:
    """Write semicolons, spaces and other alphabets, a rule to learn, and columns of no use."""
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
    frame.to_csv(folder / "mixed.csv", sep=";", decimal=",", index=False)
    return folder / "mixed.csv"
