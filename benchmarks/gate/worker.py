"""A process that measures one side's fusedmlp when it is told to.

A request and its reply are a line of JSON each.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, TextIO

from benchmarks.common import ROOT
from benchmarks.peers.workers import ONE_THREAD


class Worker:
    """The process, seen from the gate.

    Parameters
    ----------
    source : Path
        Directory that holds the package fusedmlp.
    machine_code : Path
        Where Numba keeps this side's.
    """

    def __init__(self, source: Path, machine_code: Path) -> None:
        paths = [str(source), str(ROOT)]  # the benchmarks are the working tree's on both sides
        environment = {
            **os.environ,
            **ONE_THREAD,
            "PYTHONPATH": os.pathsep.join(paths),
            "NUMBA_CACHE_DIR": str(machine_code),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.gate.worker", str(source)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, what: str, *arguments: Any) -> Any:
        """Have `what` done, and return what comes of it.

        Raises
        ------
        RuntimeError
            With what went wrong in the process.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([what, *arguments]), file=self._process.stdin, flush=True)
        reply = self._process.stdout.readline()
        if not reply:
            raise RuntimeError(f"the process died at {what!r}")
        done, result = json.loads(reply)
        if not done:
            raise RuntimeError(result)
        return result

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


class Side:
    """What the process does."""

    def __init__(self) -> None:
        self._calls: dict[str, Any] = {}

    def prepare(self, name: str) -> None:
        """Check and compile a benchmark."""
        from benchmarks.gate.selection import BENCHMARKS

        self._calls[name] = BENCHMARKS[name]()

    def seconds(self, name: str, repeats: int, core: int | None) -> float:
        """Return the time of a benchmark, so often repeated, on a core."""
        if core is not None:
            os.sched_setaffinity(0, {core})
        call = self._calls[name]
        begun = time.perf_counter()
        for _ in range(repeats):
            call()
        return time.perf_counter() - begun


def serve(source: Path, requests: TextIO, replies: TextIO) -> None:
    """Answer requests until there are no more."""
    import fusedmlp

    if not Path(fusedmlp.__file__).is_relative_to(source):
        raise RuntimeError(f"fusedmlp must come from {source}, not from {fusedmlp.__file__}")
    side = Side()
    for request in requests:
        what, *arguments = json.loads(request)
        try:
            reply = [True, getattr(side, what)(*arguments)]
        except Exception as error:
            first_line = str(error).strip().partition("\n")[0]
            reply = [False, f"{type(error).__name__}: {first_line}"]
        print(json.dumps(reply), file=replies, flush=True)


if __name__ == "__main__":
    replies, sys.stdout = sys.stdout, sys.stderr  # what a benchmark prints is no reply
    serve(Path(sys.argv[1]), sys.stdin, replies)
