"""Killed saves: processes that save over and over are killed; the file must be one of theirs.

An attempt has a few rounds, and the file and what was left beside it go on from one to the next. In
some rounds, two processes save to the same path at the same time, and neither may fail.
"""

import os
import random
import signal
import struct
import tempfile
import time
import traceback
from functools import cache
from pathlib import Path

import numpy as np

import fusedmlp

ROUNDS = 3  # of each attempt
LONGEST = 0.03  # seconds until a process is killed
MEMORY = "/dev/shm"  # where a save takes a tenth of the time, if it is there
UNITS = (1, 30, 300)  # of the hidden layer: files of 4 kB to 300 kB
VERSIONS = struct.Struct("q")


@cache
def network(units: int) -> fusedmlp.Trained:
    """A network whose weights all become the number of a version."""
    X = np.zeros((2, 100))
    return fusedmlp.train(X, [0, 1], units, epochs=1, backend="reference", random_state=0)


def save_version(run: fusedmlp.Trained, path: Path, version: int) -> None:
    for weights in run.weights:
        weights[:] = version
    run.save(path)


def version_of(path: Path) -> int:
    """The version of the network in a file, all of which must be of one."""
    found = {float(n) for weights in fusedmlp.load(path).weights for n in np.unique(weights)}
    assert len(found) == 1, f"weights of the versions {sorted(found)[:9]} in one file"
    return int(found.pop())


def start_saver(run: fusedmlp.Trained, path: Path, first: int) -> tuple[int, int]:
    """Start a process that saves version after version, and reports each that is saved.

    Return its number and the end of the pipe that it reports to; -1 is a save that failed.
    """
    reports, its_end = os.pipe()
    child = os.fork()
    if child:
        os.close(its_end)
        return child, reports
    try:
        version = first
        while True:
            save_version(run, path, version)
            os.write(its_end, VERSIONS.pack(version))
            version += 1
    except BaseException:
        traceback.print_exc()
        os.write(its_end, VERSIONS.pack(-1))
    finally:
        os._exit(1)


def killed(child: int, reports: int) -> list[int]:
    """Kill a process; return the versions that it had saved."""
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reports, "rb") as pipe:
        versions = [version for (version,) in VERSIONS.iter_unpack(pipe.read())]
    assert versions[-1:] != [-1], "a save failed"
    assert os.WIFSIGNALED(status), "a saver ended by itself"
    return versions


def attempt(number: int) -> None:
    """Kill processes that save; look at the file and at the folder after each."""
    rng = random.Random(number)
    run = network(rng.choice(UNITS))
    in_memory = number % 2 and Path(MEMORY).is_dir()
    with tempfile.TemporaryDirectory(dir=MEMORY if in_memory else None) as folder:
        path = Path(folder) / "network.safetensors"
        latest = 0
        save_version(run, path, latest)
        for _ in range(ROUNDS):
            # Savers at the same time count from numbers that are far apart.
            begins = [latest + 1 + 10**6 * saver for saver in range(rng.choice((1, 2)))]
            savers = [(begin, *start_saver(run, path, begin)) for begin in begins]
            time.sleep(rng.uniform(0, LONGEST))
            possible = {latest}
            for begin, child, reports in savers:
                saved = killed(child, reports)
                # The last one reported, or the one that it was about to save or to report.
                possible |= {saved[-1], saved[-1] + 1} if saved else {begin}
                if saved:
                    possible.discard(latest)
            latest = version_of(path)
            assert latest in possible, f"version {latest} in the file, not one of {possible}"
        save_version(run, path, latest + 1)
        assert version_of(path) == latest + 1
        left = sorted(p.name for p in path.parent.iterdir())
        assert left == [path.name], f"left: {left}"


if __name__ == "__main__":
    from tests.attacks.campaign import main

    main("tests.attacks.saves", 1_000)
