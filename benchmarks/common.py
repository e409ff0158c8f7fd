"""What the benchmarks share: one thread, turns, fresh processes, and where it was measured.

Nothing here may be named ``time_...``, ``track_...`` or the like: asv would run it.
"""

import hashlib
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

import fusedmlp

ROOT = Path(__file__).resolve().parents[1]
IMPLEMENTATIONS = ["reference", "kernels"]

# The seeds' network, which is the first that a newcomer trains, and one that learns from batches.
FIRST_TRAIN = (
    "fusedmlp.train([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], [0, 1, 1, 0],"
    " hidden=4, epochs=1, random_state=1)"
)
FIRST_TRAIN_BATCHES = (
    "fusedmlp.train([[0.0, 1.0], [1.0, 0.0]] * 64, [0, 1] * 64, hidden=64, activation='relu',"
    " bias=True, batch_size=32, momentum=0.9, epochs=1, dtype='float32', random_state=1)"
)


def one_thread() -> None:
    """Give BLAS and Numba one thread each, in this process and those that it starts.

    Beside another program on two cores, BLAS's two threads once took 12 times as long as one. asv
    has loaded NumPy before it loads a benchmark, and BLAS reads the environment once only.
    """
    for library in ("OPENBLAS", "MKL", "OMP", "NUMBA"):
        os.environ[f"{library}_NUM_THREADS"] = "1"
    threadpool_limits(1)


def code_of_its_own() -> None:
    """Have Numba keep machine code apart for each state of the installed package, below .asv.

    asv installs one commit after the other in the same place, where Numba would look for all of
    them. Numba reads the variable when it is first imported.
    """
    digest = hashlib.sha256()
    for source in sorted(Path(fusedmlp.__file__).parent.rglob("*.py")):
        digest.update(source.read_bytes())
    os.environ["NUMBA_CACHE_DIR"] = str(ROOT / ".asv" / "numba" / digest.hexdigest()[:16])


def take_turns(
    calls: Sequence[Callable[[], object]],
    rounds: int,
    before: Callable[[], object] = lambda: None,
) -> NDArray[np.float64]:
    """Return the seconds (rounds, calls) of each call, all once in each round.

    What slows the machine for a while then slows all of them, and their ratio holds. Every other
    round goes backwards, so that none always follows the same. `before` comes before each call,
    and is not timed.
    """
    seconds = np.empty((rounds, len(calls)))
    for turn in range(rounds):
        order = range(len(calls)) if turn % 2 == 0 else reversed(range(len(calls)))
        for which in order:
            before()
            begun = time.perf_counter()
            calls[which]()
            seconds[turn, which] = time.perf_counter() - begun
    return seconds


def fresh_seconds(statement: str, setup: str = "", cache: Path | None = None) -> float:
    """Return the seconds of a statement in a Python process of its own, after its setup.

    Parameters
    ----------
    statement, setup : str
        Python source.
    cache : Path, optional
        Where Numba keeps machine code, instead of the usual place.
    """
    code = (
        f"import time\n{setup}\nbegun = time.perf_counter()\n{statement}\n"
        "print(time.perf_counter() - begun)"
    )
    environment = dict(os.environ)
    if cache is not None:
        environment["NUMBA_CACHE_DIR"] = str(cache)
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return float(done.stdout)


def first_train_seconds(cached: bool, processes: int = 3, statement: str = FIRST_TRAIN) -> float:
    """Return the seconds of a process's first `train`, which loads Numba: a median.

    Parameters
    ----------
    cached : bool
        Whether an earlier process has left its machine code on disk.
    processes : int
        How many to take the median of.
    statement : str
        The call.
    """
    seconds = []
    with tempfile.TemporaryDirectory() as directory:
        if cached:
            fresh_seconds(statement, "import fusedmlp", Path(directory))
        for number in range(processes):
            cache = Path(directory) if cached else Path(directory, str(number))
            seconds.append(fresh_seconds(statement, "import fusedmlp", cache))
    return median(seconds)


def where_measured() -> str:
    """Return a line with the processor and the versions that a table was measured with."""
    packages = [f"{name} {metadata.version(name.lower())}" for name in ("NumPy", "Numba")]
    python = f"Python {platform.python_version()}"
    return ", ".join([_processor(), python, *packages, f"fusedmlp {fusedmlp.__version__}"])


def _processor() -> str:
    """Return the processor's name: platform.processor() is empty on most Linux machines."""
    if Path("/proc/cpuinfo").exists():
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return f"{line.partition(':')[2].strip()}, {os.cpu_count()} cores"
    return platform.processor() or platform.machine()
