"""What the README tells a new user to do with a table."""

import os
import re
import shlex
import subprocess
import sys

import pandas as pd

from tests.processes import PACKAGE, ROOT


def test_the_commands_for_a_table_run(tmp_path):
    readme = (ROOT / "README.md").read_text()
    block = re.search(r"<!-- table -->\n```bash\n(.*?)```", readme, re.DOTALL)[1]
    said = []
    for line in block.splitlines():
        python, *words = shlex.split(line)
        assert python == ".venv/bin/python"
        done = subprocess.run(
            [sys.executable, *words],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
            cwd=tmp_path,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        said.append(done.stdout)
    _, trained, shown, predicted = said
    assert "Kept in wine.fmlp." in trained
    assert "Predicts 'target': 3 classes." in shown
    assert "predictions.csv" in predicted
    found, truth = pd.read_csv(tmp_path / "predictions.csv"), pd.read_csv(tmp_path / "wine.csv")
    assert (found["target"] == truth["target"]).mean() > 0.9
    assert list(found)[1:] == [f"probability_of_{label}" for label in (0, 1, 2)]
