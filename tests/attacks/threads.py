"""Threads of a team that fail: at each point where one can, and with a random network.

A failing thread must not leave the others waiting, its exception must reach the caller, and the
package must work as before afterwards.
"""

import importlib
import threading
import time
from unittest import mock

import numpy as np

from fusedmlp import kernels
from fusedmlp.kernels.threads.team import run_in_team
from fusedmlp.plan.state import make_state
from tests.attacks.campaign import main
from tests.cases import prepared

# The modules, whose names the functions `fit` and `error_surface` have as well.
FIT, SURFACE = (importlib.import_module(f"fusedmlp.kernels.{name}") for name in ("fit", "surface"))

MOST_SECONDS = 5.0  # for all threads to leave: milliseconds, on a machine that does nothing else


class InjectedError(Exception):
    """What a thread raises that is made to fail."""


def failing(kernel, victim, moment, random):
    """Return the kernel, changed so that one of its threads fails: before, during or after it."""

    def call(*arguments):
        *_, thread, _ = arguments
        if thread == victim and moment == "before":
            raise InjectedError
        if thread == victim and moment == "late":  # the others wait at a barrier meanwhile
            time.sleep(random.uniform(0, 0.02))
            raise MemoryError
        result = kernel(*arguments)
        if thread == victim and moment == "after":
            raise InjectedError
        return result

    return call


def attempt(number: int) -> None:
    """Make one thread of a training, a prediction or a surface fail."""
    random = np.random.default_rng(number)
    sizes = tuple(int(n) for n in random.integers(1, 60, random.integers(2, 5)))
    rows, threads = int(random.integers(50, 3000)), int(random.integers(2, 6))
    X, y = random.normal(size=(rows, sizes[0])), random.uniform(size=(rows, sizes[-1]))
    options = {"threads": threads, "random_state": 1, "init": "glorot", "reduction": "mean"}
    if random.random() < 0.5:
        options |= {"clip_norm": 1.0, "batch_size": int(random.integers(1, rows + 1))}
    run = prepared(X, y, sizes[1:-1], epochs=3, **options)
    victim = int(random.integers(threads))
    moment = str(random.choice(["before", "late", "after"]))
    what = str(random.choice(["fit", "predict", "surface"]))

    def act():
        plan = run.plan._replace(threads=threads)
        if what == "fit":
            state = make_state(plan, run.params.copy(), rows)
            kernels.fit(plan, run.X, run.y, state, 3 * rows)
        elif what == "predict":
            kernels.predict(plan, run.params, run.X, np.empty_like(run.y))
        else:
            values = np.linspace(-1, 1, 3)
            grid = 0, values, run.params.size - 1, values, 1
            kernels.error_surface(plan, run.params, run.X, run.y, *grid, np.empty((3, 3)))

    def in_failing_team(kernel, *rest):
        return run_in_team(failing(kernel, victim, moment, random), *rest)

    act()  # compiled
    begun, before = time.monotonic(), threading.active_count()
    with (
        mock.patch.object(FIT, "run_in_team", in_failing_team),
        mock.patch.object(SURFACE, "run_in_team", in_failing_team),
        mock.patch.object(FIT, "suits_lanes", return_value=False),
    ):
        try:
            act()
        except (InjectedError, MemoryError):
            pass
        else:
            raise AssertionError(f"{what}: the exception of thread {victim} was not raised")
    assert time.monotonic() - begun < MOST_SECONDS, f"{what}: the others went on"
    assert threading.active_count() == before, f"{what}: a thread is left"
    act()  # as before


if __name__ == "__main__":
    main("tests.attacks.threads", 1000)
