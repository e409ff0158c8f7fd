"""Random runs that are stopped, often by Ctrl-C, and resumed: the bits of the run in one piece."""

import os
import signal
import tempfile
import threading
import time
import warnings
from pathlib import Path

import numpy as np
from numpy.testing import assert_array_equal

import fusedmlp
from tests.attacks.campaign import main
from tests.attacks.random_runs import SCIPY, random_run

# Options by which the number of epochs changes the steps, or the run ends by itself.
LEFT_OUT = ("learning_rate_schedule", "learning_rate_final", "warmup_epochs", "power_t", "patience")
SECONDS = 0.05  # of a run that is interrupted


def attempt(number: int) -> None:
    """Stop a run after some epochs, or at any moment, and resume it, maybe from a file."""
    random, run = np.random.default_rng(number), random_run(number)
    options = {name: value for name, value in run.options.items() if name not in LEFT_OUT}
    if options["optimizer"] in SCIPY:
        return
    warnings.simplefilter("ignore")  # of runs that diverge
    options |= {"record_every": 1, "epochs": int(random.integers(2, 8))}

    def train(**more):
        return fusedmlp.train(run.X, run.y, run.hidden, **{**options, **more})

    try:
        whole = train()
    except ValueError:  # the options contradict each other
        return
    if random.random() < 0.4:
        options["epochs"] = _epochs_for(SECONDS, train)
        whole, part = train(), _interrupted(train, float(random.uniform(0, SECONDS)))
    else:
        part = train(epochs=int(random.integers(1, options["epochs"])))
    if part is None or part._continuation is None or "diverged" in part.stopped + whole.stopped:
        return
    if random.random() < 0.5:
        with tempfile.TemporaryDirectory() as folder:
            part.save(Path(folder) / "network")
            part = fusedmlp.load(Path(folder) / "network")
    left = options["epochs"] - part.epochs
    if left > 0:
        rest = train(epochs=left, warm_start=part, threads=1, random_state=None)
        assert_array_equal(rest._params, whole._params)
        assert_array_equal(rest._running_stats, whole._running_stats)
        assert_array_equal(rest.history["loss"][1:], whole.history["loss"][part.epochs + 1 :])


def _epochs_for(seconds, train):
    """Return about how many epochs take so long."""
    begun = time.perf_counter()
    train(epochs=2)
    return int(np.clip(2 * seconds / (time.perf_counter() - begun), 2, 2000))


def _interrupted(train, seconds):
    """Return the network of a run that Ctrl-C stops, or None if it came too early or too late."""

    def interrupt():
        time.sleep(seconds)
        os.kill(os.getpid(), signal.SIGINT)

    signal.signal(signal.SIGINT, signal.default_int_handler)
    killer = threading.Thread(target=interrupt)
    run = None
    try:
        killer.start()
        train()
        killer.join()
    except KeyboardInterrupt as stopped:
        run = getattr(stopped, "run", None)
    killer.join()
    return run


if __name__ == "__main__":
    main("tests.attacks.resumed", 2000)
