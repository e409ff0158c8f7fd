"""Ctrl-C: what is finished comes back with the exception, and no thread is left behind."""

import sys

import pytest

from tests.processes import run_python

INTERRUPTED = """
    import signal, threading, time
    import numpy as np
    import fusedmlp

    threads, in_lanes = {threads}, {in_lanes}
    random = np.random.default_rng(0)
    X, y = random.normal(size=(200, 20)), random.uniform(size=(200, 1))
    options = dict(hidden=8, random_state=1, threads=threads, reduction="mean")
    options["dropout"] = 0.0 if in_lanes else 0.1
    before, arrived = threading.active_count(), []
    fusedmlp.train_many(X, y, starts=8, epochs=2, **options)  # compiled
    from fusedmlp.many.results import Results
    put = Results.put

    def put_and_start_the_clock(results, first, batch):
        put(results, first, batch)
        arrived.append(first)
        if len(arrived) == 2:  # the next batches are under way
            signal.setitimer(signal.ITIMER_REAL, 0.2)

    Results.put = put_and_start_the_clock
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        fusedmlp.train_many(X, y, starts=4000, grid={grid}, **options)
    except KeyboardInterrupt as stopped:
        runs = stopped.run
    done = [not text.startswith("not trained") for text in runs.stopped]
    print(sum(done) == sum(runs.epochs > 0), 0 < sum(done) < len(runs))
    k = done.index(True)
    alone = fusedmlp.train(X, y, **runs[k].options)
    print(np.allclose(alone.predict(X), runs[k].predict(X), rtol=1e-6))
    print(np.isfinite(runs.ensemble().predict(X)).all(), "of" in repr(runs))
    end = time.monotonic() + 20  # joblib's threads end a moment later
    while threading.active_count() > before and time.monotonic() < end:
        time.sleep(0.05)
    print(threading.active_count() == before)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no timer signals")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("in_lanes", [True, False])
def test_ctrl_c_brings_back_what_is_finished(threads, in_lanes):
    """The sweep would take hours: it returns as soon as its batches end."""
    # The first group is short, so that some networks are finished.
    grid = {"epochs": [3, 100_000]}
    script = INTERRUPTED.format(threads=threads, in_lanes=in_lanes, grid=grid)
    assert run_python(script).split() == ["True"] * 6


ANYWHERE = """
    import random, threading, time
    import numpy as np
    import fusedmlp
    from tests.interrupts import Places

    threads, in_lanes = {threads}, {in_lanes}
    X, y = np.arange(60.0).reshape(20, 3) % 7, np.arange(20.0) % 2
    options = dict(hidden=4, random_state=1, threads=threads, reduction="mean", starts=6)
    options |= dict(grid={grid}, dropout=0.0 if in_lanes else 0.1)

    def call():
        return fusedmlp.train_many(X, y, **options)

    def wait_for_threads():
        end = time.monotonic() + 20  # joblib's end a moment later
        while threading.active_count() > before and time.monotonic() < end:
            time.sleep(0.001)
        assert threading.active_count() == before

    before = threading.active_count()
    places = Places(["fusedmlp", "joblib", "contextlib", "threading"])
    call()  # compiled
    places.call(call)
    at = random.Random(1).sample(range(1, places.seen), {times})
    finished = some = 0
    for number in at:
        try:
            places.call(call, number)
            finished += 1  # with threads, there may be fewer places than before
        except KeyboardInterrupt as stopped:
            runs = getattr(stopped, "run", None)  # else it came before the training
            if runs is not None:
                done = [k for k, text in enumerate(runs.stopped) if text != "not trained"]
                assert done == np.flatnonzero(runs.epochs).tolist()
                assert all(np.isfinite(runs[k].predict(X)).all() for k in done)
                some += 0 < len(done) < len(runs)
        wait_for_threads()
    print(finished < len(at) / 10, some > 0)
"""


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("in_lanes", [True, False])
def test_ctrl_c_anywhere_leaves_no_thread_and_no_half_a_batch(threads, in_lanes):
    """Ctrl-C in a lock's `with`, or between two lines that belong together, once hung."""
    grid = {"epochs": [3, 5]}
    script = ANYWHERE.format(threads=threads, in_lanes=in_lanes, grid=grid, times=300)
    assert run_python(script).split() == ["True"] * 2


def test_progress_in_a_pipe():
    printed = run_python("""
        import fusedmlp
        X, y = [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], [0, 1, 1, 0]
        fusedmlp.train_many(
            X, y, starts=1000, epochs=20, patience=1, tol=1e-3, random_state=1, progress=True
        )
    """)
    assert "network 1,000 of 1,000" in printed
    lowest = float(printed.partition("lowest loss ")[2].split()[0])
    assert 0.05 < lowest < 0.2  # not that of epochs that were not run
    assert "networks/s" in printed
