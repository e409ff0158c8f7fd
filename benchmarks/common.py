"""What the benchmarks share: each operation and each fit as one call, turns, fresh processes.

Nothing here may be named ``time_...``, ``track_...`` or the like: asv would run it.
"""

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
from typing import Any

import numpy as np
from numpy.testing import assert_allclose
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

import fusedmlp
from fusedmlp.codes import Activation
from fusedmlp.initial import initial_params
from fusedmlp.options import checked_options
from fusedmlp.plan import State, make_plan, make_state
from fusedmlp.trained import implementation
from tests.cases import SPEED_CASES, Case

IMPLEMENTATIONS = ["reference", "kernels"]
OPERATIONS = ["forward", "error_weighted_derivative", "update"]
CASES = {case.name: case for case in SPEED_CASES}

# asv 0.6 times single calls where there is a setup, and those of most kernels are too short.
CALLS = 100

# Rows that a timed fit visits, or a few less: 4096 epochs of the seeds' four, 16 of a thousand.
ROWS_VISITED = 1 << 14

# The seeds' network, which is the first that a newcomer trains.
FIRST_TRAIN = (
    "fusedmlp.train([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], [0, 1, 1, 0],"
    " hidden=4, epochs=1, random_state=1)"
)


def one_thread() -> None:
    """Give BLAS and Numba one thread each, in this process and those that it starts.

    Beside another program on two cores, BLAS's two threads once took 12 times as long as one. asv
    has loaded NumPy before it loads a benchmark, and BLAS reads the environment once only.
    """
    for library in ("OPENBLAS", "MKL", "OMP", "NUMBA"):
        os.environ[f"{library}_NUM_THREADS"] = "1"
    threadpool_limits(1)


def operation_arguments(operation: str, case: Case, dtype: str = "float64") -> tuple[Any, ...]:
    """Return the arguments of an operation on one batch in the case's first hidden layer."""
    rows, (n_in, n_out) = case.options.get("batch_size", case.rows), case.sizes[:2]
    random = np.random.default_rng(0)

    def normal(*shape: int) -> NDArray[Any]:
        return random.normal(size=shape).astype(dtype)

    if operation == "forward":
        weights = normal(n_in, n_out) / np.sqrt(n_in).astype(dtype)
        empty = np.empty((rows, n_out), dtype)
        return normal(rows, n_in), weights, normal(n_out), int(Activation.SIGMOID), empty
    if operation == "error_weighted_derivative":
        outputs = random.uniform(0.01, 0.99, (rows, n_out)).astype(dtype)
        return int(Activation.SIGMOID), outputs, normal(rows, n_out), np.empty_like(outputs)
    params, gradient, velocity = (normal(n_in * n_out) for _ in range(3))
    rate, momentum = np.array([0.01, 0.9], dtype)
    return params, gradient, velocity, rate, momentum, 0


def operation_call(
    backend: str, operation: str, case: Case, dtype: str = "float64"
) -> tuple[Callable[..., None], tuple[Any, ...]]:
    """Return one implementation of an operation and its arguments, after a first call of it."""
    function = getattr(implementation(backend), operation)
    function(*operation_arguments(operation, case, dtype))
    return function, operation_arguments(operation, case, dtype)


def check_operation(operation: str, case: Case, dtype: str = "float64") -> None:
    """Raise an AssertionError unless reference and kernel leave the same in all arguments."""
    # atol is a few roundings of a number around 1, for sums of such numbers that end near 0.
    rtol, atol = (1e-12, 1e-15) if dtype == "float64" else (1e-5, 1e-6)
    results = []
    for backend in IMPLEMENTATIONS:
        arguments = operation_arguments(operation, case, dtype)
        getattr(implementation(backend), operation)(*arguments)
        results.append(arguments)
    for expected, got in zip(*results, strict=True):
        assert_allclose(got, expected, rtol=rtol, atol=atol)


def fit_call(backend: str, case: Case, epochs: int | None = None) -> Callable[[], State]:
    """Return a function that runs the case's whole fit from its first weights, in one call."""
    if epochs is None:
        epochs = ROWS_VISITED // case.rows
    arguments = case.arguments(epochs=epochs)
    del arguments["hidden"]
    options = checked_options(arguments)
    X, y = case.data()
    first = initial_params(options, case.sizes, np.random.RandomState(options["random_state"]))
    plan = make_plan(options, case.sizes, case.rows)
    fit = implementation(backend).fit

    def call() -> State:
        state = make_state(plan, first.copy(), case.rows)
        fit(plan, X, y, state, epochs * case.rows)
        return state

    return call


def check_fit(case: Case) -> None:
    """Raise an AssertionError unless reference and kernels train to the same weights and losses.

    For ten epochs: what rounding does to one step grows in those that follow.
    """
    expected, got = (fit_call(backend, case, epochs=10)() for backend in IMPLEMENTATIONS)
    assert_allclose(got.params, expected.params, rtol=1e-12, atol=1e-14)
    assert_allclose(got.losses, expected.losses, rtol=1e-12)


def predict_call(backend: str, case: Case, rows: int) -> Callable[[], NDArray[Any]]:
    """Return a function that predicts that many rows, the case's own over and over."""
    X, y = case.data()
    run = fusedmlp.train(X, y, **case.arguments(epochs=1, backend=backend))
    wanted = np.resize(X, (rows, X.shape[1]))
    return lambda: run.predict(wanted)


def check_predict(case: Case, rows: int) -> None:
    """Raise an AssertionError unless reference and kernel predict the same."""
    expected, got = (predict_call(backend, case, rows)() for backend in IMPLEMENTATIONS)
    assert_allclose(got, expected, rtol=1e-10)


def take_turns(calls: Sequence[Callable[[], object]], rounds: int) -> NDArray[np.float64]:
    """Return the seconds (rounds, calls) of each call, all once in each round.

    What slows the machine for a while then slows all of them, and their ratio holds. Every other
    round goes backwards, so that none always follows the same.
    """
    seconds = np.empty((rounds, len(calls)))
    for turn in range(rounds):
        order = range(len(calls)) if turn % 2 == 0 else reversed(range(len(calls)))
        for which in order:
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


def first_train_seconds(cached: bool, processes: int = 3) -> float:
    """Return the seconds of a process's first `train`, which loads Numba: a median.

    Parameters
    ----------
    cached : bool
        Whether an earlier process has left its machine code on disk.
    processes : int
        How many to take the median of.
    """
    seconds = []
    with tempfile.TemporaryDirectory() as directory:
        if cached:
            fresh_seconds(FIRST_TRAIN, "import fusedmlp", Path(directory))
        for number in range(processes):
            cache = Path(directory) if cached else Path(directory, str(number))
            seconds.append(fresh_seconds(FIRST_TRAIN, "import fusedmlp", cache))
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
