"""Python in a process of its own, and what the tests of such processes share."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import fusedmlp

PACKAGE = Path(fusedmlp.__file__).parent
ROOT = Path(__file__).parents[1]

CACHE_VARIABLES = {"NUMBA_CACHE_DIR", "XDG_CACHE_HOME"}

TRAIN = """
import fusedmlp
run = fusedmlp.train([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], [0, 1, 1, 0],
                     epochs=1000, random_state=1)
print(run.history["error"][-1])
"""


def run_python(script, prefix=(), **environment):
    """Run a script in a new process; return what it printed, with its errors if it failed."""
    inherited = {k: v for k, v in os.environ.items() if k not in CACHE_VARIABLES}
    done = subprocess.run(
        [*prefix, sys.executable, "-W", "error", "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        env={**inherited, **environment},
        cwd=ROOT,
        check=False,
        timeout=120,  # a process that hangs is a failure
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
