"""Ctrl-C at a random moment of a random run: heeded soon, and nothing that was learnt is lost."""

import os
import signal
import threading
import time
import warnings

import numpy as np
from numpy.testing import assert_array_equal

import fusedmlp
from tests.attacks.campaign import main

# With 0.3 s as the aim on a machine that does nothing else; a busy one takes longer.
MOST_SECONDS = 2.0


def network(random):
    """Return hidden layers, rows, columns and options of a run that takes seconds or more."""
    kind = int(random.integers(6))
    if kind == 0:  # the slowest known
        return (2000, 2000), 2000, 784, {"batch_norm": True, "batch_size": 2000}
    if kind == 1:
        return (1000, 1000), 2000, 300, {"optimizer": "lbfgs"}
    if kind == 2:
        return (4,), 4, 3, {}
    if kind == 3:
        return (100,), 500, 64, {"optimizer": "adam", "patience": 10**6, "validation": 0.2}
    if kind == 4:
        return (200,), 2000, 100, {"backend": "reference"}
    return (1500,), 3000, 500, {"threads": 2, "batch_size": 1500, "clip_norm": 1.0}


def attempt(number: int) -> None:
    """Interrupt a run; what it has learnt must be that of the same run with as many epochs."""
    random = np.random.default_rng(number)
    hidden, rows, columns, options = network(random)
    X, y = random.normal(size=(rows, columns)), random.uniform(size=(rows, 3))
    options |= {"epochs": 10**9, "reduction": "mean", "init": "glorot"}
    if options.get("optimizer") != "lbfgs":
        options["learning_rate"] = 1e-3
    options |= {"random_state": 1, "record_every": 1 if "patience" in options else 10**8}
    sent = [0.0]

    def interrupt(seconds: float) -> None:
        time.sleep(seconds)
        sent[0] = time.monotonic()
        os.kill(os.getpid(), signal.SIGINT)

    signal.signal(signal.SIGINT, signal.default_int_handler)
    warnings.simplefilter("error")
    fusedmlp.train(X, y, hidden, **{**options, "epochs": 1})  # compiled
    killer = threading.Thread(target=interrupt, args=(float(random.uniform(0, 2)),))
    begun = threading.active_count()
    try:
        killer.start()
        fusedmlp.train(X, y, hidden, **options)
    except KeyboardInterrupt as stopped:
        took, run = time.monotonic() - sent[0], getattr(stopped, "run", None)
    killer.join()
    assert took < MOST_SECONDS, f"Ctrl-C took {took:.3f} s"
    assert threading.active_count() == begun, "a thread is left"
    if run is None:  # it came before the training
        return
    assert run.stopped.startswith(f"interrupted in epoch {run.epochs}")
    assert run.options["optimizer"] == options.get("optimizer", "sgd")
    assert np.isfinite(run.predict(X[:10])).all()
    if run.epochs * rows * run.weights[0].size < 10**9:
        check = fusedmlp.train(X, y, hidden, **{**options, "epochs": max(run.epochs, 1)})
        if run.epochs > 0 and "patience" not in options:
            steps = rows // options.get("batch_size", rows)
            if steps == 1:  # else the last, unfinished epoch has made steps as well
                assert_array_equal(run.weights[0], check.weights[0])


if __name__ == "__main__":
    main("tests.attacks.interruptions", 200)
